// One persona in one pose: everything that the shapes and the shading read.
#pragma once
#include "pose.h"
#include <array>

namespace rig {

/** The point about which the head turns, at the top of the neck. */
constexpr Vec3 HEAD_PIVOT{0, -.85f, -.2f};

struct LipCurves {
  float closedLine;               // where the lips meet when shut
  float innerUpper, innerLower;   // edges of the opening
  float upperRadius, lowerRadius; // half thickness of each lip here
};

struct LidEdges {
  float upper, lower;
};

/** A curve over `from`..`to`, sampled once because the distance field asks for it millions of times. */
template <class T> struct CurveTable {
  static constexpr int STEPS = 512;
  std::array<T, STEPS + 1> samples{};
  float from = 0, to = 1;

  /** The sample before x; `t` is how far x lies towards the next one. */
  int before(float x, float &t) const {
    const float at = clamp((x - from) / (to - from), 0, .99999f) * STEPS;
    const int i = static_cast<int>(at);
    t = at - i;
    return i;
  }
};

enum class Garment { blazer, sweater, scoop, shirt };

struct Figure {
  Persona persona;
  Pose pose;
  MouthGeometry mouth;
  Vec3 axisX, axisY, axisZ; // the head's axes in world space
  Garment garment;
  CurveTable<LipCurves> lips; // by distance from the middle
  CurveTable<LidEdges> lids;  // by eye-local x

  Figure(const Persona &persona, const Pose &pose);

  Vec3 toHead(Vec3 world) const {
    Vec3 q = world - HEAD_PIVOT;
    return Vec3{dot(q, axisX), dot(q, axisY), dot(q, axisZ)} + HEAD_PIVOT;
  }
  Vec3 directionToWorld(Vec3 d) const { return axisX * d.x + axisY * d.y + axisZ * d.z; }
  Vec3 toWorld(Vec3 head) const { return directionToWorld(head - HEAD_PIVOT) + HEAD_PIVOT; }
};

} // namespace rig
