#include "scene.h"
#include "body.h"

namespace rig {

float sceneDistance(const Figure &f, Vec3 p, Part *part) {
  const float head = headDistance(f, f.toHead(p), part);
  return p.y < -.55f ? withBody(f, p, head, part) : head;
}

Vec3 sceneNormal(const Figure &f, Vec3 p, float epsilon) {
  const Vec3 corners[4] = {{1, -1, -1}, {-1, -1, 1}, {-1, 1, -1}, {1, 1, 1}};
  Vec3 n;
  for (const Vec3 &c : corners) n += c * sceneDistance(f, p + c * epsilon);
  return normalize(n);
}

float softShadow(const Figure &f, Vec3 p, Vec3 light, float sharpness, int steps) {
  float lit = 1, t = .02f;
  for (int i = 0; i < steps && t < 1.6f; i++) {
    const float d = sceneDistance(f, p + light * t);
    lit = std::min(lit, .5f + .5f * sharpness * d / t);
    if (lit < 0) return 0;
    t += clamp(d, .028f, .14f);
  }
  lit = saturate(lit);
  return lit * lit * (3 - 2 * lit);
}

float ambientOcclusion(const Figure &f, Vec3 p, Vec3 normal) {
  float hidden = 0, weight = 1;
  for (int i = 1; i < 6; i++) {
    const float reach = .014f + .02046f * static_cast<float>(i * i);
    hidden += (reach - std::min(reach, sceneDistance(f, p + normal * reach))) * weight;
    weight *= .72f;
  }
  return .12f + .88f * saturate(1 - 1.15f * hidden);
}

} // namespace rig
