// The head's surface in head space: skull, cheeks, nose, ears, lids and lips.
#pragma once
#include "figure.h"

namespace rig {

/** What a ray has met. */
enum class Part { skin, eye, tooth, tongue, cloth, innerCloth, gold };

/** Centre and radii of the ellipsoid on which hair is rooted. */
constexpr Vec3 SKULL_CENTRE{0, .28f, -.12f}, SKULL_RADII{.735f, .88f, .95f};

/** Where the lower jaw takes skin along: how far down (and half as far back) the jaw moves a point at rest. */
float jawShift(const Figure &f, Vec3 atRest);

float headDistance(const Figure &f, Vec3 q, Part *part = nullptr);

/** Marches from `origin` along `direction` to the head's surface; false when it misses. */
bool findSkin(const Figure &f, Vec3 origin, Vec3 direction, Vec3 &hit);

/** Outward direction of the head's surface. */
Vec3 headNormal(const Figure &f, Vec3 q);

} // namespace rig
