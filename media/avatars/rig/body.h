// Neck, shoulders and clothes, in world space: the body stays where it is when the head turns.
#pragma once
#include "figure.h"
#include "head.h"

namespace rig {

/** Bare neck, shoulders and chest. */
float torsoDistance(const Figure &f, Vec3 p);

/** Unites skin `d` with torso, clothes and necklace below the chin. */
float withBody(const Figure &f, Vec3 p, float d, Part *part);

/** Signed sideways distance from the blazer's V: negative inside the opening. */
float blazerOpening(Vec3 p);
float lapelWidth(Vec3 p);

} // namespace rig
