// Short hair that grows from the skull: combed back, or in coils.
#include "hair.h"
#include "head.h"
#include "noise.h"
#include "sdf.h"

namespace rig {

struct ScalpRoot {
  Vec3 position, normal;
};

/** A random point of the skull's ellipsoid, or false where none is drawn. */
static bool scalpRoot(RandomStream &random, float lowest, float span, ScalpRoot &root) {
  const float up = random.unit() * span + lowest, turn = random.unit() * 6.2832f;
  if (up > 1) return false;
  const float out = std::sqrt(std::max(0.f, 1 - up * up));
  const Vec3 d{out * std::cos(turn), up, out * std::sin(turn)};
  root.position = SKULL_CENTRE + d * SKULL_RADII;
  root.normal = normalize({d.x / SKULL_RADII.x, d.y / SKULL_RADII.y, d.z / SKULL_RADII.z});
  return true;
}

static Vec3 skullNormal(Vec3 q) {
  const Vec3 d = q - SKULL_CENTRE, r = SKULL_RADII;
  return normalize({d.x / (r.x * r.x), d.y / (r.y * r.y), d.z / (r.z * r.z)});
}

/** How far above the hairline a scalp point lies; the line runs over brow, temple, ear and nape. */
static float aboveHairline(Vec3 p, float front, float temple, float ear, float nape) {
  const float line = p.z > .32f    ? front
                     : p.z > .12f  ? mix(temple, front, ramp(.14f, .36f, p.z))
                     : p.z > -.18f ? ear
                                   : mix(ear, nape, ramp(-.18f, -.40f, p.z));
  return p.y - line;
}

std::vector<Strand> shortHair(const Figure &f) {
  const Persona &p = f.persona;
  constexpr int POINTS = 14;
  const int count = static_cast<int>(34000 * p.strandCount);
  std::vector<Strand> out;
  for (int k = 0; k < count; k++) {
    RandomStream random(k * 911 + 5);
    ScalpRoot root;
    if (!scalpRoot(random, -.75f, 1.75f, root)) continue;
    const Vec3 at = root.position, n = root.normal;
    const float x = std::fabs(at.x);
    const float front = .70f + p.recede * (.06f + .22f * bell(x - .44f, .20f)) - .04f * bell(x, .25f);
    const float ragged = random.spread() * .045f + (valueNoise(at * 22) - .5f) * .05f;
    const float above = aboveHairline(at, front, -.02f, -.05f + .35f * bell(at.z + .02f, .1f), -.55f) + ragged;
    if (above < 0) continue;
    const float top = ramp(.45f, .8f, at.y) * ramp(.62f, .45f, x);
    const float tuft = valueNoise(at * 9 + Vec3{3, 1, 7}), tuft2 = valueNoise(at * 9 + Vec3{13, 5, 2});
    const float reach = mix(p.sideLength, p.topLength * (.8f + .4f * tuft), top) * (.8f + .3f * random.unit()) *
                        mix(.35f, 1.f, ramp(0, .14f, above));
    const Vec3 sides{at.x > 0 ? .1f : -.1f, -.9f, -.55f},
        combed{.55f + .5f * (tuft - .5f), .25f, -.55f + .4f * (tuft2 - .5f)};
    const Vec3 direction = mix(sides, combed, top);
    const float lift = mix(.12f, p.hairLift * (.6f + .8f * ramp(.1f, .6f, at.z)), top);
    const bool isGray = random.unit() < p.gray * (1.3f - .45f * top);
    const Vec3 colour = mix(p.hairColour, p.grayColour, isGray ? .85f : 0) * (.7f + .6f * random.unit());
    Vec3 q = at + n * .004f;
    Strand strand;
    for (int i = 0; i < POINTS; i++) {
      const float u = i / (POINTS - 1.f);
      const Vec3 away = skullNormal(q), along = normalize(direction - away * dot(direction, away));
      q += normalize(along + away * (lift * (1 - 1.25f * u)) + random.spread3() * .12f) * (reach / POINTS);
      const float depth = ellipsoid(q - SKULL_CENTRE, SKULL_RADII);
      if (depth < .006f) q += away * (.008f - depth);
      strand.push_back({q, {}, colour, .0050f * (1 - .6f * u), .8f * ramp(0, .10f, above + .03f)});
    }
    out.push_back(std::move(strand));
  }
  return out;
}

std::vector<Strand> coilyHair(const Figure &f) {
  const Persona &p = f.persona;
  constexpr int POINTS = 40;
  const int count = static_cast<int>(17000 * p.strandCount);
  std::vector<Strand> out;
  for (int k = 0; k < count; k++) {
    RandomStream random(k * 877 + 19);
    ScalpRoot root;
    if (!scalpRoot(random, -.8f, 1.8f, root)) continue;
    const Vec3 at = root.position, n = root.normal;
    const float x = std::fabs(at.x);
    const float front = .735f - .05f * bell(x, .22f) - .14f * ramp(.36f, .62f, x);
    const float ragged = random.spread() * .06f + (valueNoise(at * 13) - .5f) * .10f;
    const float above = aboveHairline(at, front, .06f, .10f, -.60f) + ragged;
    if (above < 0) continue;
    // Strands of one clump share their coil: clumps read as curls instead of fuzz.
    const Vec3 clump{valueNoise(at * 7), valueNoise(at * 7 + Vec3{9, 4, 2}), valueNoise(at * 7 + Vec3{2, 7, 5})};
    const Vec3 direction = normalize(n + Vec3{0, .22f, -.30f * ramp(.1f, .5f, at.z)} +
                                     (clump - Vec3{.5f, .5f, .5f}) * 1.0f + random.spread3() * .08f);
    const float reach = p.hairLength * (.66f + .6f * clump.z * random.unit() + .2f * random.unit()) *
                        mix(.16f, 1.f, ramp(-.02f, .26f, above)) * mix(.72f, 1.f, ramp(.1f, .7f, at.y));
    const Vec3 side = normalize(Vec3{direction.y, -direction.x, .01f}), other = cross(direction, side);
    const float turns = 24 * reach / p.hairLength, start = clump.x * 18 + random.unit() * .9f;
    const float radius = (.022f + .012f * clump.y) * (.85f + .3f * random.unit());
    const float tone = .55f + .6f * random.unit() * random.unit() + .55f * clump.y;
    Strand strand;
    for (int i = 0; i < POINTS; i++) {
      const float u = i / (POINTS - 1.f), angle = u * turns + start, r = radius * ramp(0, .15f, u);
      const Vec3 q = at + direction * (reach * u) + side * (r * std::cos(angle)) + other * (r * std::sin(angle));
      strand.push_back({q,
                        {},
                        p.hairColour * (tone * (.75f + .5f * u)),
                        .0052f * (1 - .35f * u),
                        .85f * ramp(-.02f, .12f, above + .03f * u)});
    }
    out.push_back(std::move(strand));
  }
  return out;
}

} // namespace rig
