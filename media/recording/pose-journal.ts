/**
 * The picture of a call as what moved the face: one record of 200 bytes a picture, appended as it is shown. A drawn face
 * shows the same picture for the same pose, so that the video can be made after the call, from exact numbers.
 */
import { MOUTH_WEIGHTS, type FacePose, type MouthShape } from '../face/pose.ts';

/** Time, mouth, expression, blink, gaze, head, breath; each a 64-bit little-endian float. */
const NUMBERS = 1 + MOUTH_WEIGHTS.length + 5 + 1 + 2 + 3 + 1;
export const POSE_RECORD_BYTES = 8 * NUMBERS;

export interface ShownPose {
  /** On the recording's timeline; where its sound is heard. */
  atMs: number;
  pose: FacePose;
}

export function encodePose({ atMs, pose }: ShownPose): Uint8Array {
  const { mouth, expression, gaze, head } = pose;
  return new Uint8Array(
    Float64Array.from([
      atMs,
      ...MOUTH_WEIGHTS.map((name) => mouth[name]),
      expression.smile,
      expression.browUp,
      expression.browInnerUp,
      expression.browAsymmetry,
      expression.squint,
      pose.blink,
      gaze.x,
      gaze.y,
      head.yawDeg,
      head.pitchDeg,
      head.rollDeg,
      pose.breath,
    ]).buffer,
  );
}

/** All whole records of a journal. A record that was being written when its writer was killed is left out. */
export function decodePoses(journal: Uint8Array): ShownPose[] {
  const poses: ShownPose[] = [];
  for (let at = 0; at + POSE_RECORD_BYTES <= journal.length; at += POSE_RECORD_BYTES) {
    poses.push(decodePose(new DataView(journal.buffer, journal.byteOffset + at)));
  }
  return poses;
}

function decodePose(record: DataView): ShownPose {
  let next = 0;
  const take = (): number => record.getFloat64(8 * next++, true);
  const atMs = take();
  const mouth = Object.fromEntries(MOUTH_WEIGHTS.map((name) => [name, take()])) as MouthShape;
  const pose: FacePose = {
    mouth,
    expression: {
      smile: take(),
      browUp: take(),
      browInnerUp: take(),
      browAsymmetry: take(),
      squint: take(),
    },
    blink: take(),
    gaze: { x: take(), y: take() },
    head: { yawDeg: take(), pitchDeg: take(), rollDeg: take() },
    breath: take(),
  };
  return { atMs, pose };
}

/**
 * The pose of every picture of a video at a steady rate. A picture that was dropped in the call is held, as the learner
 * saw it; before the first there is the first.
 */
export function* posesAtRate(
  shown: readonly ShownPose[],
  options: { framesPerSecond: number; lengthMs: number },
): Generator<FacePose> {
  const frameMs = 1_000 / options.framesPerSecond;
  const pictures = Math.round(options.lengthMs / frameMs);
  let at = 0;
  for (let picture = 0; picture < pictures; picture += 1) {
    // The nearest: a picture is never more than half of one away from its sound.
    const untilMs = (picture + 0.5) * frameMs;
    while (at + 1 < shown.length && shown[at + 1]!.atMs < untilMs) {
      at += 1;
    }
    const pose = shown[at]?.pose;
    if (pose === undefined) {
      return;
    }
    yield pose;
  }
}
