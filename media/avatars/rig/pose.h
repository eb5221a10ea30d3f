// How the persona holds its face: the mouth weights of media/face/pose.ts plus lids, gaze and smile.
#pragma once
#include "persona.h"

namespace rig {

struct Pose {
  float jawOpen = 0, mouthClose = 0, mouthFunnel = 0, mouthPucker = 0, mouthStretch = 0, mouthPress = 0;
  float mouthRollLower = 0, mouthUpperUp = 0, mouthLowerDown = 0, tongueUp = 0, tongueOut = 0, tongueBack = 0;
  float smile = 0;                    // -1 frown .. 1 broad smile
  float blink = 0, squint = 0;        // 0..1; blink may be slightly negative: wider than at rest
  float gazeX = 0, gazeY = 0;         // radians; x towards the picture's right, y up
  float yaw = 0, pitch = 0, roll = 0; // radians, added to the persona's rest pose

  /** Sets one weight by its name. Throws on unknown names. */
  void set(const std::string &name, float value);
};

/** The mouth in scene units, derived from a pose. Every lip, tooth and tongue shape reads only this. */
struct MouthGeometry {
  float centreY, halfWidth, innerHalfWidth; // innerHalfWidth bounds the opening; round lips leave it narrower
  float jawDrop;                            // how far the chin has moved down
  float openUpper, openLower;               // opening above and below the closed line
  float upperLip, lowerLip;                 // half thickness of each lip
  float protrusion, roundness, pucker;
  float cornerLift, rollLower, press, smile, frown;
  float upperRaise;
  float tongueUp, tongueOut, tongueBack;

  bool isOpen() const { return openUpper + openLower > .001f; }
};

MouthGeometry mouthGeometry(const Pose &pose, const Persona &persona);

} // namespace rig
