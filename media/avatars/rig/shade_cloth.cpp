#include "body.h"
#include "light.h"
#include "noise.h"
#include "sdf.h"
#include "shade.h"

namespace rig {

void shadeCloth(const Stage &stage, const SurfacePoint &s, Sample &out) {
  const Figure &f = stage.figure;
  const Vec3 p = s.world;
  Vec3 n = s.normal, tone = out.part == Part::cloth ? f.persona.cloth : f.persona.innerCloth;
  if (f.garment == Garment::sweater && out.part == Part::cloth) { // ribbed knit
    const float rib = std::sin(p.x * 120 + p.z * 40), stitch = std::sin(p.y * 184 + std::fabs(rib) * 2.2f);
    n = normalize(n + Vec3{std::cos(p.x * 120 + p.z * 40) * .16f, stitch * .12f, 0});
    tone = tone * (.86f + .18f * std::fabs(rib) + .05f * stitch);
  } else { // woven
    const Vec3 at = p * 150;
    const float weave = valueNoise(at);
    n = normalize(n + Vec3{weave - .5f, valueNoise(at + Vec3{7, 0, 0}) - .5f, 0} * .14f);
    tone = tone * (.88f + .24f * weave) * (.94f + .12f * valueNoise(p * 4));
  }
  if (f.garment == Garment::blazer && out.part == Part::cloth) { // seams and the stitched edge of the lapel
    const float v = blazerOpening(p), width = lapelWidth(p);
    const float sleeve = std::fabs(p.x) - 1.18f * f.persona.shoulderWidth - .16f * (p.y + 2.2f);
    tone = tone * (1 - .35f * bell(sleeve, .010f)) * (1 - .45f * bell(v - width - .012f, .012f)) *
           (1 - .25f * bell(v - width + .035f, .006f));
  }
  if (f.garment == Garment::shirt)
    tone = tone * (1 - .25f * bell(std::fabs(p.x) - (p.y + 2.02f) * .34f - .05f, .008f));
  const float key = saturate((dot(n, KEY_DIRECTION) + .12f) / 1.12f) * s.keyShadow;
  const Vec3 light = s.light + KEY_COLOUR * key;
  const float fuzz = std::pow(1 - saturate(dot(n, s.view)), 3.f);
  out.colour = tone * light + (tone * .5f + Vec3{.03f, .03f, .03f}) * light * (fuzz * .55f);
}

} // namespace rig
