// Landmarks of mouth and eyes in picture coordinates. The run-time aligns sprites by them before it blends.
#pragma once
#include "camera.h"
#include "figure.h"
#include "picture.h"
#include <vector>

namespace rig {

/**
 * A column has one x and a stack of y, top to bottom. Mouth columns: the window's left edge, the cheek, nine across
 * the lips from corner to corner, the cheek, the right edge. Mouth rows: window top, nose base, upper lip outside and
 * inside, lower lip inside and outside, chin crease, chin, window bottom.
 */
constexpr int MOUTH_COLUMNS = 13, MOUTH_ROWS = 9;
/** Eye columns: window's left edge, nine across the lids, right edge. Rows: top, upper lid, lower lid, bottom. */
constexpr int EYE_COLUMNS = 11, EYE_ROWS = 4;

/** Columns one after the other, each as x, y0, y1, ... in pixels of the full frame. */
std::vector<float> mouthKnots(const Figure &f, const Camera &camera, const Window &window);
/** The same for the eye on the picture's left (`side` -1) or right (1). */
std::vector<float> eyeKnots(const Figure &f, const Camera &camera, const Window &window, int side);
/** Nine points (x, y) along a brow from its inner end to its tail. */
std::vector<float> browLine(const Figure &f, const Camera &camera, int side);
/** Any point of the face given in head space, as picture x and y: the bake places its windows with it. */
std::vector<float> facePoint(const Figure &f, const Camera &camera, Vec3 head);

} // namespace rig
