#include "body.h"
#include "eyes.h"
#include "light.h"
#include "mouth.h"
#include "noise.h"
#include "sdf.h"
#include "shade.h"

namespace rig {

/** Tone of bare skin: mottling, blush, freckles, the darker rings of eyes, a shaved beard. */
static Vec3 skinTone(const Figure &f, Vec3 q, float x, bool onHead) {
  const Persona &p = f.persona;
  const float patches = valueNoise(q * 5) * .6f + valueNoise(q * 14) * .4f;
  const float pores = valueNoise(q * 52) * .6f + valueNoise(q * 34) * .4f;
  Vec3 tone = p.skin * (1 + .10f * p.mottle * (patches - .5f)) * (1 - .17f * (pores - .5f));
  const float warmth = valueNoise(q * 7 + Vec3{31, 7, 2}) - .5f; // blood lies unevenly under the skin
  tone = tone * Vec3{1 + .06f * warmth * p.mottle, 1 - .05f * warmth * p.mottle, 1 - .07f * warmth * p.mottle};
  if (!onHead) return tone;
  float blush = .75f * bell(length({x - .42f, q.y + .25f, 0}), .22f) +
                .26f * bell(length(q - Vec3{0, -.34f, 1.0f}), .13f) +
                .25f * bell(length(q - Vec3{0, -.98f, .7f}), .18f) +
                .35f * ramp(.66f, .76f, x) * ramp(.35f, .2f, std::fabs(q.y + .05f));
  tone = mix(tone, tone * Vec3{1.05f, .76f, .73f}, saturate(blush * p.blush) * .60f);
  tone = tone * mix(Vec3{1, 1, 1}, Vec3{1.02f, 1.f, .93f}, ramp(.15f, .45f, q.y));
  tone = tone * mix(Vec3{1, 1, 1}, Vec3{.96f, .98f, 1.02f}, ramp(-.6f, -.9f, q.y));
  const float freckle =
      ramp(.66f, .80f, valueNoise(q * 27 + Vec3{5, 2, 9})) * bell(q.y + .22f, .16f) * ramp(.62f, .40f, x);
  tone = mix(tone, tone * Vec3{.80f, .66f, .56f}, freckle * p.freckles);
  const float socket = bell(length({(x - EYE_CENTRE.x) * .75f, q.y + .02f, 0}), .16f) * ramp(.4f, .6f, q.z);
  tone = mix(tone, tone * Vec3{.88f, .74f, .72f}, .42f * socket);
  const float stubble =
      p.beardShadow * ramp(-.42f, -.6f, q.y) * ramp(.0f, .3f, q.z) * ramp(.55f, .3f, x + .3f * (q.y + 1));
  return mix(tone, tone * Vec3{.78f, .82f, .88f}, stubble * .6f);
}

static Vec3 withEyeMakeup(const Figure &f, Vec3 tone, Vec3 q, float x) {
  const Persona &p = f.persona;
  const float u = (x - .105f) / .42f, line = browHeight(f, saturate(u));
  const float underBrow =
      bell(q.y - line, .030f * (1 - .45f * saturate(u))) * ramp(-.08f, .12f, u) * ramp(1.05f, .75f, u);
  tone = mix(tone, p.browColour * 1.3f, underBrow * p.browTint * ramp(.4f, .55f, q.z));
  const float ex = x - EYE_CENTRE.x;
  const LidEdges lid = lidEdges(f, ex);
  const float near = ramp(p.eyeHalfWidth + .022f, p.eyeHalfWidth - .012f, std::fabs(ex)) * ramp(.45f, .6f, q.z);
  tone = mix(tone, Vec3{.05f, .025f, .02f},
             near * p.eyeliner * bell(q.y - lid.upper - .004f, .014f) * ramp(-.15f, .1f, ex + .1f) * .85f);
  tone = mix(tone, tone * Vec3{.86f, .62f, .56f}, near * .55f * bell(q.y - lid.lower, .014f)); // the moist rim
  const float above = q.y - lid.upper;
  return mix(tone, tone * Vec3{.72f, .58f, .55f},
             near * p.eyeShadow * ramp(.12f, .0f, above) * (above > 0 ? 1.f : 0.f));
}

/** Lip colour, the dark line between closed lips and the wet red just inside. Returns how much of this is lip. */
static float withLips(const Figure &f, Vec3 &tone, Vec3 q, float x) {
  const MouthGeometry &m = f.mouth;
  bool upper = false;
  const float distance = lipsDistance(f, q, &upper);
  const float lip = ramp(.017f, .001f, distance) * ramp(-.0f, .03f, m.halfWidth + .012f - x);
  const float grain = .93f + .14f * valueNoise({q.x * 60, q.y * 8, 0});
  tone = mix(tone, f.persona.lip * ((upper ? .84f : 1.05f) * grain), lip * f.persona.lipOpacity);
  const LipCurves c = lipCurves(f, x);
  const float seam = (.74f - .60f * m.roundness) * ramp(.0f, .02f + .045f * m.press, m.halfWidth - x) *
                     bell(q.y - (c.innerUpper + c.innerLower) * .5f, .0068f + .003f * m.press) *
                     ramp(.016f, .006f, c.innerUpper - c.innerLower) * ramp(.6f, .7f, q.z);
  tone = tone * (1 - seam);
  const float lipFront = lipDepth(f, x) - (q.y < m.centreY ? m.jawDrop * .16f : 0);
  const float inside =
      ramp(lipFront - .015f, lipFront - .075f, q.z) * ramp(.035f, .012f, openingDistance(f, q)) *
      (m.openLower + m.openUpper > .002f ? 1.f : 0.f) *
      ramp(m.innerHalfWidth + .004f + .030f * m.roundness, m.innerHalfWidth - .02f + .026f * m.roundness, x);
  tone = mix(tone, Vec3{.14f, .025f, .025f}, inside);
  return lip;
}

void shadeSkin(const Stage &stage, const SurfacePoint &s, Sample &out) {
  const Figure &f = stage.figure;
  const Persona &p = f.persona;
  const Vec3 q = s.head, n = s.normal;
  const float x = std::fabs(q.x), shadow = s.keyShadow;
  auto wrapped = [&](float wrap) { return saturate((s.keyFacing + wrap) / (1 + wrap)); };
  // Red light wraps further around the form and bleeds into the shadow's edge.
  const Vec3 key{wrapped(.20f) * mix(shadow, std::sqrt(shadow), .45f), wrapped(.12f) * shadow,
                 wrapped(.08f) * mix(shadow, shadow * shadow, .2f)};
  out.irradiance = s.light + KEY_COLOUR * key;
  out.skin = 1;
  const bool onHead = q.y > -1.15f - f.mouth.jawDrop && s.world.z > -.6f;
  Vec3 tone = skinTone(f, q, x, onHead);
  if (onHead) {
    tone = withEyeMakeup(f, tone, q, x);
    const float lip = withLips(f, tone, q, x);
    const Vec3 at = q * 58; // pores about two pixels wide
    const Vec3 pores =
        Vec3{valueNoise(at) - .5f, valueNoise(at + Vec3{9, 3, 1}) - .5f, valueNoise(at + Vec3{4, 8, 7}) - .5f} *
        (mix(.20f, .10f, lip) * p.bump);
    const Vec3 rough = normalize(n + pores);
    const float tZone = bell(x, .28f) * ramp(-.5f, -.2f, q.y);
    const float oil = p.oil * (.42f + .40f * tZone) * (1 - lip) + lip * 1.5f, roughness = mix(.48f, .30f, lip);
    const float glints = .75f + .5f * valueNoise(q * 40 + Vec3{3, 3, 3});
    const float spec = highlight(rough, s.view, KEY_DIRECTION, roughness, .035f) * .9f +
                       highlight(rough, s.view, KEY_DIRECTION, roughness * .62f, .03f) * .30f;
    out.colour = KEY_COLOUR * (spec * shadow * oil * glints) +
                 FILL_COLOUR * (highlight(rough, s.view, FILL_DIRECTION, .44f, .035f) * 1.0f * s.occlusion);
    const float open = s.occlusion * s.occlusion * p.rimSpecular;
    out.colour +=
        COOL_RIM_COLOUR * (highlight(rough, s.view, COOL_RIM_DIRECTION, .45f, .04f) * s.coolShadow * open * .5f);
    out.colour +=
        WARM_RIM_COLOUR * (highlight(rough, s.view, WARM_RIM_DIRECTION, .45f, .04f) * s.warmShadow * open * .4f);
    const float scalp =
        saturate(stage.hair.densityAt(s.world + n * .045f) * .9f) * ramp(.35f, .6f, q.y + (q.z < .25f ? 1.f : 0));
    tone = mix(tone, p.hairColour * 1.4f, scalp * .85f);
  }
  const float grazing = std::pow(1 - saturate(dot(n, s.view)), 4.f);
  out.colour += ambientLight(n) * ((grazing * .10f + p.sheen * (.25f + grazing)) * s.occlusion * s.hairSky);
  out.reflectance = tone;
}

} // namespace rig
