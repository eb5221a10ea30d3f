/**
 * How far lips and sound lie apart at a subscriber, in real rooms: a flash and a tone, driven as speech is, with
 * interruptions, pauses and starvation; ours and the Python peer with the same sound, one after the other.
 */
import { percentile, rounded } from '../turn/figures.ts';
import { ensureAvatarPeer } from './peer/make.ts';
import { show, type Row, type SectionResult } from './report.ts';
import type { BufferNote, Heard } from './room/order.ts';
import { RoomServer } from './room/room-server.ts';
import { conversationScript } from './room/script.ts';
import { playShow, type ShowResult } from './room/show.ts';
import { skewsOf, spreadOfSkews, type SkewSpread } from './room/skew.ts';

/** Twenty interruptions, one each half minute, and a second to begin. */
const FULL_MS = 602_000;
/** Four interruptions. */
const QUICK_MS = 122_000;
/** Jitter buffers have settled by then: a learner's first second of greeting falls into it, and is reported apart. */
const SETTLED_AFTER_MS = 10_000;
const CROWD = 3;

interface Measured {
  headless: SkewSpread;
  /** The first seconds, while the receivers' buffers settle. */
  settling: SkewSpread;
  inChromium: SkewSpread | null;
  /** By `estimatedPlayoutTimestamp` in Chromium: what the receivers themselves say; positive when the picture leads. */
  playoutInChromium: { p50: number | null; absoluteP95: number | null; n: number } | null;
  jitterBuffers: { audioMs: number | null; videoMs: number | null };
  cleared: number;
  picturesDropped: number | null;
}

export async function measureSkew(
  quick: boolean,
  say: (line: string) => void,
): Promise<SectionResult> {
  const peerPython = await ensureAvatarPeer(say);
  const server = await RoomServer.start(say);
  try {
    const alonePlays = conversationScript({ durationMs: quick ? QUICK_MS : FULL_MS, seed: 7 });
    const crowdPlays = conversationScript({ durationMs: QUICK_MS, seed: 7 });
    const play = async (who: 'ours' | 'peer', rooms: number): Promise<Measured> => {
      say(`${who}, ${String(rooms)} ${rooms === 1 ? 'room' : 'rooms'}`);
      return measuredIn(
        await playShow({
          server,
          script: rooms === 1 ? alonePlays : crowdPlays,
          rooms,
          face: 'marker',
          peerPython: who === 'peer' ? peerPython : undefined,
          browser: rooms === 1,
        }),
      );
    };
    const alone = { ours: await play('ours', 1), peer: await play('peer', 1) };
    const crowd = { ours: await play('ours', CROWD), peer: await play('peer', CROWD) };
    return {
      figures: {
        avSkewMs: { p50: alone.ours.headless.p50, p95: alone.ours.headless.absoluteP95 },
        peerAvSkewMs: { p50: alone.peer.headless.p50, p95: alone.peer.headless.absoluteP95 },
      },
      rows: [
        ...rowsOf('', alone.ours, '≤ 20'),
        ...rowsOf('peer: ', alone.peer, 'to beat'),
        ...rowsOf(`${String(CROWD)} rooms, `, crowd.ours, '≤ 20'),
        ...rowsOf(`${String(CROWD)} rooms, peer: `, crowd.peer, 'to beat'),
      ],
      detail: { alone, crowd, scriptMs: alonePlays.durationMs, crowdMs: crowdPlays.durationMs },
    };
  } finally {
    await server.stop();
  }
}

function measuredIn({ rooms, inBrowser, counters }: ShowResult): Measured {
  const notes = rooms.flatMap(({ buffers }) => buffers);
  const middle = (of: (note: BufferNote) => number | null): number | null =>
    rounded(percentile(present(notes.map(of)), 0.5));
  return {
    headless: spreadIn(rooms, settled),
    settling: spreadIn(rooms, (toneMs, firstMs) => !settled(toneMs, firstMs)),
    inChromium: inBrowser === undefined ? null : spreadIn([inBrowser], settled),
    playoutInChromium: inBrowser === undefined ? null : playoutIn(inBrowser),
    jitterBuffers: {
      audioMs: middle(({ audioMs }) => audioMs),
      videoMs: middle(({ videoMs }) => videoMs),
    },
    cleared: rooms.reduce((sum, { clearedMs }) => sum + clearedMs.length, 0),
    picturesDropped:
      counters.length === 0
        ? null
        : counters.reduce((sum, { picturesDropped }) => sum + picturesDropped, 0),
  };
}

function settled(atMs: number, firstMs: number): boolean {
  return atMs - firstMs >= SETTLED_AFTER_MS;
}

function spreadIn(
  rooms: readonly Heard[],
  counts: (toneMs: number, firstMs: number) => boolean,
): SkewSpread {
  const chosen = rooms.map((room) => {
    const firstMs = room.tonesMs[0] ?? 0;
    return { ...room, tonesMs: room.tonesMs.filter((toneMs) => counts(toneMs, firstMs)) };
  });
  return spreadOfSkews(
    chosen.flatMap(skewsOf),
    chosen.reduce((sum, { tonesMs }) => sum + tonesMs.length, 0),
  );
}

function playoutIn({ buffers, tonesMs }: Heard): Measured['playoutInChromium'] {
  const firstMs = tonesMs[0] ?? 0;
  const skews = present(
    buffers.filter(({ atMs }) => settled(atMs, firstMs)).map(({ playoutMs }) => playoutMs),
  );
  return {
    p50: rounded(percentile(skews, 0.5), 1),
    absoluteP95: rounded(percentile(skews.map(Math.abs), 0.95), 1),
    n: skews.length,
  };
}

function present(values: readonly (number | null)[]): number[] {
  return values.filter((value) => value !== null);
}

function rowsOf(name: string, measured: Measured, reach: string): Row[] {
  const row = (figure: string, spread: SkewSpread): Row => ({
    figure: `${name}skew ${figure}, ms`,
    reach,
    measured:
      `P95 of absolute ${show(spread.absoluteP95)}; P5…P95 ${show(spread.p5)}…${show(spread.p95)}, ` +
      `offset ${show(spread.p50)}, around it ±${show(spread.aroundMedianP95)}`,
    n: `${String(spread.n)}${spread.unmatched === 0 ? '' : `, ${String(spread.unmatched)} without a flash`}`,
  });
  const { headless, inChromium, playoutInChromium } = measured;
  return [
    row('headless', headless),
    ...(inChromium === null ? [] : [row('in Chromium', inChromium)]),
    ...(playoutInChromium === null
      ? []
      : [
          {
            figure: `${name}by Chromium’s own estimate, ms`,
            reach,
            measured: `P95 of absolute ${show(playoutInChromium.absoluteP95)}; median ${show(playoutInChromium.p50)}`,
            n: String(playoutInChromium.n),
          },
        ]),
  ];
}
