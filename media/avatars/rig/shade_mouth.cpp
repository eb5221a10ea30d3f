#include "light.h"
#include "mouth.h"
#include "noise.h"
#include "shade.h"

namespace rig {

void shadeMouthInside(const Stage &stage, const SurfacePoint &s, Sample &out) {
  const Figure &f = stage.figure;
  const MouthGeometry &m = f.mouth;
  const Vec3 q = s.head;
  const float x = std::fabs(q.x), front = ramp(.42f, .80f, q.z);
  const bool tooth = out.part == Part::tooth;
  const LipCurves c = lipCurves(f, x);
  const float lipShade = ramp(-.012f, .045f, c.innerUpper - q.y) * .58f + .42f;
  Vec3 tone{.54f, .16f, .17f};
  float seen;
  if (tooth) {
    tone = q.y > m.centreY + .10f ? Vec3{.5f, .16f, .15f} : Vec3{.80f, .75f, .67f}; // gums above
    const float lowerRow = q.y < m.centreY - .1f - m.jawDrop * .3f ? .75f : 1;
    float gaps = .8f * bell(x, .004f);
    for (int i = 1; i < 4; i++) gaps += bell(x - TOOTH_EDGES[i], .0057f);
    seen = mix(.25f, 1.f, front) * lipShade * (ramp(.28f, .10f, x) * .65f + .35f) * lowerRow *
           (1 - .15f * m.roundness) * (1 - .5f * saturate(m.pucker)) * (1 - .30f * gaps);
  } else {
    tone = q.z < .42f ? Vec3{.16f, .03f, .03f} : tone * (.85f + .3f * valueNoise(q * 40));
    seen = mix(.22f, 1.f, front * front) * lipShade * .9f;
  }
  const Vec3 light = Vec3{.62f, .57f, .54f} * mix(.5f, 1.f, s.occlusion) +
                     KEY_COLOUR * ((.4f + .4f * saturate(s.keyFacing)) * mix(.6f, 1.f, s.keyShadow) * .85f) +
                     FILL_COLOUR * .5f;
  const float wet = highlight(s.normal, s.view, KEY_DIRECTION, tooth ? .22f : .34f, .045f);
  out.colour = tone * light * seen + KEY_COLOUR * (wet * seen * (.25f + .75f * s.keyShadow) * .8f);
}

} // namespace rig
