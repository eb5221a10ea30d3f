#include "light.h"

namespace rig {

const Vec3 KEY_DIRECTION = normalize({-.50f, .50f, .80f}), FILL_DIRECTION = normalize({.8f, .1f, .75f});
const Vec3 COOL_RIM_DIRECTION = normalize({.80f, .42f, -.55f}), WARM_RIM_DIRECTION = normalize({-.85f, .35f, -.55f});
const Vec3 KEY_COLOUR{2.60f, 2.34f, 2.06f}, FILL_COLOUR{.56f, .60f, .66f};
const Vec3 COOL_RIM_COLOUR{2.3f, 2.5f, 2.8f}, WARM_RIM_COLOUR{1.5f, 1.05f, .7f};
constexpr float EXPOSURE = .40f;

Vec3 ambientLight(Vec3 n) { return mix(Vec3{.24f, .185f, .16f}, Vec3{.40f, .42f, .47f}, .5f + .5f * n.y); }

float highlight(Vec3 n, Vec3 v, Vec3 l, float roughness, float f0) {
  const Vec3 h = normalize(v + l);
  const float nh = saturate(dot(n, h)), nl = saturate(dot(n, l)), a = roughness * roughness;
  const float spread = nh * nh * (a * a - 1) + 1;
  const float lobe = a * a / (3.14159f * spread * spread), vh = saturate(dot(v, h));
  const float fresnel = f0 + (1 - f0) * std::pow(1 - vh, 5.f);
  return lobe * fresnel * nl * .25f / std::max(.25f, saturate(dot(n, v)));
}

float windowReflection(Vec3 r, Vec3 centre, float halfWidth, float halfHeight) {
  if (dot(r, centre) < 0) return 0;
  const Vec3 across = normalize({centre.z, 0, -centre.x});
  const Vec3 up = normalize(cross(centre, across));
  return ramp(halfWidth, halfWidth * .8f, std::fabs(dot(r, across))) *
         ramp(halfHeight, halfHeight * .8f, std::fabs(dot(r, up)));
}

Vec3 developed(Vec3 linear) {
  auto curve = [](float x) {
    x *= EXPOSURE;
    x = (x * (2.2f * x + .06f)) / (x * (2.05f * x + .62f) + .14f);
    return std::pow(saturate(x), 1 / 2.2f);
  };
  return {curve(linear.x), curve(linear.y), curve(linear.z)};
}

} // namespace rig
