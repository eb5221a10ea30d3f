import { MOUTH_WEIGHTS, NEUTRAL_MOUTH } from '#media/face/pose.ts';
import type { MouthShape } from '#media/face/pose.ts';
import type { Viseme } from './viseme.ts';

/**
 * The mouth of each viseme at its clearest, as a face in a contact sheet shows it. In running speech a sound reaches
 * its shape only as far as its neighbours and its length let it. The lips of `PP` are shut (`mouthClose` 1): a renderer
 * shows no gap between them whatever the jaw does. Numbers were found by eye on the drawn personas.
 */
export const VISEME_SHAPES: Readonly<Record<Viseme, MouthShape>> = {
  sil: NEUTRAL_MOUTH,
  PP: mouth({ mouthClose: 1, mouthPress: 1, mouthPucker: 0.06 }),
  FF: mouth({ jawOpen: 0.07, mouthRollLower: 1, mouthUpperUp: 0.75, mouthStretch: 0.1 }),
  TH: mouth({
    jawOpen: 0.24,
    tongueOut: 1,
    mouthStretch: 0.1,
    mouthUpperUp: 0.3,
    mouthLowerDown: 0.25,
  }),
  DD: mouth({
    jawOpen: 0.24,
    tongueUp: 1,
    mouthLowerDown: 0.5,
    mouthUpperUp: 0.35,
    mouthStretch: 0.1,
  }),
  kk: mouth({ jawOpen: 0.38, tongueBack: 1, mouthLowerDown: 0.1, mouthUpperUp: 0.05 }),
  CH: mouth({ jawOpen: 0.05, mouthFunnel: 0.85, mouthUpperUp: 0.6, mouthLowerDown: 0.6 }),
  SS: mouth({ jawOpen: 0.02, mouthStretch: 0.75, mouthUpperUp: 0.5, mouthLowerDown: 0.8 }),
  nn: mouth({ jawOpen: 0.1, tongueUp: 1, mouthLowerDown: 0.15, mouthUpperUp: 0.3 }),
  RR: mouth({
    jawOpen: 0.15,
    mouthFunnel: 0.55,
    mouthPucker: 0.25,
    mouthLowerDown: 0.15,
    mouthUpperUp: 0.2,
    tongueBack: 0.6,
  }),
  aa: mouth({ jawOpen: 0.9, mouthUpperUp: 0.15, mouthStretch: 0.05 }),
  E: mouth({ jawOpen: 0.45, mouthStretch: 0.5, mouthUpperUp: 0.35, tongueBack: 0.3 }),
  ih: mouth({ jawOpen: 0.22, mouthStretch: 0.45, mouthUpperUp: 0.25, mouthLowerDown: 0.2 }),
  oh: mouth({ jawOpen: 0.5, mouthFunnel: 0.55, mouthPucker: 0.35 }),
  ou: mouth({ jawOpen: 0.18, mouthPucker: 1, mouthFunnel: 0.35 }),
};

/** A whole mouth from the weights that differ from rest. */
export function mouth(weights: Partial<MouthShape>): MouthShape {
  return Object.freeze({ ...NEUTRAL_MOUTH, ...weights });
}

/** How far two mouths differ: the Euclidean distance over all weights. */
export function mouthDistance(a: MouthShape, b: MouthShape): number {
  let sum = 0;
  for (const name of MOUTH_WEIGHTS) {
    sum += (a[name] - b[name]) ** 2;
  }
  return Math.sqrt(sum);
}
