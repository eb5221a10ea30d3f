#include "pose.h"
#include "settings.h"

namespace rig {

void Pose::set(const std::string &name, float value) {
  const std::map<std::string, float *> fields = {{"jawOpen", &jawOpen},
                                                 {"mouthClose", &mouthClose},
                                                 {"mouthFunnel", &mouthFunnel},
                                                 {"mouthPucker", &mouthPucker},
                                                 {"mouthStretch", &mouthStretch},
                                                 {"mouthPress", &mouthPress},
                                                 {"mouthRollLower", &mouthRollLower},
                                                 {"mouthUpperUp", &mouthUpperUp},
                                                 {"mouthLowerDown", &mouthLowerDown},
                                                 {"tongueUp", &tongueUp},
                                                 {"tongueOut", &tongueOut},
                                                 {"tongueBack", &tongueBack},
                                                 {"smile", &smile},
                                                 {"blink", &blink},
                                                 {"squint", &squint},
                                                 {"gazeX", &gazeX},
                                                 {"gazeY", &gazeY},
                                                 {"yaw", &yaw},
                                                 {"pitch", &pitch},
                                                 {"roll", &roll}};
  auto field = fields.find(name);
  if (field == fields.end()) throw std::runtime_error("no pose weight is called '" + name + "'");
  *field->second = value;
}

MouthGeometry mouthGeometry(const Pose &pose, const Persona &persona) {
  MouthGeometry m{};
  const float jaw = pose.jawOpen, funnel = pose.mouthFunnel, pucker = pose.mouthPucker, stretch = pose.mouthStretch;
  const float open = 1 - pose.mouthClose;
  m.smile = std::max(0.f, pose.smile);
  m.frown = std::max(0.f, -pose.smile);
  m.rollLower = pose.mouthRollLower;
  m.press = pose.mouthPress;
  m.upperRaise = pose.mouthUpperUp;
  m.pucker = pucker;
  m.jawDrop = jaw * .215f;
  m.roundness = saturate(.9f * funnel + pucker);
  const float widening = m.smile * (1 - .75f * m.roundness);
  m.halfWidth = persona.mouthWidth * (1 + .17f * stretch + .19f * widening - .06f * m.frown - .42f * pucker -
                                      .25f * funnel - .05f * jaw - .05f * m.press);
  m.innerHalfWidth = m.halfWidth * (1 - .17f * m.roundness);
  m.openLower =
      (jaw * .212f + pose.mouthLowerDown * .070f + funnel * .040f + pucker * .030f + m.rollLower * .004f) * open;
  m.openUpper = std::max(0.f, (pose.mouthUpperUp * .050f + funnel * .024f + jaw * .040f + pucker * .026f) * open);
  const float sealed = pose.mouthClose * jaw; // lips held shut over an open jaw are stretched flat
  m.upperLip = .049f * persona.lipFullness *
               (1 - .50f * m.press - .14f * stretch - .12f * m.smile + .18f * pucker + .12f * funnel - .12f * jaw);
  m.lowerLip = .058f * persona.lipFullness *
               (1 - .55f * m.press - .12f * stretch - .12f * m.smile + .16f * pucker + .12f * funnel - .14f * jaw -
                .22f * m.rollLower);
  m.protrusion = .085f * pucker + .07f * funnel - .02f * stretch - .012f * m.smile - .022f * m.press;
  m.centreY = persona.mouthHeight + .010f * pucker + .008f * m.rollLower - .05f * sealed;
  m.cornerLift = (.080f * m.smile + .006f) * (1 - .8f * m.roundness) - .045f * m.frown - .012f * jaw;
  m.tongueUp = pose.tongueUp;
  m.tongueOut = pose.tongueOut;
  m.tongueBack = pose.tongueBack;
  return m;
}

} // namespace rig
