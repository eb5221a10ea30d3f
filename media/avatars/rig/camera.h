// The camera: where a point of the scene lands in the 848x480 picture.
#pragma once
#include "persona.h"

namespace rig {

constexpr int FRAME_WIDTH = 848, FRAME_HEIGHT = 480;

class Camera {
public:
  explicit Camera(const Persona &p)
      : unitsPerPixel(3.9f / FRAME_HEIGHT / p.zoom), centreX(p.centreX), centreY(p.centreY),
        eye{p.centreX, p.centreY, 12.5f} {}

  const float unitsPerPixel; // in the plane PLANE_Z
  Vec3 position() const { return eye; }

  Vec3 rayThrough(float px, float py) const {
    const Vec3 target{centreX + (px - FRAME_WIDTH / 2) * unitsPerPixel,
                      centreY + (FRAME_HEIGHT / 2 - py) * unitsPerPixel, PLANE_Z};
    return normalize(target - eye);
  }
  /** Picture coordinates in x and y; z keeps the depth. */
  Vec3 project(Vec3 p) const {
    const float scale = (eye.z - PLANE_Z) / (eye.z - p.z) / unitsPerPixel;
    return {(p.x - centreX) * scale + FRAME_WIDTH / 2, FRAME_HEIGHT / 2 - (p.y - centreY) * scale, p.z};
  }

private:
  static constexpr float PLANE_Z = .5f;
  const float centreX, centreY;
  const Vec3 eye;
};

} // namespace rig
