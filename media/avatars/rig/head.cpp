#include "head.h"
#include "eyes.h"
#include "mouth.h"
#include "sdf.h"

namespace rig {

float jawShift(const Figure &f, Vec3 q) {
  return f.mouth.jawDrop * ramp(-.5f, -.86f, q.y) * ramp(-.75f, .1f, q.z + .2f);
}

static float skullDistance(const Figure &f, Vec3 m, Vec3 jaw) {
  const Persona &p = f.persona;
  const MouthGeometry &mouth = f.mouth;
  float d = ellipsoid(m - SKULL_CENTRE, SKULL_RADII);
  d = smoothMin(d, ellipsoid(jaw - Vec3{0, -.2f, .19f}, {.585f, .74f, .61f}), .2f);
  const Vec3 jawAngle{.43f * p.jawWidth, -.54f, .1f}, jawTip{.115f * p.chinWidth, -.925f * p.chinLength, .53f};
  d = smoothMin(d, capsule(jaw, jawAngle, jawTip, .18f, .14f), .22f);
  d = smoothMin(d, length(jaw - Vec3{0, -.925f * p.chinLength, .575f}) - .155f * p.chinWidth, .12f);
  const float lift = .02f * mouth.smile;
  d = smoothMin(d, ellipsoid(m - Vec3{.405f, -.19f + lift, .42f}, Vec3{.23f, .19f, .25f} * p.cheekbone),
                .2f * p.cheekVolume);
  const Vec3 apple{.36f, -.27f + lift, .50f + .03f * mouth.smile};
  d = smoothMin(d, ellipsoid(m - apple, Vec3{.13f, .11f, .12f} * (.9f + .14f * mouth.smile)), .16f);
  d = smoothMin(d, ellipsoid(jaw - Vec3{.375f * p.jawWidth, -.46f, .30f}, {.21f, .24f, .24f}), .2f);
  d = smoothMin(d, ellipsoid(jaw - Vec3{0, -.63f, .50f}, {.33f, .25f, .315f}), .16f);
  const float ridge = .013f * p.masculinity;
  d = smoothMin(d, capsule(m, {.1f, .19f, .70f}, {.43f, .2f, .54f}, .082f + ridge, .078f + ridge), .16f);
  return d;
}

static float withNose(const Figure &f, float d, Vec3 m) {
  const Persona &p = f.persona;
  const float n = p.noseSize, w = p.noseWidth, lift = p.noseLift;
  d = smoothMin(d, capsule(m, {0, .07f, .72f - p.noseBridge}, {0, -.28f + lift, .925f}, .050f * n, .066f * n), .15f);
  d = smoothMin(d, ellipsoid(m - Vec3{0, -.322f + lift, .943f}, Vec3{.090f * w, .084f, .088f} * n), .09f);
  const Vec3 wing{.090f * n * w, -.365f + lift * .6f, .858f};
  d = smoothMin(d, ellipsoid(m - wing, {.060f * n * w, .055f, .085f}), .045f);
  d = smoothMax(d, -capsule(m, {0, -.47f, .90f}, {0, -.565f, .91f}, .018f, .028f), .05f); // philtrum
  const Vec3 nostril{.05f * n * w, -.423f + lift * .6f, .905f};
  return smoothMax(d, -ellipsoid(m - nostril, Vec3{.027f * n * w, .021f, .04f} * p.nostril), .02f);
}

static float earDistance(const Figure &f, Vec3 m) {
  const Vec3 e = (m - Vec3{.705f, -.06f, -.10f}) * (1 / f.persona.earScale);
  const float c = std::cos(.20f), s = std::sin(.20f);
  const Vec3 r{e.x + .34f * e.z, e.y * c - e.z * s, e.y * s + e.z * c};
  float d = ellipsoid(r, {.04f, .19f, .115f});
  const float k = length({0, r.y / .185f, (r.z + .01f) / .112f});
  const float rim =
      std::sqrt((k - 1) * (k - 1) * .016f + (r.x - .022f) * (r.x - .022f)) - .020f + .03f * ramp(-.02f, -.14f, r.y);
  const float fold = capsule(r, {.03f, .09f, -.03f}, {.03f, -.09f, -.035f}, .012f, .018f);
  d = smoothMax(d, -ellipsoid(r - Vec3{.05f, -.03f, .025f}, {.05f, .075f, .055f}), .03f);
  d = smoothMin(smoothMin(d, rim, .022f), fold, .03f);
  d = smoothMin(d, length(r - Vec3{.01f, -.175f, .035f}) - .045f, .05f);                // lobe
  d = smoothMin(d, ellipsoid(r - Vec3{.02f, -.03f, .095f}, {.03f, .04f, .025f}), .03f); // tragus
  return d * f.persona.earScale;
}

/** Lids are a shell around the eyeball, cut open between their edges. */
static float withLids(const Figure &f, float d, Vec3 m) {
  const Vec3 e = m - EYE_CENTRE;
  const LidEdges lid = lidEdges(f, e.x);
  const float open = 1 - saturate(f.pose.blink);
  float shell = length(e) - EYEBALL_RADIUS - .022f;
  const float crease = bell(e.y - lid.upper - .045f - .01f * open, .016f) * ramp(-.2f, 0.f, .17f - std::fabs(e.x));
  shell += .017f * crease * (.35f + .65f * open);
  d = smoothMin(d, shell, .07f);
  float gap = std::max(e.y - lid.upper, lid.lower - e.y);
  gap = std::max(gap, std::fabs(e.x) - f.persona.eyeHalfWidth);
  return smoothMax(d, -std::max(gap, .3f - m.z), .014f);
}

float headDistance(const Figure &f, Vec3 q, Part *part) {
  if (part) *part = Part::skin;
  const float bound = length(q - Vec3{0, -.05f, 0}) - 1.42f;
  if (bound > .3f) return bound;
  const MouthGeometry &mouth = f.mouth;
  const Persona &p = f.persona;
  const float x = std::fabs(q.x);
  const Vec3 m{x, q.y, q.z};
  const float weight = ramp(-.5f, -.86f, q.y) * ramp(-.75f, .1f, q.z + .2f), drop = mouth.jawDrop * weight;
  const Vec3 jaw{x * (1 + .25f * drop), q.y + drop, q.z + .28f * drop};
  float d = skullDistance(f, m, jaw);
  if (q.z > .2f) {
    const Vec3 socket{EYE_CENTRE.x, .015f, .925f - .025f * p.masculinity};
    d = smoothMax(d, -ellipsoid(m - socket, {.235f, .13f, .235f}), .16f);
    d = withNose(f, d, m);
    // The fold from nose to mouth and the crease above the chin deepen with smile and age.
    const float fold =
        capsule(m, {.145f * p.noseSize, -.36f, .84f}, {.30f, -.60f + .02f * mouth.smile, .70f}, .01f, .02f);
    d += (.011f * mouth.smile + .003f + .012f * p.age) * bell(fold, .035f);
    d += .016f * bell(jaw.y + .80f, .05f) * bell(x, .16f) * ramp(.5f, .7f, q.z);
  }
  if (x > .5f && std::fabs(q.y + .06f) < .5f) d = smoothMin(d, earDistance(f, m), .05f);
  if (q.z > .3f && std::fabs(q.y) < .4f) d = withLids(f, d, m);
  const bool nearMouth = q.z > .2f && q.y < -.3f && q.y > -1.25f && x < .5f;
  if (nearMouth) {
    d = smoothMin(d, lipsDistance(f, q), .035f);
    d = smoothMax(d, -std::max(openingDistance(f, q), .3f - q.z), .016f);
    const float corner = length({x - mouth.halfWidth - .012f, q.y - (mouth.centreY + mouth.cornerLift * 1.2f), 0});
    d += (.005f + .010f * mouth.smile + .003f * mouth.press) * bell(corner, .035f) * ramp(.4f, .6f, q.z) *
         (1 - mouth.roundness);
  }
  Part found = Part::skin;
  auto consider = [&](float other, Part what) {
    if (other < d) d = other, found = what;
  };
  if (q.z > .2f && std::fabs(q.y) < .35f) consider(length(m - EYE_CENTRE) - EYEBALL_RADIUS, Part::eye);
  if (nearMouth && mouth.isOpen()) {
    consider(teethDistance(f, q), Part::tooth);
    consider(tongueDistance(f, q), Part::tongue);
    consider(throatDistance(f, q), Part::tongue);
  }
  if (p.earrings > 0 && x > .6f && std::fabs(q.y + .36f) < .4f) {
    const float hx = x - .775f, hy = q.y + .355f, ring = std::sqrt(hx * hx + hy * hy) - .075f;
    consider(std::sqrt(ring * ring + (q.z + .03f) * (q.z + .03f)) - .014f, Part::gold);
  }
  if (part) *part = found;
  return d;
}

bool findSkin(const Figure &f, Vec3 origin, Vec3 direction, Vec3 &hit) {
  float t = 0;
  for (int i = 0; i < 80; i++) {
    hit = origin + direction * t;
    const float d = headDistance(f, hit);
    if (std::fabs(d) < .0012f) return true;
    t += d * .7f;
    if (t > 2) return false;
  }
  return true;
}

Vec3 headNormal(const Figure &f, Vec3 q) {
  const float e = .004f;
  return normalize({headDistance(f, q + Vec3{e, 0, 0}) - headDistance(f, q - Vec3{e, 0, 0}),
                    headDistance(f, q + Vec3{0, e, 0}) - headDistance(f, q - Vec3{0, e, 0}),
                    headDistance(f, q + Vec3{0, 0, e}) - headDistance(f, q - Vec3{0, 0, e})});
}

} // namespace rig
