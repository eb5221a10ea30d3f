/** One call over one bad line, and what it was like for the learner. */
import { SOUND_RATE_HZ, type FarEvent } from '../../../tests/network/far-events.ts';
import type { Heard, LinePlace } from '../../../tests/network/line-call.ts';
import type { Line, SpokenLine } from '../../../tests/network/speaking-avatar.ts';
import { heardSpeech } from './heard-speech.ts';

export interface TrialOptions {
  place: LinePlace;
  lines: readonly Line[];
  adaptive: boolean;
  /** Told to the line, one after the other, when the call is well under way. */
  commands: readonly string[];
  /** From the last command on. */
  watchMs: number;
}

export interface Trial {
  connected: boolean;
  /** Samples of sound made up, as a share of those played, over the time watched. */
  concealedShare: number | null;
  /** Voiced stretches of speech found again in what was heard, and how many were looked for. */
  heardShare: number | null;
  stretches: number;
  /** Speech heard whole or in part, for a recogniser. */
  speech: { text: string; samples: Int16Array }[];
  picturesPerSecond: number;
  longestStillMs: number;
  /** From the end of a stall until pictures follow each other again; null without a stall or without recovery. */
  recoveredAfterMs: number | null;
  /** The rung at the end; 0 without adaptive quality. */
  rung: number;
  rungs: readonly number[];
}

/** The call finds its ground: connected, key frame sent, jitter buffers filled. */
const WARM_UP_MS = 6_000;
/** Sound on its way: the sink's, the encoder's, the line's, the jitter buffer's. */
const LATEST_MS = 1_500;
/** Two pictures this close are a picture that moves; the last rung shows five a second. */
const MOVES_MS = 300;
/** A burst of held pictures is no recovery: they keep following each other for so long. */
const STEADY_MS = 1_500;

export async function runTrial(options: TrialOptions): Promise<Trial> {
  const { place, lines, adaptive, commands, watchMs } = options;
  const call = await place.call({ adaptive });
  let heard: Heard;
  let fromMs = 0;
  let stallEndsMs: number | undefined;
  try {
    call.avatar.speak(lines);
    await wait(WARM_UP_MS);
    for (const command of commands) {
      await place.line.tell(command);
      fromMs = epochMs();
      const stall = /^stall (\d+)$/.exec(command);
      stallEndsMs = stall === null ? stallEndsMs : fromMs + Number(stall[1]);
    }
    await wait(watchMs);
  } finally {
    heard = await call.end();
  }
  const toMs = fromMs + watchMs;
  const speech = speechHeard(heard, call.avatar.spoken, stallEndsMs ?? fromMs, toMs);
  const stretches = sum(speech.map(({ stretches }) => stretches));
  const pictures = heard.pictures.map(({ atMs }) => atMs);
  const watched = pictures.filter((atMs) => atMs >= fromMs && atMs < toMs);
  const edges = [fromMs, ...watched, toMs];
  const rungs = call.avatar.steps.map(({ decision }) => decision.rung);
  return {
    connected: heard.connected && call.avatar.failed === undefined,
    concealedShare: concealedShare(heard.events, fromMs, toMs),
    heardShare: stretches === 0 ? null : sum(speech.map(({ found }) => found)) / stretches,
    stretches,
    speech,
    picturesPerSecond: (watched.length * 1_000) / watchMs,
    longestStillMs: Math.max(...edges.slice(1).map((atMs, index) => atMs - edges[index]!)),
    recoveredAfterMs: stallEndsMs === undefined ? null : recovery(pictures, stallEndsMs),
    rung: rungs.at(-1) ?? 0,
    rungs,
  };
}

/** Lines that began and ended while the line was watched; during a stall nothing can be heard. */
function speechHeard(heard: Heard, spoken: readonly SpokenLine[], fromMs: number, toMs: number) {
  return spoken.flatMap(({ line, atMs }) => {
    const known = joined(line.chunks.map(({ samples }) => samples));
    const lengthMs = (known.length * 1_000) / SOUND_RATE_HZ;
    if (atMs < fromMs || atMs + lengthMs + LATEST_MS > toMs) {
      return [];
    }
    const from = sampleAt(heard, atMs);
    const latest = (LATEST_MS * SOUND_RATE_HZ) / 1_000;
    return [
      {
        text: line.text,
        samples: heard.samples.slice(from, from + known.length + latest),
        ...heardSpeech(heard.samples, known, SOUND_RATE_HZ, from, from + latest),
      },
    ];
  });
}

/** The sample that came at that moment, or next. */
function sampleAt({ soundAtMs, samples }: Heard, atMs: number): number {
  const frame = soundAtMs.findIndex((cameAtMs) => cameAtMs >= atMs);
  return frame < 0 ? samples.length : (frame * SOUND_RATE_HZ) / 100;
}

function concealedShare(events: readonly FarEvent[], fromMs: number, toMs: number): number | null {
  const seconds = events.filter(
    (event) => event.type === 'second' && event.atMs >= fromMs && event.atMs <= toMs,
  ) as Extract<FarEvent, { type: 'second' }>[];
  const [first, last] = [seconds[0]?.counters, seconds.at(-1)?.counters];
  if (first === undefined || last === undefined) {
    return null;
  }
  const played = last.playedSamples - first.playedSamples;
  return played <= 0 ? null : (last.concealedSamples - first.concealedSamples) / played;
}

/** The first picture after the stall from which on pictures keep following each other. */
function recovery(picturesAtMs: readonly number[], endsMs: number): number | null {
  const after = picturesAtMs.filter((atMs) => atMs >= endsMs);
  const back = after.findIndex((fromMs, index) => {
    const next = after.slice(index).filter((atMs) => atMs <= fromMs + STEADY_MS + MOVES_MS);
    const reaches = next.at(-1)! >= fromMs + STEADY_MS;
    return reaches && next.every((atMs, at) => at === 0 || atMs - next[at - 1]! <= MOVES_MS);
  });
  return back < 0 ? null : after[back]! - endsMs;
}

function joined(parts: readonly Int16Array[]): Int16Array {
  const whole = new Int16Array(sum(parts.map(({ length }) => length)));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

function epochMs(): number {
  return performance.timeOrigin + performance.now();
}

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
