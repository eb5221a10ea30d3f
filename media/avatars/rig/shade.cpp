#include "shade.h"
#include "light.h"
#include "noise.h"

namespace rig {

Sample shadeHit(const Stage &stage, Vec3 hit, Vec3 ray) {
  const Figure &f = stage.figure;
  Sample out;
  if (stage.layer == Layer::eyeballs) out.part = Part::eye;
  else sceneDistance(f, hit, &out.part);
  out.depth = hit.z;
  out.alpha = 1;
  if (out.part == Part::eye && stage.layer == Layer::lids) {
    out.alpha = 0;
    return out;
  }
  SurfacePoint s{};
  s.world = hit, s.head = f.toHead(hit), s.ray = ray, s.view = ray * -1.f;
  const Vec3 eye{s.head.x < 0 ? -.307f : .307f, 0, .497f};
  s.normal = stage.layer == Layer::eyeballs ? normalize(f.directionToWorld(s.head - eye))
                                            : sceneNormal(f, hit, out.part == Part::skin ? .0035f : .003f);
  const Vec3 n = s.normal, lifted = hit + n * .03f, off = hit + n * .012f;
  s.occlusion = stage.layer == Layer::eyeballs ? .8f : ambientOcclusion(f, hit, n);
  const float jitter = hashUnit(static_cast<int>(hit.x * 9173) + static_cast<int>(hit.y * 7919) * 131);
  const HairVolume &hair = stage.hair;
  const float hairKey = hair.transmittance(lifted, KEY_DIRECTION, jitter, 1);
  s.hairSky = mix(.35f, 1.f, hair.transmittance(lifted, normalize(n + Vec3{0, .4f, .5f}), jitter, .7f));
  s.keyFacing = dot(n, KEY_DIRECTION), s.fillFacing = dot(n, FILL_DIRECTION);
  if (stage.layer == Layer::eyeballs) s.keyShadow = .7f;
  else s.keyShadow = s.keyFacing > -.35f && hairKey > .02f ? softShadow(f, off, KEY_DIRECTION, 5) * hairKey : 0;
  const float cool = dot(n, COOL_RIM_DIRECTION), warm = dot(n, WARM_RIM_DIRECTION);
  if (cool > 0)
    s.coolShadow =
        softShadow(f, off, COOL_RIM_DIRECTION, 8, 12) * hair.transmittance(lifted, COOL_RIM_DIRECTION, jitter, 1);
  if (warm > 0)
    s.warmShadow =
        softShadow(f, off, WARM_RIM_DIRECTION, 8, 12) * hair.transmittance(lifted, WARM_RIM_DIRECTION, jitter, 1);
  const float o = s.occlusion;
  // In creases of the skin red light survives longest.
  const Vec3 tinted = out.part == Part::skin ? Vec3{std::pow(o, .82f), o, std::pow(o, 1.05f)} : Vec3{o, o, o};
  s.light = ambientLight(n) * tinted * s.hairSky +
            FILL_COLOUR * (saturate(s.fillFacing * .85f + .15f) * o * s.hairSky) +
            COOL_RIM_COLOUR * (saturate(cool) * s.coolShadow * .55f) +
            WARM_RIM_COLOUR * (saturate(warm) * s.warmShadow * .5f);
  switch (out.part) {
  case Part::skin:
    shadeSkin(stage, s, out);
    break;
  case Part::eye:
    shadeEye(stage, s, out);
    break;
  case Part::tooth:
  case Part::tongue:
    shadeMouthInside(stage, s, out);
    break;
  case Part::gold:
    shadeGold(s, out);
    break;
  default:
    shadeCloth(stage, s, out);
  }
  return out;
}

void shadeGold(const SurfacePoint &s, Sample &out) {
  const Vec3 gold{1.5f, 1.02f, .42f}, mirror = s.ray - s.normal * (2 * dot(s.ray, s.normal));
  const float room = .5f + .5f * ramp(-.1f, .5f, mirror.y) +
                     2.2f * windowReflection(mirror, normalize({-.34f, .42f, .85f}), .3f, .3f);
  out.colour =
      gold * (ambientLight(mirror) * (room * s.occlusion) +
              KEY_COLOUR * (highlight(s.normal, s.view, KEY_DIRECTION, .30f, .6f) * s.keyShadow) + s.light * .12f);
}

} // namespace rig
