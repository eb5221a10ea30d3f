/** What a call left behind, read back: also of a job that was killed in the middle of it. */
import {
  ENDED_FILE,
  LIVE_FILES,
  LIVE_FOLDER,
  recordedTurnSchema,
  type RecordedTurn,
  type RecordingHeader,
} from '#agents/dispatch/recording/layout.ts';
import { openStored, readStored, type StoredFile } from '#agents/dispatch/recording/stored-file.ts';
import { decodePoses, type ShownPose } from '#media/recording/pose-journal.ts';
import { WAV_HEAD_BYTES } from '#media/recording/wav.ts';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

/** One voice, from the beginning of the recording on. */
export interface LiveTrack {
  readonly sampleRateHz: number;
  readonly samples: number;
  /** Exactly `samples` of 16-bit PCM: what is missing at its end is silence. */
  pcm(samples: number): AsyncGenerator<Uint8Array>;
  close(): Promise<void>;
}

export interface LiveRecording {
  header: RecordingHeader;
  /** Whether the job ended it, with nothing lost. */
  complete: boolean;
  lengthMs: number;
  learner: LiveTrack;
  avatar: LiveTrack;
  poses: ShownPose[];
  turns: RecordedTurn[];
  close(): Promise<void>;
}

/** Rejects with RECORDING_KEY_MISSING, RECORDING_KEY_WRONG or RECORDING_DAMAGED. The caller closes it. */
export async function openLiveRecording(
  folder: string,
  header: RecordingHeader,
  key: Buffer | undefined,
): Promise<LiveRecording> {
  const live = join(folder, LIVE_FOLDER);
  const options = { sealed: header.sealed, key, sessionId: header.sessionId };
  const poses = decodePoses(await readStored(live, LIVE_FILES.poses, options));
  const turns = readTurns((await readStored(live, LIVE_FILES.turns, options)).toString('utf8'));
  const complete = await endedWhole(live);
  const avatar = trackOf(await openStored(live, LIVE_FILES.avatar, options), header.avatarRateHz);
  const learner = trackOf(
    await openStored(live, LIVE_FILES.learner, options),
    header.learnerRateHz,
  );
  return {
    header,
    complete,
    lengthMs: (avatar.samples * 1_000) / avatar.sampleRateHz,
    learner,
    avatar,
    poses,
    turns,
    close: async () => {
      await Promise.allSettled([avatar.close(), learner.close()]);
    },
  };
}

function trackOf(file: StoredFile, sampleRateHz: number): LiveTrack {
  const samples = Math.max(0, Math.floor((file.bytes - WAV_HEAD_BYTES) / 2));
  return {
    sampleRateHz,
    samples,
    pcm: (wanted) => pcmOf(file, Math.min(samples, wanted), wanted),
    close: () => file.close(),
  };
}

async function* pcmOf(file: StoredFile, there: number, wanted: number): AsyncGenerator<Uint8Array> {
  yield* file.read(WAV_HEAD_BYTES, WAV_HEAD_BYTES + 2 * there);
  const silence = new Uint8Array(2 * SILENCE_SAMPLES);
  for (let left = wanted - there; left > 0; left -= SILENCE_SAMPLES) {
    yield silence.subarray(0, 2 * Math.min(left, SILENCE_SAMPLES));
  }
}
const SILENCE_SAMPLES = 16_384;

/** Lines that are not whole, as a killed job may leave one, are left out. */
function readTurns(lines: string): RecordedTurn[] {
  return lines.split('\n').flatMap((line) => {
    try {
      return [recordedTurnSchema.parse(JSON.parse(line))];
    } catch {
      return [];
    }
  });
}

const endedSchema = z.object({ complete: z.boolean() });

async function endedWhole(live: string): Promise<boolean> {
  try {
    const text = await readFile(join(live, ENDED_FILE), 'utf8');
    return endedSchema.parse(JSON.parse(text)).complete;
  } catch {
    return false;
  }
}
