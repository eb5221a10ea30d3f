#include "strand.h"
#include "light.h"
#include "noise.h"
#include "scene.h"

namespace rig {

static constexpr int CELLS_X = 96, CELLS_Y = 144, CELLS_Z = 96;
static constexpr Vec3 ORIGIN{-1.3f, -2.3f, -1.4f};
static constexpr float CELL = 3.75f / 144;
static constexpr float REFERENCE_RADIUS = .0068f;

HairVolume::HairVolume() : cells(static_cast<size_t>(CELLS_X) * CELLS_Y * CELLS_Z, 0.f) {}

void HairVolume::add(const Strand &strand, float density) {
  for (const StrandPoint &point : strand) {
    const Vec3 c = (point.position - ORIGIN) * (1 / CELL);
    const int x = static_cast<int>(c.x), y = static_cast<int>(c.y), z = static_cast<int>(c.z);
    if (x < 0 || y < 0 || z < 0 || x >= CELLS_X || y >= CELLS_Y || z >= CELLS_Z) continue;
    cells[(z * CELLS_Y + y) * CELLS_X + x] += density * point.radius / REFERENCE_RADIUS;
  }
}

float HairVolume::densityAt(Vec3 p) const {
  const Vec3 q = (p - ORIGIN) * (1 / CELL) - Vec3{.5f, .5f, .5f};
  const int i = static_cast<int>(std::floor(q.x)), j = static_cast<int>(std::floor(q.y)),
            k = static_cast<int>(std::floor(q.z));
  if (i < 0 || j < 0 || k < 0 || i >= CELLS_X - 1 || j >= CELLS_Y - 1 || k >= CELLS_Z - 1) return 0;
  const float u = q.x - i, v = q.y - j, w = q.z - k;
  const float *c = &cells[(k * CELLS_Y + j) * CELLS_X + i], *d = c + CELLS_X * CELLS_Y;
  const float near = mix(mix(c[0], c[1], u), mix(c[CELLS_X], c[CELLS_X + 1], u), v);
  const float far = mix(mix(d[0], d[1], u), mix(d[CELLS_X], d[CELLS_X + 1], u), v);
  return mix(near, far, w);
}

float HairVolume::transmittance(Vec3 p, Vec3 light, float jitter, float strength) const {
  float depth = 0;
  for (float t = .05f + jitter * .035f; t < 1.1f; t += .045f) depth += densityAt(p + light * t);
  return std::exp(-depth * strength);
}

void placeStrands(const Figure &f, std::vector<Strand> &strands) {
  for (Strand &strand : strands) {
    for (StrandPoint &point : strand) point.position = f.toWorld(point.position);
    for (size_t k = 0; k < strand.size(); k++) {
      const Vec3 ahead = strand[std::min(k + 1, strand.size() - 1)].position;
      strand[k].tangent = normalize(ahead - strand[k ? k - 1 : 0].position);
    }
  }
}

/** Kajiya-Kay highlight of a fibre, its tangent tilted by `shift` towards the normal. */
static float fibreHighlight(Vec3 tangent, Vec3 normal, Vec3 light, Vec3 view, float shift, float sharpness) {
  const Vec3 t = normalize(tangent + normal * shift), h = normalize(light + view);
  const float along = dot(t, h);
  return std::pow(std::max(0.f, 1 - along * along), sharpness * .5f);
}

static float fibreDiffuse(Vec3 tangent, Vec3 normal, Vec3 light) {
  const float along = dot(tangent, light);
  return std::sqrt(std::max(0.f, 1 - along * along)) * saturate(dot(normal, light) * .6f + .4f);
}

static Vec3 litColour(const Figure &f, const HairVolume &volume, const StrandPoint &point, float jitter,
                      bool onHead) {
  const Vec3 p = point.position, tangent = point.tangent, c = point.colour;
  const Vec3 view = normalize(Vec3{0, -.4f, 12.5f} - p), middle = f.toWorld({0, .15f, -.15f});
  Vec3 axis = middle;
  axis.y = std::min(axis.y, p.y);
  const Vec3 n = p.y > axis.y + .1f ? normalize(p - middle) : normalize(p - axis);
  float key = volume.transmittance(p, KEY_DIRECTION, jitter, .85f);
  float cool = volume.transmittance(p, COOL_RIM_DIRECTION, jitter, .5f);
  float warm = volume.transmittance(p, WARM_RIM_DIRECTION, jitter, .5f);
  float sky = volume.transmittance(p, normalize(n + Vec3{0, .5f, .2f}), jitter, .6f);
  if (!onHead) {
    key = mix(.5f, 1.f, key);
    cool *= .3f, warm *= .3f;
    sky = .8f;
  }
  const float onBody = onHead ? softShadow(f, p + n * .05f, KEY_DIRECTION, 6, 12) : 1;
  key *= mix(.35f, 1.f, onBody);
  Vec3 out = c * (ambientLight(n) * (.25f + 1.1f * sky) +
                  KEY_COLOUR * (fibreDiffuse(tangent, n, KEY_DIRECTION) * key * 1.25f) +
                  FILL_COLOUR * (fibreDiffuse(tangent, n, FILL_DIRECTION) * sky * 1.1f) +
                  COOL_RIM_COLOUR * (fibreDiffuse(tangent, n, COOL_RIM_DIRECTION) * cool * .9f) +
                  WARM_RIM_COLOUR * (fibreDiffuse(tangent, n, WARM_RIM_DIRECTION) * warm * .5f));
  if (!onHead) return out;
  const Vec3 white{1, 1, 1};
  const float shift = (jitter - .5f) * .12f, rim = f.persona.hairRim, shine = f.persona.hairShine;
  const float facing = saturate(dot(n, KEY_DIRECTION) * 1.2f + .15f);
  const Vec3 gloss = mix(white * (.5f * rim), c * 6, .45f);
  auto lobe = [&](Vec3 light, float tilt, float sharpness) {
    return fibreHighlight(tangent, n, light, view, tilt + shift, sharpness);
  };
  out += KEY_COLOUR * gloss * (.24f * shine * lobe(KEY_DIRECTION, -.06f, 80) * key * facing);
  out += KEY_COLOUR * c * (1.1f * shine * lobe(KEY_DIRECTION, .12f, 22) * key * facing);
  out += COOL_RIM_COLOUR * (c * 1.8f + white * (.09f * rim)) *
         (lobe(COOL_RIM_DIRECTION, -.05f, 26) * cool * saturate(dot(n, COOL_RIM_DIRECTION) + .4f) * 1.5f);
  out += WARM_RIM_COLOUR * (c * 1.5f + white * (.05f * rim)) *
         (lobe(WARM_RIM_DIRECTION, -.05f, 26) * warm * saturate(dot(n, WARM_RIM_DIRECTION) + .35f) * .6f);
  return out + FILL_COLOUR * c * (.9f * lobe(FILL_DIRECTION, .05f, 30) * sky);
}

void lightStrands(const Figure &f, const HairVolume &volume, std::vector<Strand> &strands, bool onHead) {
#pragma omp parallel for schedule(dynamic, 64)
  for (size_t i = 0; i < strands.size(); i++) {
    Strand &strand = strands[i];
    const int last = static_cast<int>(strand.size()) - 1,
              step = last >= 45 ? 3 : 1; // light every third point of long hair
    const float jitter = hashUnit(static_cast<int>(i) * 131);
    int previous = -1;
    for (int k = 0; k <= last; k = k < last ? std::min(k + step, last) : last + 1) {
      strand[k].colour = litColour(f, volume, strand[k], jitter, onHead);
      for (int between = previous + 1; previous >= 0 && between < k; between++)
        strand[between].colour =
            mix(strand[previous].colour, strand[k].colour, static_cast<float>(between - previous) / (k - previous));
      previous = k;
    }
  }
}

} // namespace rig
