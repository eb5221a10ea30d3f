/** A call recorded without a room: a stage that plays a script into a sink that takes everything at once. For tests. */
import { FRAME_MS } from '#media/playout/playout.ts';
import { NEUTRAL_MOUTH, NEUTRAL_POSE, type FacePose } from '#media/face/pose.ts';
import type { FaceRenderer } from '#media/ports.ts';
import { FakeClock } from '#media/testing/fake-clock.ts';
import type { AvSink } from '#media/stage/stage.ts';
import { CallRecorder, type CallRecorderOptions } from '../call-recorder.ts';

export const TEST_SESSION = 'abcdef0123456789';
export const AVATAR_RATE_HZ = 24_000;
export const LEARNER_RATE_HZ = 16_000;
/** As `VIDEO_LEAD_MS` and `LIP_DELAY_MS` make it in a call. */
export const PICTURE_DELAY_MS = 80;
const PICTURE_MS = 40;

/** A face that shows how far its jaw is open: the whole picture is as bright as that. */
export class FlashFace implements FaceRenderer {
  readonly id = 'flash';
  readonly widthPx = 64;
  readonly heightPx = 48;

  render(pose: FacePose, frame: Uint8Array): void {
    const luma = this.widthPx * this.heightPx;
    frame.fill(16 + Math.round(219 * pose.mouth.jawOpen), 0, luma);
    frame.fill(128, luma);
  }

  close(): void {
    // Holds nothing.
  }
}

/** What happens at a moment of the recording, in ms from its beginning. */
export interface TestScript {
  lengthMs: number;
  /** Samples of 10 ms, at `AVATAR_RATE_HZ`. */
  avatar: (atMs: number) => Int16Array;
  /** Samples of 10 ms, at `LEARNER_RATE_HZ`; undefined: nothing arrives. */
  learner: (atMs: number) => Int16Array | undefined;
  /** How far the mouth that goes with the sound of that moment is open. */
  jaw: (soundAtMs: number) => number;
  /** Runs before each frame of sound. */
  before?: (atMs: number, recorder: CallRecorder, clock: FakeClock) => void;
}

/** Feeds the script through a recorder as the stage and the ear do. The caller closes the recorder. */
export async function recordScript(
  script: TestScript,
  options: Partial<CallRecorderOptions> & { root: string },
): Promise<CallRecorder> {
  const clock = new FakeClock();
  const recorder = await openTestRecorder({ clock, ...options });
  // What the room holds of sound before it leaves.
  const sink = recorder.watchSink(takesAll(0));
  const face = recorder.watchFace(new FlashFace());
  const frame = new Uint8Array((face.widthPx * face.heightPx * 3) / 2);
  recorder.begin();
  recorder.learnerStreamOpened();
  for (let atMs = 0; atMs < script.lengthMs; atMs += FRAME_MS) {
    script.before?.(atMs, recorder, clock);
    await sink.writeAudio(script.avatar(atMs));
    clock.advance(FRAME_MS);
    const heard = script.learner(atMs);
    if (heard !== undefined) {
      recorder.learnerSound(heard);
    }
    if (atMs % PICTURE_MS === 0) {
      // The picture of this moment shows the mouth of the sound before, as a room wants it.
      const jawOpen = script.jaw(atMs - PICTURE_DELAY_MS);
      face.render({ ...NEUTRAL_POSE, mouth: { ...NEUTRAL_MOUTH, jawOpen } }, frame);
      sink.writeVideo(frame, BigInt(atMs) * 1_000n);
    }
  }
  return recorder;
}

export function openTestRecorder(
  options: Partial<CallRecorderOptions> & { root: string },
): Promise<CallRecorder> {
  return CallRecorder.open({
    header: {
      sessionId: TEST_SESSION,
      startedAt: '2026-01-01T10:00:00.000Z',
      face: 'flash',
      personaName: 'Ada',
      language: 'en',
      framesPerSecond: 25,
      avatarRateHz: AVATAR_RATE_HZ,
      learnerRateHz: LEARNER_RATE_HZ,
    },
    key: undefined,
    pictureDelayMs: PICTURE_DELAY_MS,
    clock: new FakeClock(),
    onStopped: (error) => {
      throw error;
    },
    ...options,
  });
}

/** A sink that is always ready. */
export const takesAll = (audioQueuedMs: number): AvSink => ({
  audioQueuedMs,
  writeAudio: () => Promise.resolve(),
  writeVideo: () => undefined,
});

/** 10 ms of a tone, of nothing where `loud` is 0. */
export function toneFrame(atMs: number, rateHz: number, hz: number, loud: number): Int16Array {
  const samples = new Int16Array((rateHz * FRAME_MS) / 1_000);
  const first = (atMs * rateHz) / 1_000;
  return samples.map((_, index) =>
    Math.round(loud * 32_767 * Math.sin((2 * Math.PI * hz * (first + index)) / rateHz)),
  );
}
