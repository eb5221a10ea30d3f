#include "body.h"
#include "sdf.h"

namespace rig {

float torsoDistance(const Figure &f, Vec3 p) {
  const Persona &who = f.persona;
  const float s = who.shoulderWidth, drop = who.shoulderDrop;
  const Vec3 m{std::fabs(p.x), p.y, p.z};
  const float r = who.neckRadius;
  float neck = capsule(m, {0, -.7f, -.18f}, {0, -1.75f, -.30f}, r, r * 1.08f);
  const float tendon = capsule(m, {.33f, -.65f, -.1f}, {.07f, -1.66f, .11f}, .045f, .05f);
  neck = smoothMin(neck, tendon, .12f);
  const float slope = capsule(m, {.22f, -1.28f, -.38f}, {.95f * s, -1.86f - drop, -.36f}, .13f, .17f); // trapezius
  float torso = capsule(m, {.1f, -1.62f, -.36f}, {1.15f * s, -2.02f - drop, -.36f}, .27f, .25f);
  torso = smoothMin(torso, slope, .22f);
  torso = smoothMin(torso, length(m - Vec3{1.34f * s, -2.22f - drop, -.34f}) - .31f, .28f);
  torso = smoothMin(torso, ellipsoid(m - Vec3{0, -2.95f, -.2f}, {1.24f * s, 1.28f, .66f}), .3f);
  torso = smoothMin(torso, capsule(m, {1.44f * s, -2.3f - drop, -.32f}, {1.58f * s, -3.6f, -.2f}, .30f, .30f), .2f);
  const float collarbone = capsule(m, {.12f, -1.72f, .10f}, {.86f, -1.66f, -.2f}, .035f, .04f);
  torso = smoothMin(torso, collarbone, .12f);
  return smoothMin(neck, torso, .24f);
}

float blazerOpening(Vec3 p) { return (std::fabs(p.x) - (p.y + 2.78f) * .40f) * .93f; }

float lapelWidth(Vec3 p) { return .17f + .16f * ramp(-2.5f, -1.75f, p.y); }

/** Distance to a cone-like neckline around the neck whose radius is `radius` and which lies `height` low. */
static float neckline(const Figure &f, Vec3 p, Vec3 radii) {
  const float scale = f.persona.neckRadius / .335f;
  const float z = (p.z - .02f) * (p.z < .02f ? .7f : 1.f);
  return ellipsoid({p.x, std::min(p.y + 1.36f, 0.f), z}, {radii.x * scale, radii.y, radii.z * scale});
}

static float folds(Vec3 p) {
  const float side = p.x > 0 ? 1.f : -1.f, x = std::fabs(p.x);
  return .017f * std::sin(p.y * 9 + p.x * 7 * side + 2 * std::sin(p.x * 3)) * ramp(.5f, 1.2f, x) +
         .008f * std::sin(p.x * 11 + p.y * 5);
}

static float ring(float across, float along, float radius) {
  return std::sqrt(across * across + along * along) - radius;
}

static float blazerDistance(Vec3 p, float body, float fold, float collar) {
  const float v = blazerOpening(p), width = lapelWidth(p), x = std::fabs(p.x);
  float jacket = smoothMax(body - .075f - fold, -v, .03f);
  jacket = std::max(jacket, -(collar - .06f));
  const float notch = std::max(0.f, .05f - std::fabs((p.y + 1.93f) - .35f * (x - .5f)));
  const float across = std::fabs(v - width * .5f) - width * .5f + (v > width * .45f ? notch * 1.2f : 0);
  const float lapel = smoothMax(body - .136f - fold - .015f * saturate(v / width),
                                std::max(std::max(across, .05f - collar), p.z < -.1f ? -.1f - p.z : -1.f), .02f);
  return std::max(std::min(jacket, lapel), p.y + 1.2f);
}

/** A soft folded shirt collar: two leaves that meet under the throat. */
static float shirtCollar(Vec3 p, float body, float collar) {
  const float x = std::fabs(p.x);
  const float leaf = std::max(std::fabs(body - .075f) - .016f, std::max(collar - .20f, -collar - .01f));
  const float opening = .05f - (x - (p.y + 1.98f) * .30f); // leaves part towards the throat
  return smoothMax(leaf, std::max(opening, p.z < -.35f ? .1f : -1.f), .015f);
}

float withBody(const Figure &f, Vec3 p, float head, Part *part) {
  const float body = torsoDistance(f, p);
  float d = head;
  Part found = part ? *part : Part::skin;
  auto consider = [&](float other, Part what) {
    if (other < d) d = other, found = what;
  };
  if (body >= .6f) {
    consider(body, Part::skin);
    if (part) *part = found;
    return d;
  }
  d = found == Part::skin ? smoothMin(head, body, .12f) : std::min(head, body);
  if (body < head - .05f) found = Part::skin;

  const Garment garment = f.garment;
  const float fold = folds(p), shell = body - .03f, collar = neckline(f, p, {.49f, .40f, .62f});
  float cloth = std::max(body - .03f - fold * .4f, -collar);
  if (garment == Garment::scoop) {
    const float scoop = neckline(f, p, {.72f, .56f, .80f});
    cloth = std::min(std::max(body - .03f - fold * .6f, -scoop), ring(shell, scoop, .024f));
  } else if (garment == Garment::sweater) {
    const float rolled = std::sqrt(shell * shell * .35f + collar * collar) - .055f;
    cloth = std::min(std::max(body - .05f - fold * .8f, -collar), rolled);
  } else if (garment == Garment::shirt) {
    const float opening = (std::fabs(p.x) - (p.y + 2.02f) * .34f) * .95f;
    cloth = std::max(std::max(body - .04f - fold, -collar), p.z > -.2f ? -opening : -1.f);
    cloth = std::min(cloth, shirtCollar(p, body, collar));
  } else {
    cloth = std::min(cloth, ring(shell, collar, .030f));
  }
  cloth = smoothMax(cloth, p.y + 1.33f, .05f);
  if (f.persona.necklace > 0) {
    const float chain = neckline(f, p + Vec3{0, -.04f, 0}, {.50f, .40f, .62f});
    float thread = std::max(ring(body - .006f, chain, .011f), p.y + 1.36f);
    thread = std::min(thread,
                      std::sqrt((body - .006f) * (body - .006f) * .6f + p.x * p.x + (p.y + 1.755f) * (p.y + 1.755f)) -
                          .028f);
    consider(thread, Part::gold);
  }
  if (garment == Garment::blazer) {
    consider(cloth, Part::innerCloth);
    consider(blazerDistance(p, body, fold, collar), Part::cloth);
  } else {
    consider(cloth, Part::cloth);
  }
  if (part) *part = found;
  return d;
}

} // namespace rig
