#include "eyes.h"
#include "light.h"
#include "noise.h"
#include "shade.h"

namespace rig {

/** Reflectance of the iris at `radius` (1 = its edge) and polar angle, with pupil, fibres and dark ring. */
static Vec3 irisTone(const Persona &p, float radius, float angle, float x, float y) {
  const float c = std::cos(angle), s = std::sin(angle);
  const float fibres = .5f + .5f * (valueNoise({c * 14, s * 14, radius * 1.8f}) * .65f +
                                    valueNoise({c * 30, s * 30, radius}) * .35f - .25f);
  const float caustic =
      .55f + 1.3f * bell(length({x - .035f, y + .045f, 0}), .065f); // light gathers opposite the window
  Vec3 tone = p.iris * ((.5f + 2.4f * fibres * fibres) * caustic);
  tone = mix(tone, p.iris * Vec3{2.0f, 1.5f, .9f} * (caustic * (.5f + fibres)), .55f * bell(radius - .46f, .16f));
  tone = tone * mix(1.f, .14f, ramp(.74f, .99f, radius));
  return mix(Vec3{.004f, .004f, .004f}, tone, ramp(.36f, .42f, radius));
}

void shadeEye(const Stage &stage, const SurfacePoint &s, Sample &out) {
  const Figure &f = stage.figure;
  const Persona &p = f.persona;
  const Vec3 q = s.head;
  const float side = q.x < 0 ? -1.f : 1.f, ex = std::fabs(q.x) - EYE_CENTRE.x;
  const Vec3 centre{side * EYE_CENTRE.x, EYE_CENTRE.y, EYE_CENTRE.z}, e = q - centre;
  // At rest the eye looks into the camera; gaze adds to that.
  const Vec3 camera = normalize(f.toHead(stage.camera.position()) - centre);
  const float yaw = f.pose.gazeX + std::atan2(camera.x, camera.z) * .96f,
              pitch = f.pose.gazeY * .9f + std::asin(camera.y) * .95f;
  const Vec3 look = normalize({std::sin(yaw) * std::cos(pitch), std::sin(pitch), std::cos(yaw) * std::cos(pitch)});
  const Vec3 across = normalize({look.z, 0, -look.x}), up = cross(look, across);
  const float x = dot(e, across), y = dot(e, up), r = dot(e, look) > 0 ? std::sqrt(x * x + y * y) : 1.f;
  const float radius = r / p.irisRadius;
  const bool bare = stage.layer == Layer::eyeballs;
  const LidEdges lid = lidEdges(f, ex);
  const float upperShade = bare ? 1 : ramp(-.006f, .085f, lid.upper - q.y) * .82f + .18f;
  const float lowerShade = bare ? 1 : ramp(-.004f, .03f, q.y - lid.lower) * .25f + .75f;
  const float w = p.eyeHalfWidth, fromCorner = ramp(w + .012f, w - .08f, std::fabs(ex));
  Vec3 white = mix(Vec3{.58f, .55f, .53f}, Vec3{.56f, .34f, .29f}, .65f * ramp(w - .07f, w, std::fabs(ex)));
  white = white * mix(.62f, 1.f, fromCorner) * (.96f + .08f * valueNoise(q * 30));
  const Vec3 tone = mix(irisTone(p, radius, std::atan2(y, x), x, y), white, ramp(.92f, 1.08f, radius));
  const Vec3 n = s.normal;
  const Vec3 light = ambientLight(n) * s.hairSky +
                     KEY_COLOUR * ((.28f + .5f * saturate(s.keyFacing)) * mix(.45f, 1.f, s.keyShadow) * .72f) +
                     FILL_COLOUR * (saturate(s.fillFacing) * .7f);
  out.colour = tone * light * (upperShade * lowerShade);
  const Vec3 bulge = f.directionToWorld(across * x + up * y) * (-1.2f * ramp(1.15f, .6f, radius)); // the cornea
  const Vec3 cornea = radius < 1.15f ? normalize(n + bulge) : n, mirror = s.ray - cornea * (2 * dot(s.ray, cornea));
  const float window = windowReflection(mirror, normalize({-.30f, .30f, .90f}), .15f, .17f);
  const float lamp = windowReflection(mirror, normalize({.5f, -.05f, .8f}), .05f, .13f);
  out.colour += Vec3{3.0f, 3.1f, 3.2f} * (window * (bare ? 1.f : ramp(.0f, .03f, lid.upper - q.y))) +
                Vec3{.5f, .6f, .7f} * (lamp * .6f);
  if (!bare)
    out.colour += Vec3{.30f, .29f, .29f} *
                  (bell(q.y - lid.lower - .006f, .007f) * fromCorner * ramp(.3f, .9f, saturate(s.keyFacing + .3f)));
  out.colour += Vec3{.05f, .055f, .065f} * std::pow(1 - saturate(dot(n, s.view)), 3.f);
}

} // namespace rig
