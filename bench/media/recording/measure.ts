/**
 * Recordings: what a killed job loses, how well the composed call meets, and what recording costs while the call runs.
 * Jobs are real processes killed with SIGKILL at moments drawn from a seeded generator; every other one encrypts.
 */
import { compose } from '#agents/recording/compose.ts';
import { flashAndTone } from '#agents/recording/testing/flash-and-tone.ts';
import { killRecording, type KilledRecording } from '#agents/recording/testing/killed-recording.ts';
import {
  AVATAR_RATE_HZ,
  LEARNER_RATE_HZ,
  recordScript,
  TEST_SESSION,
  toneFrame,
} from '#agents/recording/testing/recorded-call.ts';
import { loadFace } from '#media/face/load-face.ts';
import { Random } from '#media/performer/random.ts';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { show, type SectionResult } from '../report.ts';

const KILLS = 24;
const QUICK_KILLS = 4;
const SHORTEST_MS = 300;
const LONGEST_MS = 4_000;
const KEY = Buffer.alloc(32, 11);
/** Of a call that is recorded as fast as the machine can, for the cost. */
const COSTED_MS = 60_000;

/** Throws an Error where a killed recording cannot be played, saying which. */
export async function measureRecording(quick: boolean): Promise<SectionResult> {
  const folder = await mkdtemp(join(tmpdir(), 'understudy-bench-recording-'));
  try {
    const killed = await killAll(folder, quick ? QUICK_KILLS : KILLS);
    const faults = killed.flatMap(({ fault }) => fault ?? []);
    if (faults.length > 0) {
      throw new Error(`${String(faults.length)} killed recordings do not play: ${faults[0] ?? ''}`);
    }
    const lost = killed.map(({ lostMs }) => lostMs);
    const max = Math.max(...lost);
    const { skewMs, captionMs, learnerMs } = await flashAndTone(join(folder, 'marks'));
    const worst = (values: readonly number[]): number => Math.max(...values.map(Math.abs));
    const cost = await costOf(join(folder, 'cost'), quick ? COSTED_MS / 6 : COSTED_MS);
    return {
      figures: { recordingLostMs: { max } },
      rows: [
        {
          figure: 'recording lost when killed, max',
          reach: '≤ 1000 ms, always playable',
          measured: `${show(max)} ms, all ${String(killed.length)} play`,
          n: `${String(killed.length)} kills`,
        },
        {
          figure: 'composed: picture | caption | learner against sound, worst',
          reach: '≤ 40 ms',
          measured: `${show(worst(skewMs))} | ${show(worst(captionMs))} | ${show(worst(learnerMs))} ms`,
          n: `${String(skewMs.length)} marks`,
        },
        {
          figure: 'recording, cores while the call runs',
          reach: '–',
          measured: show(cost.cores, 4),
          n: `${show(cost.lengthS)} s of call`,
        },
        {
          figure: 'composing afterwards, seconds a second of call',
          reach: '–',
          measured: show(cost.composing, 2),
          n: `${show(cost.lengthS)} s of call`,
        },
      ],
      detail: { lostMs: lost, toldMs: killed.map(({ toldMs }) => toldMs), skewMs, captionMs },
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function killAll(folder: string, kills: number): Promise<KilledRecording[]> {
  const random = new Random(2_026);
  const killed: KilledRecording[] = [];
  for (let number = 0; number < kills; number += 1) {
    killed.push(
      await killRecording({
        root: join(folder, `kill-${String(number)}`),
        afterMs: random.between(SHORTEST_MS, LONGEST_MS),
        ...(number % 2 === 1 ? { key: KEY } : {}),
      }),
    );
  }
  return killed;
}

/** Of this process: recording a call of `lengthMs` as fast as it goes, and composing it with a drawn face. */
async function costOf(
  root: string,
  lengthMs: number,
): Promise<{ cores: number; composing: number; lengthS: number }> {
  const lengthS = lengthMs / 1_000;
  // Made before the clock runs: they stand for what the call has anyway.
  const [avatar, learner] = [AVATAR_RATE_HZ, LEARNER_RATE_HZ].map((rateHz) =>
    Array.from({ length: 100 }, (_, index) => toneFrame(index * 10, rateHz, 300, 0.3)),
  );
  const script = {
    lengthMs,
    avatar: (atMs: number) => avatar![(atMs / 10) % 100]!,
    learner: (atMs: number) => learner![(atMs / 10) % 100]!,
    jaw: (atMs: number) => Math.abs(Math.sin(atMs / 300)) / 2,
  };
  const before = process.cpuUsage();
  const recorder = await recordScript(script, { root, key: KEY });
  await recorder.close();
  const recording = process.cpuUsage(before);
  const startedMs = performance.now();
  const openFace = () => loadFace('ada');
  await compose({ root, sessionId: TEST_SESSION, key: KEY, openFace });
  return {
    cores: (recording.user + recording.system) / 1e6 / lengthS,
    composing: (performance.now() - startedMs) / 1_000 / lengthS,
    lengthS,
  };
}
