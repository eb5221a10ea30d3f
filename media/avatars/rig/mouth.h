// Lips, teeth and tongue in head space. `x` of the lip curves is the distance from the middle.
#pragma once
#include "figure.h"

namespace rig {

/** The lips' curves at distance `x` from the middle. */
LipCurves lipCurves(const Figure &f, float x);
void tabulateLips(Figure &f);

/** How far forward the lips lie at `x`. */
float lipDepth(const Figure &f, float x);

/** Distance to the lips; `upper` tells which lip is nearer. */
float lipsDistance(const Figure &f, Vec3 q, bool *upper = nullptr);

/** Distance to the opening's prism, seen from the front: negative inside. */
float openingDistance(const Figure &f, Vec3 q);

float teethDistance(const Figure &f, Vec3 q);
float tongueDistance(const Figure &f, Vec3 q);
/** The dark wall behind tongue and teeth. */
float throatDistance(const Figure &f, Vec3 q);

/** Edges between the upper teeth, measured from the middle: shading darkens them. */
constexpr float TOOTH_EDGES[5] = {0, .070f, .128f, .190f, .26f};

} // namespace rig
