// The lights of the studio, the film curve, and the reflection formulas that every material shares.
#pragma once
#include "vec.h"

namespace rig {

/** Directions towards the lights: a warm key, a soft fill, a cool rim and a warm rim. */
extern const Vec3 KEY_DIRECTION, FILL_DIRECTION, COOL_RIM_DIRECTION, WARM_RIM_DIRECTION;
extern const Vec3 KEY_COLOUR, FILL_COLOUR, COOL_RIM_COLOUR, WARM_RIM_COLOUR;

/** Light from the whole room, by the surface's direction. */
Vec3 ambientLight(Vec3 normal);

/** GGX highlight of a surface with roughness `roughness` and reflectance `f0` seen straight on. */
float highlight(Vec3 normal, Vec3 view, Vec3 light, float roughness, float f0);

/** How much of a soft window in direction `centre` the ray `r` sees: 0..1. */
float windowReflection(Vec3 r, Vec3 centre, float halfWidth, float halfHeight);

/** Linear light to display values 0..1, with a soft shoulder. */
Vec3 developed(Vec3 linear);

} // namespace rig
