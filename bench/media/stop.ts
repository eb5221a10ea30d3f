/** How long after an interruption a subscriber still hears the avatar: ours and the peer, on a tone that never pauses. */
import { percentile, rounded } from '../turn/figures.ts';
import { ensureAvatarPeer } from './peer/make.ts';
import { show, type SectionResult } from './report.ts';
import type { Heard } from './room/order.ts';
import { RoomServer } from './room/room-server.ts';
import { interruptionScript } from './room/script.ts';
import { playShow } from './room/show.ts';

const INTERRUPTIONS = { full: 60, quick: 12 } as const;
/** What still sounds after this long was said after the interruption. */
const LATEST_STOP_MS = 1_000;

export async function measureStop(
  quick: boolean,
  say: (line: string) => void,
): Promise<SectionResult> {
  const peerPython = await ensureAvatarPeer(say);
  const server = await RoomServer.start(say);
  try {
    const count = quick ? INTERRUPTIONS.quick : INTERRUPTIONS.full;
    const play = async (python?: string): Promise<number[]> => {
      say(python === undefined ? 'ours' : 'peer');
      const show = await playShow({
        server,
        script: interruptionScript({ count, seed: 5 }),
        rooms: 1,
        face: 'marker',
        peerPython: python,
      });
      return show.rooms.flatMap(stopsOf);
    };
    const [ours, peer] = [await play(), await play(peerPython)];
    const of = (stops: readonly number[]): { p50: number | null; p95: number | null } => ({
      p50: rounded(percentile(stops, 0.5)),
      p95: rounded(percentile(stops, 0.95)),
    });
    const row = (name: string, stops: readonly number[], reach: string) => ({
      figure: `${name}interruption to last audible sample, ms`,
      reach,
      measured: `P50 ${show(of(stops).p50)}, P95 ${show(of(stops).p95)}`,
      n: `${String(stops.length)} of ${String(count)}`,
    });
    return {
      figures: { stopMs: of(ours) },
      rows: [row('', ours, '≤ 120'), row('peer: ', peer, 'to beat')],
      detail: { ours, peer },
    };
  } finally {
    await server.stop();
  }
}

/** For each interruption, when the sound that it fell into ended, in ms after it. */
export function stopsOf({
  clearedMs,
  audible,
}: Pick<Heard, 'audible'> & { clearedMs: readonly number[] }): number[] {
  return clearedMs.flatMap((atMs) => {
    const cut = audible.find(({ startMs, endMs }) => startMs < atMs && endMs > atMs);
    return cut === undefined || cut.endMs - atMs > LATEST_STOP_MS ? [] : [cut.endMs - atMs];
  });
}
