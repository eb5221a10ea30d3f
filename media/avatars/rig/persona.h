// Who is drawn: proportions, colours, hair, clothes and framing of one persona.
#pragma once
#include "vec.h"
#include <string>

namespace rig {

/** Lengths are scene units: the head is about 1.5 wide and 2.3 high. Colours are linear RGB reflectances. */
struct Persona {
  // Framing and rest pose (radians).
  float zoom = 1.14f, centreY = -.36f, centreX = 0;
  float restYaw = .06f, restPitch = .01f, restRoll = -.02f;

  // Skull and face.
  float jawWidth = .90f, chinLength = .945f, chinWidth = .90f, cheekVolume = 1, cheekbone = 1;
  float noseSize = .95f, noseWidth = 1, noseLift = .022f, noseBridge = 0, nostril = 1;
  float masculinity = 0, age = 0, earScale = .92f;

  // Eyes and brows.
  float eyeHalfWidth = .188f, eyeUpper = .100f, eyeLower = .060f, eyeTilt = .085f, irisRadius = .120f,
        restSquint = .10f;
  float browHeight = .210f, browThickness = 1.15f, browOpacity = .40f, browTint = .16f, browArch = 1;
  float lashLength = 1, eyeliner = .8f, eyeShadow = .5f;

  // Mouth.
  float mouthWidth = .245f, lipFullness = .90f, lipOpacity = .70f, mouthHeight = -.652f;

  // Skin.
  Vec3 skin{.66f, .41f, .31f}, lip{.56f, .18f, .17f};
  float blush = 1, freckles = .35f, oil = 1, bump = 1, sheen = 0, rimSpecular = 1, mottle = 1, beardShadow = 0;

  // Iris and hair.
  Vec3 iris{.105f, .052f, .022f}, hairColour{.040f, .020f, .013f}, browColour{.080f, .040f, .026f};
  Vec3 grayColour{.26f, .25f, .24f};
  std::string hair = "long"; // long | short | coily
  float hairLength = 1.16f, hairWave = 1, hairVolume = 1, hairRim = 1, hairPart = .20f, hairShine = 1;
  float topLength = .40f, sideLength = .07f, hairLift = 1.15f, recede = 0, gray = 0;
  float strandCount = 1, hairDensity = 1;
  float beard = 0, beardLength = .055f, beardOpacity = 1, beardGray = 0, moustache = 1;

  // Neck, shoulders, clothes.
  float neckRadius = .355f, shoulderWidth = .88f, shoulderDrop = 0;
  std::string garment = "blazer"; // blazer | sweater | scoop | shirt
  Vec3 cloth{.045f, .085f, .125f}, innerCloth{.62f, .58f, .54f};
  float earrings = 0, necklace = 0;
};

/** Reads a persona file: one `name: value` a line, `#` comments, `[r, g, b]` vectors. Throws on unknown names. */
Persona readPersona(const std::string &path);

} // namespace rig
