#include "mouth.h"
#include "sdf.h"

namespace rig {

static LipCurves computedLipCurves(const Figure &f, float x) {
  const MouthGeometry &m = f.mouth;
  const float u = saturate(x / m.halfWidth), span = 1 - u * u;
  const float v = x / m.innerHalfWidth, innerSpan = saturate(1 - v * v);
  LipCurves c{};
  c.closedLine = m.centreY + m.cornerLift * u * u * 1.2f - .007f * bell(u, .22f) * (1 - m.roundness) +
                 .004f * bell(u - .38f, .2f);
  const float profile = mix(.80f, .46f, std::max(m.roundness, saturate(m.jawDrop * 4.2f) * .6f));
  const float aperture = std::pow(innerSpan, profile);
  const float bow = saturate(m.openUpper * 45) * (1 - m.roundness); // the soft M of the upper lip's edge
  c.innerUpper = c.closedLine + m.openUpper * aperture -
                 bow * (.009f * bell(x, .045f) - .004f * bell(x - .10f, .05f)) * innerSpan;
  c.innerLower = c.closedLine - m.openLower * aperture;
  c.innerUpper = std::max(c.innerUpper, c.innerLower);
  const float fullness = mix(.62f, .36f, m.roundness);
  c.upperRadius = m.upperLip * (std::pow(span, fullness) * .92f + .02f) *
                  (1 - .19f * bell(x, .030f) + .10f * bell(x - .062f, .05f));
  c.lowerRadius = m.lowerLip * (std::pow(span, fullness - .04f) * .97f + .02f) * (1 - .05f * bell(x, .035f));
  return c;
}

void tabulateLips(Figure &f) {
  f.lips.from = 0, f.lips.to = .5f;
  for (int i = 0; i <= f.lips.STEPS; i++) f.lips.samples[i] = computedLipCurves(f, .5f * i / f.lips.STEPS);
}

LipCurves lipCurves(const Figure &f, float x) {
  float t;
  const int i = f.lips.before(x, t);
  const LipCurves &a = f.lips.samples[i], &b = f.lips.samples[i + 1];
  return {mix(a.closedLine, b.closedLine, t), mix(a.innerUpper, b.innerUpper, t), mix(a.innerLower, b.innerLower, t),
          mix(a.upperRadius, b.upperRadius, t), mix(a.lowerRadius, b.lowerRadius, t)};
}

float lipDepth(const Figure &f, float x) {
  const MouthGeometry &m = f.mouth;
  return .835f + m.protrusion - 1.75f * x * x * (1 + .5f * m.roundness);
}

/** Distance to an elliptic tube in the plane across the lip. */
static float tube(float dy, float dz, float ry, float rz) {
  return (std::sqrt(dy * dy / (ry * ry) + dz * dz / (rz * rz)) - 1) * std::min(ry, rz);
}

float lipsDistance(const Figure &f, Vec3 q, bool *upper) {
  if (std::fabs(q.y + .7f) > .5f || q.z < .35f) return 1;
  const MouthGeometry &m = f.mouth;
  const float x = std::fabs(q.x), beyond = std::max(0.f, x - m.halfWidth);
  const LipCurves c = lipCurves(f, x);
  const float upperZ = lipDepth(f, x) - beyond * .5f;
  const float lowerZ = upperZ - .012f - m.jawDrop * .16f - m.rollLower * .030f;
  const float upperY = c.innerUpper + c.upperRadius * .86f;
  const float lowerY = c.innerLower - c.lowerRadius * .86f + m.rollLower * .006f;
  float a =
      tube(q.y - upperY, q.z - upperZ + .015f + .35f * (q.y - upperY), c.upperRadius, c.upperRadius * 1.25f + .018f);
  float b =
      tube(q.y - lowerY, q.z - lowerZ + .012f - .25f * (q.y - lowerY), c.lowerRadius, c.lowerRadius * 1.05f + .018f);
  a = std::max(a, beyond - .004f);
  b = std::max(b, beyond - .004f);
  if (upper) *upper = a < b;
  return smoothMin(a, b, .008f + .03f * m.roundness);
}

float openingDistance(const Figure &f, Vec3 q) {
  const float x = std::fabs(q.x);
  const LipCurves c = lipCurves(f, x);
  return std::max(std::max(q.y - c.innerUpper, c.innerLower - q.y), x - f.mouth.innerHalfWidth);
}

float teethDistance(const Figure &f, Vec3 q) {
  const MouthGeometry &m = f.mouth;
  const float x = std::fabs(q.x);
  if (x > .32f || q.y < -1.1f) return std::max(x - .28f, std::max(m.centreY - .25f - m.jawDrop - q.y, .05f));
  const int i = x < TOOTH_EDGES[1] ? 0 : x < TOOTH_EDGES[2] ? 1 : x < TOOTH_EDGES[3] ? 2 : 3;
  const float middle = (TOOTH_EDGES[i] + TOOTH_EDGES[i + 1]) * .5f;
  const float half = (TOOTH_EDGES[i + 1] - TOOTH_EDGES[i]) * .5f + .0008f;
  const float z = .735f - .03f * m.roundness - .05f * m.pucker - 1.55f * x * x - (i == 1 ? .006f : 0);
  auto tooth = [&](float from, float to, float depth) {
    return roundBox({x - middle, q.y - (from + to) * .5f, q.z - depth}, {half, (to - from) * .5f, .03f}, .012f);
  };
  const float uneven = i == 1 ? .0045f : i == 2 ? .001f : 0;
  const float top = m.centreY - .022f + uneven + .010f * m.upperRaise + .010f * m.roundness + .045f * m.pucker;
  const float low = m.centreY - .030f - m.jawDrop * .86f + (i == 0 ? 0 : .003f) - .05f * m.pucker;
  float d = std::min(tooth(top, top + .13f, z), tooth(low - .12f, low, z - .03f - m.jawDrop * .2f));
  const float gum = ellipsoid(q - Vec3{0, top + .19f, .45f}, {.31f, .10f, .285f});
  return std::min(d, gum * .9f);
}

float tongueDistance(const Figure &f, Vec3 q) {
  const MouthGeometry &m = f.mouth;
  const float active = std::max(m.tongueUp, m.tongueOut);
  const float y = m.centreY - .088f - m.jawDrop * .62f + .05f * m.tongueUp + .04f * m.tongueOut + .05f * m.tongueBack;
  const Vec3 t = q - Vec3{0, y, .45f};
  float d = ellipsoid(t, {.19f, .075f, .25f}) + .012f * bell(t.x, .025f) * (1 - m.tongueOut);
  if (m.tongueBack > .01f)
    d = smoothMin(d, ellipsoid(t - Vec3{0, .05f * m.tongueBack, -.02f}, {.17f, .09f, .13f}), .06f);
  if (active > .01f) { // the blade, flat and wide: behind the upper teeth when up, over the lower teeth when out
    const float bladeY = mix(y + .02f, m.centreY - .046f - .18f * m.jawDrop + .004f * m.tongueOut, active);
    const float bladeZ = .52f + .035f * m.tongueUp + .20f * m.tongueOut;
    d = smoothMin(d, ellipsoid(q - Vec3{0, bladeY, bladeZ}, {.125f, .040f, .17f}), .05f);
  }
  return d;
}

float throatDistance(const Figure &f, Vec3 q) {
  const MouthGeometry &m = f.mouth;
  const float x = std::fabs(q.x);
  return std::max(std::max(q.z - .39f, x - .18f),
                  std::max(std::fabs(q.y - m.centreY + .06f) - .16f - .25f * m.jawDrop, .25f - q.z));
}

} // namespace rig
