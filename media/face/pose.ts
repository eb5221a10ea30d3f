/** What drives a face: small vectors, the same for every kind of face (design decision 3). */

/**
 * The mouth as articulatory weights, each 0..1. Names follow ARKit's blend shapes where ARKit has one;
 * the tongue has three where ARKit has only `tongueOut`.
 */
export const MOUTH_WEIGHTS = [
  'jawOpen',
  'mouthClose',
  'mouthFunnel',
  'mouthPucker',
  'mouthStretch',
  'mouthPress',
  'mouthRollLower',
  'mouthUpperUp',
  'mouthLowerDown',
  'tongueUp',
  'tongueOut',
  'tongueBack',
] as const;
export type MouthWeight = (typeof MOUTH_WEIGHTS)[number];
export type MouthShape = Readonly<Record<MouthWeight, number>>;

export const NEUTRAL_MOUTH: MouthShape = Object.freeze({
  jawOpen: 0,
  mouthClose: 0,
  mouthFunnel: 0,
  mouthPucker: 0,
  mouthStretch: 0,
  mouthPress: 0,
  mouthRollLower: 0,
  mouthUpperUp: 0,
  mouthLowerDown: 0,
  tongueUp: 0,
  tongueOut: 0,
  tongueBack: 0,
});

/** Expressions that scenarios may ask for. */
export const EXPRESSIONS = ['neutral', 'warm', 'concerned', 'sceptical', 'pleased'] as const;
export type ExpressionName = (typeof EXPRESSIONS)[number];

/** Expression as weights: how smile, brows and lids sit. -1..1 where signed, 0..1 otherwise. */
export interface Expression {
  /** -1 a frown, 0 neutral, 1 a broad smile. */
  smile: number;
  /** -1 lowered, 1 raised. */
  browUp: number;
  /** 0..1: the inner ends of the brows rise, as in concern. */
  browInnerUp: number;
  /** 0..1: one brow higher than the other, as in doubt. */
  browAsymmetry: number;
  /** 0..1: the lids narrow. */
  squint: number;
}

export interface FacePose {
  mouth: MouthShape;
  expression: Expression;
  /** 0 open .. 1 closed; both eyes. */
  blink: number;
  /** Where the eyes look: -1..1, x positive towards the picture's right, y positive up. 0,0 is the camera. */
  gaze: { x: number; y: number };
  /** Head pose relative to rest, in degrees: yaw positive towards the picture's right, pitch positive up, roll clockwise. */
  head: { yawDeg: number; pitchDeg: number; rollDeg: number };
  /** Chest position of the breath: 0 empty .. 1 full. */
  breath: number;
}

export const NEUTRAL_EXPRESSION: Expression = Object.freeze({
  smile: 0.2,
  browUp: 0,
  browInnerUp: 0,
  browAsymmetry: 0,
  squint: 0,
});

export const NEUTRAL_POSE: FacePose = Object.freeze({
  mouth: NEUTRAL_MOUTH,
  expression: NEUTRAL_EXPRESSION,
  blink: 0,
  gaze: { x: 0, y: 0 },
  head: { yawDeg: 0, pitchDeg: 0, rollDeg: 0 },
  breath: 0,
});
