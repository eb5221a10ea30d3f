/** Kills a process that records, looks at what is left, and says how much of the call is lost. For tests and the bench. */
import { LIVE_FOLDER, LIVE_FILES, readRecordingHeader } from '#agents/dispatch/recording/layout.ts';
import { recordingFolder } from '#agents/dispatch/recording/layout.ts';
import { systemClock } from '#media/clock.ts';
import { FRAME_MS } from '#media/playout/playout.ts';
import { readWavHead, WAV_HEAD_BYTES } from '#media/recording/wav.ts';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compose } from '../compose.ts';
import { openLiveRecording, type LiveTrack } from '../live-tracks.ts';
import { FlashFace, TEST_SESSION } from './recorded-call.ts';

const ENTRY = fileURLToPath(new URL('./recording-process.ts', import.meta.url));

export interface KilledRecording {
  /** What the process had been given when it died. */
  toldMs: number;
  /** The most that any of its tracks lacks of that. */
  lostMs: number;
  /** Every sample on disk is what was said, and the recording was composed into a call of its length. */
  playable: boolean;
  /** Why it is not. */
  fault?: string;
}

/** Samples of frame `number` of a voice: they count, so that a single one that is missing shows. */
export function countedFrame(number: number, rateHz: number): Int16Array {
  const samples = (rateHz * FRAME_MS) / 1_000;
  return new Int16Array(samples).map((_, index) => ((number * samples + index) % 30_000) + 1);
}

/** Records into `root`, which is empty, kills the process `afterMs` after its first frame, and composes what is left. */
export async function killRecording(options: {
  root: string;
  key?: Buffer;
  afterMs: number;
}): Promise<KilledRecording> {
  const { root, key, afterMs } = options;
  const child = spawn(
    process.execPath,
    ['--import', import.meta.resolve('tsx'), ENTRY, root, ...(key ? [key.toString('hex')] : [])],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  let told = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    told += text;
  });
  await once(child.stdout, 'data');
  systemClock.after(afterMs, () => child.kill('SIGKILL'));
  await once(child, 'close');
  const frames = Number(told.trimEnd().split('\n').at(-1));
  return examine({ root, key, toldMs: frames * FRAME_MS });
}

async function examine(options: {
  root: string;
  key: Buffer | undefined;
  toldMs: number;
}): Promise<KilledRecording> {
  const { root, key, toldMs } = options;
  const folder = recordingFolder(root, TEST_SESSION);
  const header = await readRecordingHeader(folder);
  if (header === undefined) {
    return { toldMs, lostMs: toldMs, playable: false, fault: 'no header' };
  }
  const live = await openLiveRecording(folder, header, key);
  const { avatar, learner, poses } = live;
  const lengths = [avatar, learner].map((track) => (track.samples * 1_000) / track.sampleRateHz);
  const shownMs = (poses.at(-1)?.atMs ?? 0) + 1_000 / header.framesPerSecond;
  const lostMs = toldMs - Math.min(...lengths, shownMs);
  const faults: string[] = [];
  for (const [name, track] of Object.entries({ avatar, learner })) {
    if (!(await isCounted(track))) {
      faults.push(`${name} holds other samples`);
    }
    const path = join(folder, LIVE_FOLDER, LIVE_FILES[name as 'avatar' | 'learner']);
    if (!header.sealed && !(await isWholeWav(path))) {
      faults.push(`${name} is no WAV as it lies there`);
    }
  }
  const { lengthMs } = live;
  await live.close();
  const openFace = () => Promise.resolve(new FlashFace());
  const state = await compose({ root, sessionId: TEST_SESSION, key, openFace });
  if (state.status !== 'ready' || state.lengthMs !== lengthMs || state.files.length !== 5) {
    faults.push(`composed: ${state.status} ${state.code ?? ''}`);
  }
  return faults.length === 0
    ? { toldMs, lostMs, playable: true }
    : { toldMs, lostMs, playable: false, fault: faults.join('; ') };
}

/**
 * Whether a track counts on from its first sample, which may be a little into the call. Silence where the process was late is no fault, nor is a sample more or
 * less where the learner's sound was followed.
 */
async function isCounted(track: LiveTrack): Promise<boolean> {
  let next = 0;
  for await (const piece of track.pcm(track.samples)) {
    for (let at = 0; at < piece.length; at += 2) {
      const sample = new DataView(piece.buffer, piece.byteOffset + at, 2).getInt16(0, true);
      const ahead = (sample - next + 30_000) % 30_000;
      if (next !== 0 && sample !== 0 && ahead > 1 && ahead < 29_998) {
        return false;
      }
      next = sample === 0 ? next : (sample % 30_000) + 1;
    }
  }
  return next > 0 || track.samples === 0;
}

/** Whether a player finds all the sound that its head promises. */
async function isWholeWav(path: string): Promise<boolean> {
  const bytes = await readFile(path);
  const head = readWavHead(bytes);
  return head !== undefined && head.dataBytes <= bytes.length - WAV_HEAD_BYTES;
}
