/** A recorded call of flashes and tones, composed and taken apart again: do picture, voices and captions meet? */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  LIVE_FOLDER,
  recordingFolder,
  type RecordedTurn,
} from '#agents/dispatch/recording/layout.ts';
import { brightnessOf, onsetMs, soundOf } from '#media/testing/media-probe.ts';
import { compose } from '../compose.ts';
import {
  AVATAR_RATE_HZ,
  FlashFace,
  LEARNER_RATE_HZ,
  recordScript,
  TEST_SESSION,
  toneFrame,
} from './recorded-call.ts';

const LENGTH_MS = 12_000;
const EVERY_MS = 1_000;
const MARK_MS = 200;
/** The learner's tone lies between the avatar's. */
const LEARNER_AFTER_MS = 500;
const LOUD = 0.4;
const DECODED_RATE_HZ = 48_000;
const PICTURE_MS = 40;

export interface FlashAndTone {
  /** Of each mark, in ms, against when it was: positive is late. */
  pictureMs: number[];
  avatarMs: number[];
  learnerMs: number[];
  /** Picture against the avatar's tone in the composed file. */
  skewMs: number[];
  /** Start of each caption against its tone in the composed file. */
  captionMs: number[];
}

/** `root` is empty, and stays behind. The avatar's sound starves for `starvesMs` in the middle. */
export async function flashAndTone(root: string, starvesMs = 0): Promise<FlashAndTone> {
  const on = (atMs: number): boolean => atMs >= EVERY_MS && atMs % EVERY_MS < MARK_MS;
  const starvesAtMs = LENGTH_MS / 2 + 700;
  const recorder = await recordScript(
    {
      lengthMs: LENGTH_MS,
      avatar: (atMs) => toneFrame(atMs, AVATAR_RATE_HZ, 1_000, on(atMs) ? LOUD : 0),
      learner: (atMs) =>
        toneFrame(atMs, LEARNER_RATE_HZ, 440, on(atMs - LEARNER_AFTER_MS) ? LOUD : 0),
      jaw: (atMs) => (on(atMs) ? 1 : 0),
      before: (atMs, recorded, clock) => {
        if (on(atMs) && !on(atMs - 10)) {
          recorded.avatarSpeaks(true);
        } else if (!on(atMs) && on(atMs - 10)) {
          recorded.avatarSpeaks(false);
          recorded.turn({ speaker: 'avatar', text: 'Tone', typed: false, interrupted: false });
        }
        if (atMs === starvesAtMs && starvesMs > 0) {
          clock.advance(starvesMs);
          // The learner goes on meanwhile, in silence, and is heard when the process comes back to it.
          for (let lateMs = 0; lateMs < starvesMs; lateMs += 10) {
            recorded.learnerSound(toneFrame(0, LEARNER_RATE_HZ, 440, 0));
          }
        }
      },
    },
    { root },
  );
  await recorder.close();
  const openFace = () => Promise.resolve(new FlashFace());
  await compose({ root, sessionId: TEST_SESSION, key: undefined, openFace });
  const folder = recordingFolder(root, TEST_SESSION);
  const video = join(folder, 'call.mp4');
  const face = new FlashFace();
  const pictures = await brightnessOf(video, face.widthPx, face.heightPx);
  const avatar = await soundOf(join(folder, 'avatar.wav'), DECODED_RATE_HZ);
  const learner = await soundOf(join(folder, 'learner.wav'), DECODED_RATE_HZ);
  const mixed = await soundOf(video, DECODED_RATE_HZ, 0);
  const { turns } = JSON.parse(await readFile(join(folder, 'transcript.json'), 'utf8')) as {
    turns: RecordedTurn[];
  };
  const result: FlashAndTone = {
    pictureMs: [],
    avatarMs: [],
    learnerMs: [],
    skewMs: [],
    captionMs: [],
  };
  for (let markMs = EVERY_MS, number = 0; markMs < LENGTH_MS; markMs += EVERY_MS, number += 1) {
    const wasMs = markMs > starvesAtMs ? markMs + starvesMs : markMs;
    const fromMs = wasMs - 200;
    const flashMs = flashFrom(pictures, fromMs);
    const toneMs = onsetMs(mixed, DECODED_RATE_HZ, fromMs);
    result.pictureMs.push(flashMs - wasMs);
    result.avatarMs.push(onsetMs(avatar, DECODED_RATE_HZ, fromMs) - wasMs);
    if (markMs + LEARNER_AFTER_MS < LENGTH_MS) {
      const heardMs = onsetMs(learner, DECODED_RATE_HZ, fromMs + LEARNER_AFTER_MS);
      result.learnerMs.push(heardMs - wasMs - LEARNER_AFTER_MS);
    }
    result.skewMs.push(flashMs - toneMs);
    result.captionMs.push((turns[number]?.startMs ?? Number.NaN) - toneMs);
  }
  return result;
}

/** When the picture first is bright, from `fromMs` on. */
function flashFrom(pictures: readonly Uint8Array[], fromMs: number): number {
  const first = Math.max(0, Math.round(fromMs / PICTURE_MS));
  const found = pictures.findIndex((picture, index) => index >= first && mean(picture) > 128);
  return found < 0 ? Number.NaN : found * PICTURE_MS;
}

function mean(picture: Uint8Array): number {
  return picture.reduce((sum, value) => sum + value, 0) / picture.length;
}

/** Where live files of a test's recording lie. */
export const liveFolderOf = (root: string): string =>
  join(recordingFolder(root, TEST_SESSION), LIVE_FOLDER);
