// Repeatable randomness: the same number always gives the same hair and the same pore.
#pragma once
#include "vec.h"

namespace rig {

/** Hash of an integer to 0..1 (PCG output function). */
float hashUnit(int n);

/** Value noise, 0..1, features about one unit wide. */
float valueNoise(Vec3 p);

/** A stream of random numbers from one seed. */
class RandomStream {
public:
  explicit RandomStream(unsigned seed) : state(seed) {}
  /** Uniform 0..1. */
  float unit() { return hashUnit(static_cast<int>(state++)); }
  /** Bell-shaped, -1.5..1.5, standard deviation one half. */
  float spread() { return unit() + unit() + unit() - 1.5f; }
  Vec3 spread3() {
    float x = spread(), y = spread(), z = spread();
    return {x, y, z};
  }

private:
  unsigned state;
};

} // namespace rig
