// From rays to pixels: supersampled marching, light scattered under the skin, strands on top, PAM output.
#pragma once
#include "shade.h"
#include <string>
#include <vector>

namespace rig {

struct Window {
  int x = 0, y = 0, width = FRAME_WIDTH, height = FRAME_HEIGHT; // pixels of the full frame
  int samples = 1;                                              // supersampling along each side
};

class Picture {
public:
  Picture(const Stage &stage, const Window &window);

  /** Marches the figure. Flat pixels get one ray and edges samples x samples. */
  void march();
  /** Blurs irradiance under the skin, red furthest, and joins it with the skin's own colour. */
  void scatter();
  void draw(const std::vector<Strand> &strands);

  /** Writes RGBA, straight alpha, display values. */
  void writePam(const std::string &path) const;
  /** Writes depth as little-endian float32, one a pixel (nearest sample, -1e9 where nothing is). */
  void writeDepth(const std::string &path) const;

private:
  const Stage &stage;
  const Window window;
  const int width, height; // of the sample grid
  std::vector<Sample> samples;
  std::vector<float> strandDepth;

  Sample trace(float px, float py) const;
};

} // namespace rig
