// Signed distance primitives: negative inside, positive outside, in scene units.
#pragma once
#include "vec.h"

namespace rig {

/** Union that rounds the crease within `k`. */
inline float smoothMin(float a, float b, float k) {
  float h = std::max(k - std::fabs(a - b), 0.f) / k;
  return std::min(a, b) - h * h * k * .25f;
}
/** Intersection that rounds the edge within `k`. */
inline float smoothMax(float a, float b, float k) { return -smoothMin(-a, -b, k); }

inline float ellipsoid(Vec3 p, Vec3 r) {
  float a = length({p.x / r.x, p.y / r.y, p.z / r.z});
  float b = length({p.x / (r.x * r.x), p.y / (r.y * r.y), p.z / (r.z * r.z)});
  return a * (a - 1) / (b + 1e-6f);
}

/** A bone from `a` to `b` whose radius runs from `ra` to `rb`. */
inline float capsule(Vec3 p, Vec3 a, Vec3 b, float ra, float rb) {
  Vec3 axis = b - a, q = p - a;
  float h = saturate(dot(q, axis) / dot(axis, axis));
  return length(q - axis * h) - mix(ra, rb, h);
}

inline float roundBox(Vec3 p, Vec3 half, float radius) {
  Vec3 d{std::fabs(p.x) - half.x + radius, std::fabs(p.y) - half.y + radius, std::fabs(p.z) - half.z + radius};
  Vec3 out{std::max(d.x, 0.f), std::max(d.y, 0.f), std::max(d.z, 0.f)};
  return length(out) + std::min(0.f, std::max(d.x, std::max(d.y, d.z))) - radius;
}

} // namespace rig
