// What one ray sees: light gathered at the surface it met.
#pragma once
#include "camera.h"
#include "scene.h"
#include "strand.h"

namespace rig {

/** Which parts a picture shows. `lids` leaves holes for the eyeballs; `eyeballs` shows them without lids. */
enum class Layer { all, lids, eyeballs };

/** Skin keeps irradiance and reflectance apart, because light scatters under the skin before it leaves. */
struct Sample {
  Vec3 irradiance, reflectance{1, 1, 1}, colour;
  float depth = -1e9f, alpha = 0, skin = 0;
  Part part = Part::skin;
};

struct Stage {
  const Figure &figure;
  const HairVolume &hair;
  Camera camera;
  Layer layer;
};

/** Everything about a hit point that the materials share. */
struct SurfacePoint {
  Vec3 world, head, normal, view, ray;
  float occlusion, keyShadow, keyFacing, fillFacing, hairSky;
  float coolShadow, warmShadow;
  Vec3 light; // ambient, fill and rims at this point, without the key
};

Sample shadeHit(const Stage &stage, Vec3 hit, Vec3 ray);

void shadeSkin(const Stage &stage, const SurfacePoint &s, Sample &out);
void shadeEye(const Stage &stage, const SurfacePoint &s, Sample &out);
void shadeMouthInside(const Stage &stage, const SurfacePoint &s, Sample &out);
void shadeCloth(const Stage &stage, const SurfacePoint &s, Sample &out);
void shadeGold(const SurfacePoint &s, Sample &out);

} // namespace rig
