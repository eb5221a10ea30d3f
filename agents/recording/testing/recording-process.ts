/**
 * A process that records a made-up call in real time until it is killed, and tells after each frame of sound how far it
 * has come: every sample of both voices is known, so that what is on disk can be compared with what was said.
 *
 *     node --import tsx agents/recording/testing/recording-process.ts ROOT [KEY]
 */
import { systemClock } from '#media/clock.ts';
import { NEUTRAL_POSE } from '#media/face/pose.ts';
import { FRAME_MS } from '#media/playout/playout.ts';
import { writeSync } from 'node:fs';
import { parseRecordingKey } from '#agents/dispatch/recording/sealed-file.ts';
import { countedFrame } from './killed-recording.ts';
import {
  AVATAR_RATE_HZ,
  FlashFace,
  LEARNER_RATE_HZ,
  openTestRecorder,
  takesAll,
} from './recorded-call.ts';

const PICTURE_MS = 40;
const AHEAD_MS = 40;
const [root = '', key] = process.argv.slice(2);
const recorder = await openTestRecorder({
  root,
  clock: systemClock,
  key: key === undefined ? undefined : parseRecordingKey(key),
});
const face = recorder.watchFace(new FlashFace());
const frame = new Uint8Array((face.widthPx * face.heightPx * 3) / 2);
const startedMs = systemClock.nowMs();
let frames = 0;
const sink = recorder.watchSink({
  ...takesAll(0),
  // What a room holds ahead, which bridges late timers.
  get audioQueuedMs() {
    return Math.max(0, AHEAD_MS + frames * FRAME_MS - (systemClock.nowMs() - startedMs));
  },
});

async function play(): Promise<void> {
  // Late timers make up for lost frames, as a room's sound source does.
  while (frames * FRAME_MS <= systemClock.nowMs() - startedMs) {
    await sink.writeAudio(countedFrame(frames, AVATAR_RATE_HZ));
    recorder.learnerSound(countedFrame(frames, LEARNER_RATE_HZ));
    if ((frames * FRAME_MS) % PICTURE_MS === 0) {
      face.render(NEUTRAL_POSE, frame);
      sink.writeVideo(frame, BigInt(frames * FRAME_MS) * 1_000n);
    }
    frames += 1;
    if (frames % 100 === 0) {
      recorder.turn({ speaker: 'avatar', text: 'Hello.', typed: false, interrupted: false });
    }
    // Synchronous: what was handed over is known even if the next instruction is the last.
    writeSync(1, `${String(frames)}\n`);
  }
  systemClock.after(FRAME_MS, () => void play());
}

recorder.begin();
recorder.learnerStreamOpened();
await play();
