// Hair as strands: their points, the volume that they shade, and their light.
#pragma once
#include "figure.h"
#include <vector>

namespace rig {

struct StrandPoint {
  Vec3 position; // head space while growing, world space once placed
  Vec3 tangent, colour;
  float radius, opacity;
};
using Strand = std::vector<StrandPoint>;

/** A grid of hair density in world space, for the soft shadow that hair casts on itself and the skin. */
class HairVolume {
public:
  HairVolume();
  void add(const Strand &strand, float density);
  float densityAt(Vec3 p) const;
  /** Share of light that reaches `p` from direction `light`; `jitter` 0..1 hides the steps. */
  float transmittance(Vec3 p, Vec3 light, float jitter, float strength) const;

private:
  std::vector<float> cells;
};

/** Moves strands to world space and finds their tangents. */
void placeStrands(const Figure &f, std::vector<Strand> &strands);

/** Replaces each point's own colour by its lit colour. `onHead` hair shines and shadows; brows and beards are soft.
 */
void lightStrands(const Figure &f, const HairVolume &volume, std::vector<Strand> &strands, bool onHead);

} // namespace rig
