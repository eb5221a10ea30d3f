// Brows, lashes and beard.
#include "eyes.h"
#include "hair.h"
#include "head.h"
#include "mouth.h"
#include "noise.h"

namespace rig {

std::vector<Strand> brows(const Figure &f) {
  constexpr int COUNT = 760, POINTS = 7;
  const Persona &p = f.persona;
  std::vector<Strand> out;
  for (int side = -1; side <= 1; side += 2)
    for (int k = 0; k < COUNT; k++) {
      RandomStream random(k * 37 + (side > 0 ? 5000 : 0) + 3);
      const float u = std::pow(random.unit(), 1.05f), x = mix(.105f, .535f, u);
      const float thickness = p.browThickness * mix(.074f, .018f, ramp(.30f, 1.f, u)) * ramp(-.15f, .20f, u);
      const float y =
          browHeight(f, u) + (random.unit() + random.unit() - 1) * .62f * thickness + (side > 0 ? .004f : -.003f);
      Vec3 root;
      if (!findSkin(f, {side * x, y, 1.3f}, {0, 0, -1}, root)) continue;
      const Vec3 n = headNormal(f, root);
      const float facing = saturate(f.directionToWorld(normalize({n.x, 0, n.z})).z), seen = ramp(.25f, .85f, facing);
      const float angle = mix(.98f, -.20f, ramp(0, .70f, u)) + random.spread() * .14f;
      Vec3 d{std::cos(angle) * side, std::sin(angle), -.12f * u};
      const float reach = .056f * (1 - .40f * u) * (.70f + .45f * random.unit());
      const float opacity =
          p.browOpacity * ramp(-.15f, .30f, u) * (1 - .55f * ramp(.60f, 1.f, u)) * mix(.30f, 1.f, seen);
      const Vec3 colour = mix(p.browColour, p.grayColour, random.unit() < p.gray * .35f ? .6f : 0);
      Strand strand;
      for (int i = 0; i < POINTS; i++) {
        const float v = i / (POINTS - 1.f);
        Vec3 q = root + d * (reach * v), skin;
        if (findSkin(f, q + Vec3{0, 0, .15f}, {0, 0, -1}, skin)) q = skin;
        q.z += .006f * std::sin(v * 3.14f) + .003f;
        d.y -= .05f;
        strand.push_back({q, {}, colour, .0042f * (1 - .7f * v), opacity * ramp(-.1f, .25f, v)});
      }
      out.push_back(std::move(strand));
    }
  return out;
}

std::vector<Strand> lashes(const Figure &f) {
  constexpr int POINTS = 8;
  std::vector<Strand> out;
  for (int side = -1; side <= 1; side += 2)
    for (int lower = 0; lower < 2; lower++) {
      const int count = lower ? 46 : 90;
      for (int k = 0; k < count; k++) {
        RandomStream random(k * 53 + side * 700 + lower * 9000 + 20000);
        const float u = mix(-.86f, .97f, (k + .6f * random.unit()) / count), x = u * f.persona.eyeHalfWidth;
        const LidEdges lid = lidEdges(f, x);
        const float y = lower ? lid.lower - .004f : lid.upper + .004f, shell = EYEBALL_RADIUS + .026f;
        const float z = EYE_CENTRE.z + std::sqrt(std::max(0.f, shell * shell - x * x - y * y));
        const Vec3 outwards = f.directionToWorld(normalize({side * x, y, z - EYE_CENTRE.z}));
        const float seen = mix(.45f, 1.f, ramp(.55f, .95f, outwards.z)); // shorter where the lid turns away
        const float shut = std::max(0.f, f.pose.blink) * std::max(0.f, f.pose.blink);
        const float full = lower ? .022f : .056f * (.62f + .5f * ramp(-.6f, .8f, u));
        const float reach = seen * full * f.persona.lashLength * (.75f + .4f * random.unit());
        const float cluster = std::floor(u * 9) / 9 + .05f;
        Vec3 d = normalize(
            {(x * 2.4f + .25f * (cluster - u)) * 1.2f + .04f, lower ? -.55f : mix(.12f, -.75f, shut), .85f});
        Vec3 q{EYE_CENTRE.x + x, y, z};
        Strand strand;
        for (int i = 0; i < POINTS; i++) {
          const float v = i / (POINTS - 1.f);
          strand.push_back({{side * q.x, q.y, q.z},
                            {},
                            {.012f, .008f, .007f},
                            (lower ? .0030f : .0046f) * (1 - .8f * v),
                            lower ? .22f : .85f});
          d = normalize(d + Vec3{0, lower ? -.03f : mix(.17f, .08f, shut), -.05f});
          q += d * (reach / POINTS);
        }
        out.push_back(std::move(strand));
      }
    }
  return out;
}

/** How densely a beard grows at a point of the resting face: chin, jaw, moustache and the patch under the lip. */
static float beardDensity(const Figure &rest, Vec3 p) {
  const float x = std::fabs(p.x), mouthY = rest.mouth.centreY, lips = lipsDistance(rest, p);
  float m = ramp(-.80f, -.88f, p.y);
  m = std::max(m, ramp(.36f, .50f, x + .22f * ramp(-.4f, -.8f, p.y)) * ramp(-.22f, -.46f, p.y));
  const float moustache =
      ramp(-.445f, -.50f, p.y + .40f * x * x) * ramp(mouthY - .02f, mouthY + .03f, p.y) * ramp(.36f, .24f, x);
  m = std::max(m, rest.persona.moustache * moustache * (1 - .55f * bell(x, .035f)));
  m = std::max(m, ramp(mouthY + .03f, mouthY - .04f, p.y) * ramp(.215f, .27f, x));
  m = std::max(m, .85f * bell(x, .05f) * ramp(-.74f, -.80f, p.y));
  m *= ramp(-1.35f, -1.12f, p.y) * ramp(-.25f, .0f, p.z) * ramp(-.002f, .018f, lips);
  return m;
}

std::vector<Strand> beard(const Figure &f) {
  std::vector<Strand> out;
  const Persona &p = f.persona;
  if (p.beard <= 0) return out;
  constexpr int POINTS = 5;
  Pose atRest;
  const Figure rest(p, atRest);
  const int count = static_cast<int>(34000 * p.beard);
  std::vector<Strand> grown(count);
#pragma omp parallel for schedule(dynamic, 256)
  for (int k = 0; k < count; k++) {
    RandomStream random(k * 97 + 77777);
    const float dx = random.spread(), dy = -random.unit() * 1.1f + .25f, dz = random.unit() * 1.2f - .1f;
    const Vec3 d = normalize({dx, dy, dz}), from = Vec3{0, -.52f, .12f} + d * 1.3f;
    Vec3 root;
    if (!findSkin(rest, from, d * -1.f, root)) continue;
    const float density = beardDensity(rest, root);
    if (random.unit() > density) continue;
    const bool onLip = root.y > rest.mouth.centreY && std::fabs(root.x) < .34f;
    // Carry the root along with the jaw, then settle it on the posed skin.
    Vec3 q = root;
    const float shift = jawShift(f, root);
    q.y -= shift, q.z -= .28f * shift;
    for (int i = 0; i < 5; i++) q += headNormal(f, q) * -headDistance(f, q);
    const float hidden = ramp(-.006f, .008f, lipsDistance(f, q)) * ramp(-.002f, .02f, openingDistance(f, q));
    const float reach =
        p.beardLength * (onLip ? .85f : 1.f) * (.6f + .7f * random.unit()) * mix(.35f, 1.f, ramp(.15f, .8f, density));
    const Vec3 lie = onLip ? Vec3{root.x > 0 ? .75f : -.75f, -.75f, .22f} : Vec3{root.x * .5f, -.9f, .28f};
    const Vec3 t = normalize(lie + random.spread3() * .22f);
    const bool isGray = random.unit() < p.beardGray * (root.y < -.85f ? 1.25f : .9f);
    const Vec3 colour = mix(p.hairColour * 1.1f, p.grayColour, isGray ? .8f : 0) * (.7f + .5f * random.unit());
    for (int i = 0; i < POINTS; i++) {
      const float v = i / (POINTS - 1.f);
      const float opacity = (.30f + .28f * ramp(.1f, .8f, density)) * p.beardOpacity * hidden;
      grown[k].push_back({q + t * (reach * v) + Vec3{0, 0, .004f}, {}, colour, .0040f * (1 - .7f * v), opacity});
    }
  }
  for (Strand &strand : grown)
    if (!strand.empty()) out.push_back(std::move(strand));
  return out;
}

} // namespace rig
