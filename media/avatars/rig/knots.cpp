#include "knots.h"
#include "eyes.h"
#include "head.h"
#include "mouth.h"

namespace rig {

static Vec3 projected(const Figure &f, const Camera &camera, Vec3 head) { return camera.project(f.toWorld(head)); }

static void append(std::vector<float> &out, float x, const std::vector<float> &rows) {
  out.push_back(x);
  out.insert(out.end(), rows.begin(), rows.end());
}

static constexpr float CHEEK_X = .365f;

std::vector<float> mouthKnots(const Figure &f, const Camera &camera, const Window &window) {
  const MouthGeometry &m = f.mouth;
  const Pose atRest;
  const MouthGeometry rest = mouthGeometry(atRest, f.persona);
  const float top = window.y, bottom = window.y + window.height, left = window.x, right = window.x + window.width;
  const float chinY = -.925f * f.persona.chinLength - .11f;
  auto column = [&](float x, float jaw) { // x in head space; jaw 0..1 is how much of the chin's motion reaches here
    const float a = std::fabs(x);
    const LipCurves c = lipCurves(f, a);
    const float z = lipDepth(f, a), drop = m.jawDrop * jaw;
    const float onFace = .80f - .9f * a * a;
    return std::vector<float>{top,
                              projected(f, camera, {x, -.44f, .84f - a * a}).y,
                              projected(f, camera, {x, c.innerUpper + 1.86f * c.upperRadius, z}).y,
                              projected(f, camera, {x, c.innerUpper, z}).y,
                              projected(f, camera, {x, c.innerLower, z}).y,
                              projected(f, camera, {x, c.innerLower - 1.86f * c.lowerRadius, z}).y,
                              projected(f, camera, {x, -.82f - drop, onFace - .28f * drop}).y,
                              projected(f, camera, {x, chinY - drop, onFace - .1f - .28f * drop}).y,
                              bottom};
  };
  std::vector<float> out;
  auto cheek = [&](int side) { // between the mouth's corner and the window's edge
    const float edge = side < 0 ? left : right;
    const Vec3 corner =
        projected(f, camera, {side * m.halfWidth, m.centreY + m.cornerLift * 1.2f, lipDepth(f, m.halfWidth)});
    const Vec3 restCorner =
        projected(f, camera, {side * rest.halfWidth, rest.centreY + rest.cornerLift * 1.2f, .74f});
    const std::vector<float> rows = column(side * .34f, .75f), still = column(side * .50f, 0);
    auto flat = [&](float y, const std::vector<float> &like) {
      return std::vector<float>{top, like[1], y, y, y, y, like[6], like[7], bottom};
    };
    // The cheek's column stands still, beyond the widest smile: jaw and neck must not follow the mouth's corners.
    const float x = projected(f, camera, {side * CHEEK_X, rest.centreY, .66f}).x;
    if (side < 0) append(out, edge, flat(restCorner.y, still));
    append(out, x, flat(mix(corner.y, restCorner.y, .6f), rows));
    if (side > 0) append(out, edge, flat(restCorner.y, still));
  };
  cheek(-1);
  for (int i = 0; i < 9; i++) {
    const float s = (i - 4) / 4.f, x = s * m.halfWidth;
    const Vec3 p = projected(f, camera, {x, m.centreY, lipDepth(f, std::fabs(x))});
    append(out, p.x, column(x, 1));
  }
  cheek(1);
  return out;
}

std::vector<float> eyeKnots(const Figure &f, const Camera &camera, const Window &window, int side) {
  const float top = window.y, bottom = window.y + window.height;
  auto onLid = [&](float x, float y) {
    const float z = std::sqrt(std::max(0.f, EYEBALL_RADIUS * EYEBALL_RADIUS - x * x - y * y));
    return projected(f, camera, {side * (EYE_CENTRE.x + x), y, EYE_CENTRE.z + z});
  };
  std::vector<float> out, last;
  for (int i = 0; i < 9; i++) {
    const float u = side * (i - 4) / 4.f, x = u * f.persona.eyeHalfWidth; // picture order, left to right
    const LidEdges lid = lidEdges(f, x);
    const Vec3 upper = onLid(x, lid.upper), lower = onLid(x, lid.lower);
    last = {top, upper.y, std::max(lower.y, upper.y), bottom};
    if (i == 0) append(out, window.x, last);
    append(out, (upper.x + lower.x) * .5f, last);
  }
  append(out, window.x + window.width, last);
  return out;
}

std::vector<float> browLine(const Figure &f, const Camera &camera, int side) {
  std::vector<float> out;
  for (int i = 0; i < 9; i++) {
    const float u = i / 8.f;
    Vec3 on{side * mix(.105f, .535f, u), browHeight(f, u), .8f};
    findSkin(f, {on.x, on.y, 1.3f}, {0, 0, -1}, on);
    const Vec3 p = projected(f, camera, on);
    out.insert(out.end(), {p.x, p.y});
  }
  return out;
}

std::vector<float> facePoint(const Figure &f, const Camera &camera, Vec3 head) {
  const Vec3 p = projected(f, camera, head);
  return {p.x, p.y, camera.unitsPerPixel};
}

} // namespace rig
