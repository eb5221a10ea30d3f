// Long hair: locks that fall from a parting, and fine hairs along the front hairline.
#include "hair.h"
#include "head.h"
#include "noise.h"
#include <stdexcept>

namespace rig {

/** Catmull-Rom curve through `count` points; v runs 0..1. */
static Vec3 curveThrough(const Vec3 *c, int count, float v) {
  float t = v * (count - 1);
  const int i = std::min(static_cast<int>(t), count - 2);
  t -= i;
  const Vec3 a = c[std::max(i - 1, 0)], b = c[i], d = c[i + 1], e = c[std::min(i + 2, count - 1)];
  return (b * 2 + (d - a) * t + (a * 2 - b * 5 + d * 4 - e) * (t * t) + (b * 3 - a - d * 3 + e) * (t * t * t)) * .5f;
}

static constexpr int GUIDE_POINTS = 8;

/** The fall of hair at `back` 0 (face) .. 1 (nape) on one side: three drawn guides, blended. */
static void guideCurve(const Persona &p, float side, float back, float spread, Vec3 *out) {
  const float part = p.hairPart, s = side;
  const Vec3 front[GUIDE_POINTS] = {{part, .80f, .65f},       {part + (s * .52f - part) * .5f, .815f, .635f},
                                    {s * .57f, .62f, .53f},   {s * .73f, .26f, .36f},
                                    {s * .765f, -.17f, .27f}, {s * .77f, -.66f, .24f},
                                    {s * .80f, -1.16f, .26f}, {s * .70f, -1.62f, .38f}};
  const Vec3 middle[GUIDE_POINTS] = {{part, 1.19f, .02f},       {part + (s * .6f - part) * .5f, 1.21f, 0},
                                     {s * .64f, 1.02f, -.02f},  {s * .855f, .56f, -.08f},
                                     {s * .90f, 0, -.12f},      {s * .90f, -.6f, -.10f},
                                     {s * .91f, -1.17f, -.02f}, {s * .84f, -1.7f, .10f}};
  const Vec3 nape[GUIDE_POINTS] = {
      {part * .4f, 1.08f, -.6f},        {s * .25f, 1.08f, -.68f},          {s * .5f, .86f, -.82f},
      {s * .66f * spread, .4f, -1.04f}, {s * .74f * spread, -.1f, -1.02f}, {s * .78f * spread, -.65f, -.9f},
      {s * .8f * spread, -1.2f, -.72f}, {s * .8f * spread, -1.75f, -.66f}};
  const float a = 2 * (back - .5f) * (back - 1), b = 4 * back * (1 - back), c = 2 * back * (back - .5f);
  for (int i = 0; i < GUIDE_POINTS; i++) out[i] = front[i] * a + middle[i] * b + nape[i] * c;
}

static std::vector<Strand> locks(const Figure &f) {
  const Persona &p = f.persona;
  constexpr int LOCKS = 620, POINTS = 60;
  const int perLock = static_cast<int>(44 * p.strandCount);
  std::vector<Strand> out;
  out.reserve(static_cast<size_t>(LOCKS) * perLock);
  for (int lock = 0; lock < LOCKS; lock++) {
    RandomStream random(lock * 7777 + 11);
    const float side = lock & 1 ? 1.f : -1.f, back = std::pow(random.unit(), .85f), layer = random.unit();
    const float phase = random.unit() * .7f + back * 3 + (side > 0 ? 2.2f : .6f),
                lockLength = .86f + .2f * random.unit();
    const float amplitude = (.034f + .012f * random.unit()) * p.hairWave, spread = .1f + .95f * random.unit();
    for (int k = 0; k < perLock; k++) {
      const float t = clamp(back + random.spread() * .035f, 0, 1);
      const bool stray = random.unit() < .045f && t > .35f;
      const Vec3 offset = random.spread3();
      const float reach =
          p.hairLength * lockLength * (.9f + .1f * random.unit()) - (random.unit() < .1f ? .25f * random.unit() : 0);
      const Vec3 scatter = offset * ((stray ? .095f : .045f) * mix(.35f, 1.f, ramp(0.f, .2f, t)));
      Vec3 guide[GUIDE_POINTS];
      guideCurve(p, side, t, spread, guide);
      const float tone = (.7f + .5f * random.unit() * (.6f + .4f * layer)) * (hashUnit(lock * 31) * .9f + .5f);
      Strand strand;
      strand.reserve(POINTS);
      for (int i = 0; i < POINTS; i++) {
        const float u = i / (POINTS - 1.f), along = u * reach, grown = ramp(0, .25f, u);
        Vec3 q = along <= 1 ? curveThrough(guide, GUIDE_POINTS, along)
                            : guide[GUIDE_POINTS - 1] +
                                  (guide[GUIDE_POINTS - 1] - guide[GUIDE_POINTS - 2]) * ((along - 1) * 7);
        const Vec3 outwards = normalize(q - Vec3{0, std::min(q.y, .28f), -.15f});
        q += outwards * (((layer - .4f) * .085f * p.hairVolume + .01f) * (.35f + .65f * grown));
        q += scatter * (mix(1.f, .42f, ramp(.3f, 1.f, u)) * (.25f + .75f * grown));
        const float wave = amplitude * ramp(.25f, .6f, u) * (1 + u * .8f);
        q.x += wave * std::sin(along * 12 + phase) + (stray ? .06f * u * std::sin(u * 5 + offset.x * 9) : 0);
        q.z += wave * std::cos(along * 12 + phase);
        const float tip = 1 - ramp(.8f, 1.f, u) * .8f;
        strand.push_back({q,
                          {},
                          p.hairColour * (tone * (1 + .12f * u)),
                          .0068f * tip * (stray ? .6f : 1.f),
                          (.85f - .35f * ramp(.92f, 1.f, u)) * (i == 0 ? .3f : 1)});
      }
      out.push_back(std::move(strand));
    }
  }
  return out;
}

static std::vector<Strand> hairlineDown(const Figure &f) {
  constexpr int COUNT = 1400, POINTS = 9;
  const float part = f.persona.hairPart;
  std::vector<Strand> out;
  for (int k = 0; k < COUNT; k++) {
    RandomStream random(k * 61 + 424242);
    const float s = k & 1 ? 1.f : -1.f, u = random.unit(), below = random.unit() * random.unit();
    const Vec3 line[4] = {
        {part, .80f, 0}, {part + (s * .52f - part) * .5f, .785f, 0}, {s * .57f, .58f, 0}, {s * .70f, .21f, 0}};
    Vec3 root = curveThrough(line, 4, u), hit;
    const Vec3 along =
        curveThrough(line, 4, std::min(u + .05f, 1.f)) - curveThrough(line, 4, std::max(u - .05f, 0.f));
    root.y -= below * .085f + .002f;
    root.x -= s * below * .05f * u;
    if (!findSkin(f, {root.x, root.y, 1.4f}, {0, 0, -1}, hit)) continue;
    const Vec3 d = normalize(normalize(along) * (.7f + .5f * u) + Vec3{s * .25f, .55f * (1 - u), -.35f} +
                             random.spread3() * .30f);
    const float reach = (.07f + .10f * random.unit()) * (1 - .4f * below), opacity = .34f * (1 - .65f * below);
    Strand strand;
    for (int i = 0; i < POINTS; i++) {
      const float v = i / (POINTS - 1.f);
      Vec3 q = hit + d * (reach * v) + Vec3{0, 0, .006f + .048f * v * (1 - v)}, skin;
      if (findSkin(f, {q.x, q.y, q.z + .2f}, {0, 0, -1}, skin)) q.z = std::max(q.z, skin.z + .005f);
      strand.push_back(
          {q, {}, f.persona.hairColour * 1.5f, .0036f * (1 - .6f * v), opacity * ramp(0, .2f, v + .08f)});
    }
    out.push_back(std::move(strand));
  }
  return out;
}

std::vector<Strand> longHair(const Figure &f) {
  std::vector<Strand> out = locks(f);
  for (Strand &strand : hairlineDown(f)) out.push_back(std::move(strand));
  return out;
}

std::vector<Strand> headHair(const Figure &f) {
  if (f.persona.hair == "long") return longHair(f);
  if (f.persona.hair == "short") return shortHair(f);
  if (f.persona.hair == "coily") return coilyHair(f);
  throw std::runtime_error("no hair style is called '" + f.persona.hair + "'");
}

} // namespace rig
