#include "persona.h"
#include "settings.h"
#include <fstream>

namespace rig {

static Settings settingsOf(Persona &p) {
  Settings s;
#define NUMBER(field) s.numbers[#field] = &p.field
  NUMBER(zoom), NUMBER(centreY), NUMBER(centreX), NUMBER(restYaw), NUMBER(restPitch), NUMBER(restRoll);
  NUMBER(jawWidth), NUMBER(chinLength), NUMBER(chinWidth), NUMBER(cheekVolume), NUMBER(cheekbone);
  NUMBER(noseSize), NUMBER(noseWidth), NUMBER(noseLift), NUMBER(noseBridge), NUMBER(nostril);
  NUMBER(masculinity), NUMBER(age), NUMBER(earScale);
  NUMBER(eyeHalfWidth), NUMBER(eyeUpper), NUMBER(eyeLower), NUMBER(eyeTilt), NUMBER(irisRadius), NUMBER(restSquint);
  NUMBER(browHeight), NUMBER(browThickness), NUMBER(browOpacity), NUMBER(browTint), NUMBER(browArch);
  NUMBER(lashLength), NUMBER(eyeliner), NUMBER(eyeShadow);
  NUMBER(mouthWidth), NUMBER(lipFullness), NUMBER(lipOpacity), NUMBER(mouthHeight);
  NUMBER(blush), NUMBER(freckles), NUMBER(oil), NUMBER(bump), NUMBER(sheen), NUMBER(rimSpecular), NUMBER(mottle);
  NUMBER(beardShadow), NUMBER(hairLength), NUMBER(hairWave), NUMBER(hairVolume), NUMBER(hairRim), NUMBER(hairPart);
  NUMBER(hairShine), NUMBER(topLength), NUMBER(sideLength), NUMBER(hairLift), NUMBER(recede), NUMBER(gray);
  NUMBER(strandCount), NUMBER(hairDensity), NUMBER(beard), NUMBER(beardLength), NUMBER(beardOpacity);
  NUMBER(beardGray), NUMBER(moustache), NUMBER(neckRadius), NUMBER(shoulderWidth), NUMBER(shoulderDrop);
  NUMBER(earrings), NUMBER(necklace);
#undef NUMBER
  s.vectors = {{"skin", &p.skin},
               {"lip", &p.lip},
               {"iris", &p.iris},
               {"hairColour", &p.hairColour},
               {"browColour", &p.browColour},
               {"grayColour", &p.grayColour},
               {"cloth", &p.cloth},
               {"innerCloth", &p.innerCloth}};
  s.words = {{"hair", &p.hair}, {"garment", &p.garment}};
  return s;
}

static std::string trimmed(const std::string &text) {
  size_t from = text.find_first_not_of(" \t\r"), to = text.find_last_not_of(" \t\r");
  return from == std::string::npos ? "" : text.substr(from, to - from + 1);
}

Persona readPersona(const std::string &path) {
  std::ifstream file(path);
  if (!file) throw std::runtime_error("cannot read " + path);
  Persona persona;
  Settings settings = settingsOf(persona);
  std::string line;
  while (std::getline(file, line)) {
    line = trimmed(line.substr(0, line.find('#')));
    if (line.empty()) continue;
    size_t colon = line.find(':');
    if (colon == std::string::npos) throw std::runtime_error(path + ": no colon in: " + line);
    settings.set(trimmed(line.substr(0, colon)), trimmed(line.substr(colon + 1)));
  }
  return persona;
}

} // namespace rig
