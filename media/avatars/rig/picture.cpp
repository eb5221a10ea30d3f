#include "picture.h"
#include "eyes.h"
#include "light.h"
#include "noise.h"
#include <cstdio>
#include <stdexcept>

namespace rig {

static constexpr float NEAREST_Z = 1.25f, FARTHEST_Z = -1.35f;

Picture::Picture(const Stage &what, const Window &where)
    : stage(what), window(where), width(where.width * where.samples), height(where.height * where.samples),
      samples(static_cast<size_t>(width) * height), strandDepth(samples.size(), -1e9f) {}

/** Where a ray meets the nearer eyeball when lids are left out. */
static bool meetEyeball(const Figure &f, Vec3 origin, Vec3 ray, Vec3 &hit) {
  for (int side = -1; side <= 1; side += 2) {
    const Vec3 centre = f.toWorld({side * EYE_CENTRE.x, EYE_CENTRE.y, EYE_CENTRE.z}), o = origin - centre;
    const float b = dot(o, ray), c = dot(o, o) - EYEBALL_RADIUS * EYEBALL_RADIUS, disc = b * b - c;
    if (disc <= 0) continue;
    hit = origin + ray * (-b - std::sqrt(disc));
    return true;
  }
  return false;
}

Sample Picture::trace(float px, float py) const {
  const Figure &f = stage.figure;
  const Vec3 eye = stage.camera.position(), ray = stage.camera.rayThrough(px, py);
  Vec3 hit;
  if (stage.layer == Layer::eyeballs) return meetEyeball(f, eye, ray, hit) ? shadeHit(stage, hit, ray) : Sample{};
  float t = (NEAREST_Z - eye.z) / ray.z;
  const float end = (FARTHEST_Z - eye.z) / ray.z, caution = .72f / (1 + 2.2f * f.mouth.jawDrop);
  for (int i = 0; i < 190 && t < end; i++) {
    hit = eye + ray * t;
    const float d = sceneDistance(f, hit);
    if (d < .0008f) return shadeHit(stage, hit, ray);
    t += std::max(d * caution, .001f);
  }
  return {};
}

static float brightness(const Sample &s) {
  const Vec3 c = s.colour + s.irradiance * s.reflectance * s.skin;
  return .3f * c.x + .6f * c.y + .1f * c.z;
}

/** Whether two neighbouring pixels lie on one smooth surface. */
static bool alike(const Sample &a, const Sample &b) {
  if (a.part != b.part || std::fabs(a.alpha - b.alpha) > .01f) return false;
  if (a.alpha == 0) return true;
  const float la = brightness(a), lb = brightness(b);
  return std::fabs(a.depth - b.depth) < .03f && std::fabs(la - lb) < .11f * (la + lb) + .01f;
}

static Sample blend(const Sample &a, const Sample &b, float t) {
  Sample s = a;
  s.irradiance = mix(a.irradiance, b.irradiance, t);
  s.reflectance = mix(a.reflectance, b.reflectance, t);
  s.colour = mix(a.colour, b.colour, t);
  s.depth = mix(a.depth, b.depth, t);
  return s;
}

void Picture::march() {
  const int n = window.samples, w = window.width, h = window.height;
  std::vector<Sample> centres(static_cast<size_t>(w) * h);
#pragma omp parallel for schedule(dynamic, 4)
  for (int y = 0; y < h; y++)
    for (int x = 0; x < w; x++) centres[y * w + x] = trace(window.x + x + .5f, window.y + y + .5f);
  if (n == 1) {
    samples = std::move(centres);
    return;
  }
#pragma omp parallel for schedule(dynamic, 2)
  for (int y = 0; y < h; y++)
    for (int x = 0; x < w; x++) {
      const Sample &centre = centres[y * w + x];
      bool smooth = true;
      for (int dy = -1; dy <= 1 && smooth; dy++)
        for (int dx = -1; dx <= 1 && smooth; dx++)
          smooth = alike(centre, centres[clamp(y + dy, 0, h - 1) * w + static_cast<int>(clamp(x + dx, 0, w - 1))]);
      for (int j = 0; j < n; j++)
        for (int i = 0; i < n; i++) {
          const float fx = (i + .5f) / n - .5f, fy = (j + .5f) / n - .5f;
          Sample &out = samples[static_cast<size_t>(y * n + j) * width + x * n + i];
          if (!smooth) {
            out = trace(window.x + x + .5f + fx, window.y + y + .5f + fy);
            continue;
          }
          const int nx = static_cast<int>(clamp(x + (fx < 0 ? -1 : 1), 0, w - 1)),
                    ny = static_cast<int>(clamp(y + (fy < 0 ? -1 : 1), 0, h - 1));
          const Sample near = blend(centre, centres[y * w + nx], std::fabs(fx)),
                       far = blend(centres[ny * w + x], centres[ny * w + nx], std::fabs(fx));
          out = blend(near, far, std::fabs(fy));
        }
    }
}

/** Separable Gaussian over skin only, so that light does not bleed out of the figure. */
static void blurOverSkin(std::vector<float> &values, const std::vector<float> &mask, int width, int height,
                         float sigma) {
  const int reach = static_cast<int>(std::ceil(sigma * 2.5f));
  std::vector<float> kernel(reach + 1), result(values.size());
  for (int i = 0; i <= reach; i++) kernel[i] = std::exp(-.5f * i * i / (sigma * sigma));
  for (int pass = 0; pass < 2; pass++) {
#pragma omp parallel for
    for (int y = 0; y < height; y++)
      for (int x = 0; x < width; x++) {
        if (mask[y * width + x] <= 0) continue;
        float sum = 0, weight = 0;
        for (int i = -reach; i <= reach; i++) {
          const int px = pass ? x : x + i, py = pass ? y + i : y;
          if (px < 0 || py < 0 || px >= width || py >= height) continue;
          const float k = kernel[std::abs(i)] * mask[py * width + px];
          sum += k * values[py * width + px];
          weight += k;
        }
        result[y * width + x] = weight > 1e-4f ? sum / weight : 0;
      }
    values = result;
  }
}

void Picture::scatter() {
  constexpr float SIGMA_PIXELS[3] = {5.2f, 2.2f, 1.3f};
  std::vector<float> mask(samples.size()), channel(samples.size());
  for (size_t i = 0; i < samples.size(); i++) mask[i] = samples[i].skin;
  auto component = [](Vec3 &v, int c) -> float & { return c == 0 ? v.x : c == 1 ? v.y : v.z; };
  for (int c = 0; c < 3; c++) {
    for (size_t i = 0; i < samples.size(); i++) channel[i] = component(samples[i].irradiance, c);
    blurOverSkin(channel, mask, width, height, SIGMA_PIXELS[c] * window.samples);
    for (size_t i = 0; i < samples.size(); i++)
      if (mask[i] > 0) component(samples[i].colour, c) += channel[i] * component(samples[i].reflectance, c);
  }
}

struct Segment {
  float x0, y0, x1, y1, depth, depth0, depth1, order, radius, opacity;
  Vec3 colour;
};

void Picture::draw(const std::vector<Strand> &strands) {
  const float n = static_cast<float>(window.samples);
  std::vector<Segment> segments;
  for (size_t i = 0; i < strands.size(); i++) {
    const Strand &s = strands[i];
    const float layer = s.size() > 10 ? (hashUnit(static_cast<int>(i) * 17 + 3) - .5f) * .12f : 0;
    for (size_t k = 0; k + 1 < s.size(); k++) {
      const Vec3 a = stage.camera.project(s[k].position), b = stage.camera.project(s[k + 1].position);
      Segment q{(a.x - window.x) * n,
                (a.y - window.y) * n,
                (b.x - window.x) * n,
                (b.y - window.y) * n,
                (a.z + b.z) * .5f,
                a.z + layer,
                b.z + layer,
                (a.z + b.z) * .5f + layer,
                s[k].radius / stage.camera.unitsPerPixel * n,
                s[k].opacity,
                (s[k].colour + s[k + 1].colour) * .5f};
      if (std::max(q.x0, q.x1) < -4 || std::max(q.y0, q.y1) < -4 || std::min(q.x0, q.x1) > width + 4 ||
          std::min(q.y0, q.y1) > height + 4)
        continue;
      segments.push_back(q);
    }
  }
  std::sort(segments.begin(), segments.end(), [](const Segment &a, const Segment &b) { return a.order < b.order; });
  for (const Segment &q : segments) {
    const float dx = q.x1 - q.x0, dy = q.y1 - q.y0, squared = dx * dx + dy * dy + 1e-6f;
    const int reach = static_cast<int>(std::ceil(q.radius + 1));
    const int top = std::max(0, static_cast<int>(std::min(q.y0, q.y1)) - reach),
              bottom = std::min(height - 1, static_cast<int>(std::max(q.y0, q.y1)) + reach);
    const int left = std::max(0, static_cast<int>(std::min(q.x0, q.x1)) - reach),
              right = std::min(width - 1, static_cast<int>(std::max(q.x0, q.x1)) + reach);
    for (int y = top; y <= bottom; y++)
      for (int x = left; x <= right; x++) {
        const float along = ((x + .5f - q.x0) * dx + (y + .5f - q.y0) * dy) / squared;
        if (along < 0 || along > 1) continue;
        const float ex = x + .5f - q.x0 - dx * along, ey = y + .5f - q.y0 - dy * along;
        const float cover = saturate(q.radius + .5f - std::sqrt(ex * ex + ey * ey)) * std::min(1.f, q.radius * 2);
        Sample &under = samples[static_cast<size_t>(y) * width + x];
        if (cover <= 0 || q.depth < under.depth - .012f) continue;
        const float opacity = cover * q.opacity, depth = mix(q.depth0, q.depth1, along);
        float &nearest =
            strandDepth[static_cast<size_t>(y) * width + x]; // the nearest strand wins whatever the drawing order
        if (depth < nearest - .002f) continue;
        if (opacity > .35f) nearest = depth;
        under.colour = under.colour * (1 - opacity) + q.colour * opacity;
        under.alpha = under.alpha * (1 - opacity) + opacity;
      }
  }
}

void Picture::writePam(const std::string &path) const {
  const int n = window.samples, w = window.width, h = window.height;
  std::vector<unsigned char> bytes(static_cast<size_t>(w) * h * 4);
  for (int y = 0; y < h; y++)
    for (int x = 0; x < w; x++) {
      Vec3 sum;
      float alpha = 0;
      for (int j = 0; j < n; j++)
        for (int i = 0; i < n; i++) {
          const Sample &s = samples[static_cast<size_t>(y * n + j) * width + x * n + i];
          if (s.alpha <= 0) continue;
          sum += developed(s.colour * (1 / std::max(s.alpha, .02f))) * s.alpha;
          alpha += s.alpha;
        }
      const Vec3 c = alpha > 0 ? sum * (1 / alpha) : Vec3{};
      unsigned char *out = &bytes[(static_cast<size_t>(y) * w + x) * 4];
      const float channels[4] = {c.x, c.y, c.z, alpha / (n * n)};
      for (int k = 0; k < 4; k++) out[k] = static_cast<unsigned char>(255 * saturate(channels[k]) + .5f);
    }
  FILE *file = std::fopen(path.c_str(), "wb");
  if (!file) throw std::runtime_error("cannot write " + path);
  std::fprintf(file, "P7\nWIDTH %d\nHEIGHT %d\nDEPTH 4\nMAXVAL 255\nTUPLTYPE RGB_ALPHA\nENDHDR\n", w, h);
  std::fwrite(bytes.data(), 1, bytes.size(), file);
  std::fclose(file);
}

void Picture::writeDepth(const std::string &path) const {
  const int n = window.samples, w = window.width, h = window.height;
  std::vector<float> depth(static_cast<size_t>(w) * h, -1e9f);
  for (int y = 0; y < height; y++)
    for (int x = 0; x < width; x++) {
      const size_t i = static_cast<size_t>(y) * width + x;
      float &out = depth[static_cast<size_t>(y / n) * w + x / n];
      out = std::max(out, std::max(samples[i].depth, strandDepth[i]));
    }
  FILE *file = std::fopen(path.c_str(), "wb");
  if (!file) throw std::runtime_error("cannot write " + path);
  std::fwrite(depth.data(), sizeof(float), depth.size(), file);
  std::fclose(file);
}

} // namespace rig
