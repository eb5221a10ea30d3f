#include "eyes.h"

namespace rig {

static LidEdges computedLidEdges(const Figure &f, float x) {
  const Persona &p = f.persona;
  const float u = x / p.eyeHalfWidth, span = saturate(1 - u * u);
  const float tilt = p.eyeTilt * x;
  const float squint = f.pose.squint + p.restSquint + .125f * f.mouth.smile;
  const float wide = std::max(0.f, -f.pose.blink), blink = std::max(0.f, f.pose.blink);
  // The upper lid follows the gaze: the iris never floats free of it.
  const float follow = .030f * f.pose.gazeY / .3f;
  float upper = tilt + (p.eyeUpper * (1 + .9f * wide) + follow) * std::pow(span, .62f) * (1 - .12f * u);
  float lower = tilt - p.eyeLower * std::pow(span, .85f) * (1 + .22f * u) * (1 - .45f * squint);
  const float meet = lower * .8f - .004f * span;
  // Half shut, the edge stays arched rather than cutting a straight line across the iris.
  const float arched = (upper - tilt) * mix(1.f, std::pow(span, .45f), saturate(2.4f * blink) * .8f) + tilt;
  const float lowering = .5f * blink + .5f * blink * blink;
  return {mix(arched, meet, lowering), mix(lower, meet - .002f * blink, blink * blink)};
}

void tabulateLids(Figure &f) {
  f.lids.from = -.3f, f.lids.to = .3f;
  for (int i = 0; i <= f.lids.STEPS; i++) f.lids.samples[i] = computedLidEdges(f, .6f * i / f.lids.STEPS - .3f);
}

LidEdges lidEdges(const Figure &f, float x) {
  float t;
  const int i = f.lids.before(x, t);
  const LidEdges &a = f.lids.samples[i], &b = f.lids.samples[i + 1];
  return {mix(a.upper, b.upper, t), mix(a.lower, b.lower, t)};
}

float browHeight(const Figure &f, float u) {
  const float arch = f.persona.browArch;
  return f.persona.browHeight + .052f * arch * ramp(-.1f, .68f, u) - .040f * ramp(.62f, 1.f, u);
}

} // namespace rig
