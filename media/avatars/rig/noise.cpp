#include "noise.h"

namespace rig {

float hashUnit(int n) {
  unsigned x = static_cast<unsigned>(n) * 747796405u + 2891336453u;
  x = ((x >> ((x >> 28) + 4)) ^ x) * 277803737u;
  x = (x >> 22) ^ x;
  return static_cast<float>(x) * 2.3283064e-10f;
}

static float corner(int i, int j, int k) { return hashUnit((i * 73856093) ^ (j * 19349663) ^ (k * 83492791)); }

float valueNoise(Vec3 p) {
  float fx = std::floor(p.x), fy = std::floor(p.y), fz = std::floor(p.z);
  int i = static_cast<int>(fx), j = static_cast<int>(fy), k = static_cast<int>(fz);
  float u = p.x - fx, v = p.y - fy, w = p.z - fz;
  u = u * u * (3 - 2 * u);
  v = v * v * (3 - 2 * v);
  w = w * w * (3 - 2 * w);
  auto square = [&](int kk) {
    float low = mix(corner(i, j, kk), corner(i + 1, j, kk), u);
    float high = mix(corner(i, j + 1, kk), corner(i + 1, j + 1, kk), u);
    return mix(low, high, v);
  };
  return mix(square(k), square(k + 1), w);
}

} // namespace rig
