// Small vector arithmetic and the scalar ramps that the whole rig is written in.
#pragma once
#include <algorithm>
#include <cmath>

namespace rig {

struct Vec3 {
  float x = 0, y = 0, z = 0;
};

inline Vec3 operator+(Vec3 a, Vec3 b) { return {a.x + b.x, a.y + b.y, a.z + b.z}; }
inline Vec3 operator-(Vec3 a, Vec3 b) { return {a.x - b.x, a.y - b.y, a.z - b.z}; }
inline Vec3 operator*(Vec3 a, Vec3 b) { return {a.x * b.x, a.y * b.y, a.z * b.z}; }
inline Vec3 operator*(Vec3 a, float s) { return {a.x * s, a.y * s, a.z * s}; }
inline Vec3 &operator+=(Vec3 &a, Vec3 b) { return a = a + b; }

inline float dot(Vec3 a, Vec3 b) { return a.x * b.x + a.y * b.y + a.z * b.z; }
inline Vec3 cross(Vec3 a, Vec3 b) { return {a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x}; }
inline float length(Vec3 a) { return std::sqrt(dot(a, a)); }
inline Vec3 normalize(Vec3 a) { return a * (1 / (length(a) + 1e-9f)); }

inline float clamp(float x, float lo, float hi) { return x < lo ? lo : x > hi ? hi : x; }
inline float saturate(float x) { return clamp(x, 0, 1); }
inline float mix(float a, float b, float t) { return a + (b - a) * t; }
inline Vec3 mix(Vec3 a, Vec3 b, float t) { return a + (b - a) * t; }

/** Smooth 0..1 ramp from `from` to `to`; falls when from > to. */
inline float ramp(float from, float to, float x) {
  float t = saturate((x - from) / (to - from));
  return t * t * (3 - 2 * t);
}

/** Bell curve: 1 at 0, 1/e at `width`. */
inline float bell(float x, float width) {
  float t = x / width;
  return std::exp(-t * t);
}

} // namespace rig
