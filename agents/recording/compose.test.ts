import { RecordingError } from '#agents/dispatch/recording/errors.ts';
import { recordingFolder, readRecordingState } from '#agents/dispatch/recording/layout.ts';
import { readStored } from '#agents/dispatch/recording/stored-file.ts';
import { readWavHead } from '#media/recording/wav.ts';
import { probe } from '#media/testing/media-probe.ts';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { compose, type ComposeOptions } from './compose.ts';
import { ffmpegIsThere } from './testing/ffmpeg-is-there.ts';
import { flashAndTone, liveFolderOf } from './testing/flash-and-tone.ts';
import {
  AVATAR_RATE_HZ,
  FlashFace,
  LEARNER_RATE_HZ,
  recordScript,
  TEST_SESSION,
  toneFrame,
} from './testing/recorded-call.ts';

const LENGTH_MS = 2_000;
const SAID = 'Nobody else may read this.';
const KEY = Buffer.alloc(32, 5);

let root: string;
beforeEach(async () => {
  root = join(await mkdtemp(join(tmpdir(), 'understudy-compose-')), 'recordings');
});
afterEach(async () => {
  await rm(join(root, '..'), { recursive: true, force: true });
});

async function record(key?: Buffer): Promise<void> {
  const recorder = await recordScript(
    {
      lengthMs: LENGTH_MS,
      avatar: (atMs) => toneFrame(atMs, AVATAR_RATE_HZ, 700, 0.3),
      learner: (atMs) => toneFrame(atMs, LEARNER_RATE_HZ, 300, 0.3),
      jaw: () => 0.5,
      before: (atMs, recorded) => {
        if (atMs === 1_000) {
          recorded.turn({ speaker: 'learner', text: SAID, typed: true, interrupted: false });
        }
      },
    },
    { root, key },
  );
  await recorder.close();
}

const composed = (options: Partial<ComposeOptions> = {}) =>
  compose({
    root,
    sessionId: TEST_SESSION,
    key: undefined,
    openFace: () => Promise.resolve(new FlashFace()),
    ...options,
  });

describe.skipIf(!ffmpegIsThere)('A composed call', () => {
  it.each([0, 900])(
    'meets in picture, voices and captions after %i ms of hole',
    async (holeMs) => {
      const { avatarMs, learnerMs, pictureMs, skewMs, captionMs } = await flashAndTone(
        root,
        holeMs,
      );
      for (const late of [avatarMs, learnerMs, pictureMs, skewMs, captionMs]) {
        expect(late.length).toBeGreaterThan(9);
        expect(Math.max(...late.map(Math.abs))).toBeLessThanOrEqual(40);
      }
    },
    60_000,
  );

  it('has tracks of one length, tells its progress and removes what it was made from', async () => {
    await record();
    const told: number[] = [];
    const state = await composed({ onProgress: (progress) => told.push(progress) });
    expect(state).toMatchObject({ status: 'ready', complete: true, lengthMs: LENGTH_MS });
    expect(told).toEqual(told.toSorted((one, other) => one - other));
    expect(told.at(-1)).toBe(1);
    const folder = recordingFolder(root, TEST_SESSION);
    expect((await readdir(folder)).sort()).toEqual(
      [
        ...['avatar.wav', 'call.mp4', 'call.vtt', 'learner.wav'],
        ...['recording.json', 'state.json', 'transcript.json'],
      ].sort(),
    );
    for (const name of ['avatar.wav', 'learner.wav']) {
      const bytes = await readFile(join(folder, name));
      const head = readWavHead(bytes)!;
      expect(head.dataBytes).toBe(bytes.length - 44);
      expect((head.dataBytes / 2 / head.sampleRateHz) * 1_000).toBe(LENGTH_MS);
    }
    const { streams } = await probe(join(folder, 'call.mp4'));
    for (const { duration } of streams.filter(({ codec_type }) => codec_type !== 'subtitle')) {
      expect(Math.abs(Number(duration) - LENGTH_MS / 1_000)).toBeLessThan(0.05);
    }
  });

  it('is made again after a composer was killed in the middle of it', async () => {
    await record();
    const abort = new AbortController();
    const killed = composed({
      signal: abort.signal,
      onProgress: (progress) => {
        if (progress > 0.2) {
          abort.abort();
        }
      },
    });
    await expect(killed).rejects.toThrow(/abort/iu);
    const folder = recordingFolder(root, TEST_SESSION);
    expect(await readRecordingState(folder)).toBeUndefined();
    expect(await composed()).toMatchObject({ status: 'ready', lengthMs: LENGTH_MS });
  });

  it('leaves nothing in plain where there is a key, and opens with no other', async () => {
    await record(KEY);
    const everything = async (folder: string): Promise<string> => {
      const names = await readdir(folder, { recursive: true, withFileTypes: true });
      const files = names.filter((entry) => entry.isFile());
      const texts = await Promise.all(
        files.map((file) => readFile(join(file.parentPath, file.name), 'latin1')),
      );
      return texts.join('\n');
    };
    const folder = recordingFolder(root, TEST_SESSION);
    expect(await everything(folder)).not.toMatch(/Nobody else|WAVE/u);
    expect(await composed({ key: Buffer.alloc(32, 6) })).toMatchObject({
      status: 'failed',
      code: 'RECORDING_KEY_WRONG',
    });
    expect(await composed()).toMatchObject({ status: 'failed', code: 'RECORDING_KEY_MISSING' });
    expect(await composed({ key: KEY })).toMatchObject({ status: 'ready', attempts: 3 });
    expect(await everything(folder)).not.toMatch(/Nobody else|WAVE|ftyp/u);
    const options = { sealed: true, key: KEY, sessionId: TEST_SESSION };
    expect(String(await readStored(folder, 'call.vtt', options))).toContain(SAID);
    const video = join(root, 'call.mp4');
    await writeFile(video, await readStored(folder, 'call.mp4', options));
    const { streams } = await probe(video);
    expect(streams.map(({ codec_type }) => codec_type)).toEqual(['video', 'audio', 'subtitle']);
  });
});

describe('A call that cannot be composed', () => {
  it('still has its tracks and its transcript where there is no ffmpeg', async () => {
    await record();
    const state = await composed({ ffmpegPath: join(root, 'no-ffmpeg') });
    expect(state).toMatchObject({ status: 'failed', code: 'FFMPEG_MISSING' });
    expect(state.files.map(({ name }) => name)).toEqual([
      ...['learner.wav', 'avatar.wav', 'call.vtt', 'transcript.json'],
    ]);
    // What the video would be made from is kept for the next try.
    expect(await readdir(liveFolderOf(root))).toContain('poses.bin');
  });

  it('says so where there is no recording, and takes no path for an id', async () => {
    await expect(composed()).rejects.toThrow(RecordingError);
    await expect(composed({ sessionId: '../../etc/passwd' })).rejects.toThrow(RangeError);
  });
});
