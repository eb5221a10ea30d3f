// One persona in one pose: everything that the shapes and the shading read.
#pragma once
#include "pose.h"

namespace rig {

/** The point about which the head turns, at the top of the neck. */
constexpr Vec3 HEAD_PIVOT{0, -.85f, -.2f};

enum class Garment { blazer, sweater, scoop, shirt };

struct Figure {
  Persona persona;
  Pose pose;
  MouthGeometry mouth;
  Vec3 axisX, axisY, axisZ; // the head's axes in world space
  Garment garment;

  Figure(const Persona &persona, const Pose &pose);

  Vec3 toHead(Vec3 world) const {
    Vec3 q = world - HEAD_PIVOT;
    return Vec3{dot(q, axisX), dot(q, axisY), dot(q, axisZ)} + HEAD_PIVOT;
  }
  Vec3 directionToWorld(Vec3 d) const { return axisX * d.x + axisY * d.y + axisZ * d.z; }
  Vec3 toWorld(Vec3 head) const { return directionToWorld(head - HEAD_PIVOT) + HEAD_PIVOT; }
};

} // namespace rig
