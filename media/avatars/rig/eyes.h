// Eyeballs, lids and brows as curves in head space. Eye-local x grows outwards on both sides.
#pragma once
#include "figure.h"

namespace rig {

constexpr Vec3 EYE_CENTRE{.307f, 0, .497f}; // of the eye with positive x; the other is mirrored
constexpr float EYEBALL_RADIUS = .246f;

/** Heights of the two lid edges at eye-local `x`. They meet at the corners of the eye. */
LidEdges lidEdges(const Figure &f, float x);
void tabulateLids(Figure &f);

/** Height of the brow's centre line; u runs 0 (inner end) .. 1 (tail). */
float browHeight(const Figure &f, float u);

} // namespace rig
