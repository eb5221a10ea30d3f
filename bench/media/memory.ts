/** Whether memory grows: four of our avatars, a process each as jobs have them, talk for a long time. */
import { listFaces } from '#media/face/load-face.ts';
import { rounded } from '../turn/figures.ts';
import { show, type SectionResult } from './report.ts';
import { slopePerHour } from './room/slope.ts';
import { RoomServer } from './room/room-server.ts';
import { conversationScript } from './room/script.ts';
import { playShow } from './room/show.ts';

const STREAMS = 4;
/** Heaps and code caches fill first. */
const WARM_UP_SHARE = 0.25;
const MINUTE_MS = 60_000;

export async function measureMemory(
  minutes: number,
  say: (line: string) => void,
): Promise<SectionResult> {
  const server = await RoomServer.start(say);
  try {
    const [face] = await listFaces();
    const samples: { atMs: number; megabytes: number }[] = [];
    let saidAtMs = 0;
    await playShow({
      server,
      script: conversationScript({ durationMs: minutes * MINUTE_MS + 2_000, seed: 9 }),
      rooms: STREAMS,
      watched: 0,
      face: face!.id,
      onUsage: (usage) => {
        const megabytes = usage.reduce((sum, { residentMb }) => sum + residentMb, 0) / STREAMS;
        const { atMs } = usage[0]!;
        samples.push({ atMs, megabytes });
        if (atMs - saidAtMs >= MINUTE_MS) {
          saidAtMs = atMs;
          say(
            `${show((atMs - samples[0]!.atMs) / MINUTE_MS)} of ${String(minutes)} min, ${show(megabytes)} MB each`,
          );
        }
      },
    });
    const settled = samples.slice(Math.floor(samples.length * WARM_UP_SHARE));
    const slope = slopePerHour(settled);
    return {
      figures: { memorySlopeMbPerHour: rounded(slope, 1) },
      rows: [
        {
          figure: `memory of a stream after warm-up, MB an hour`,
          reach: '≈ 0',
          measured: `${show(slope, 1)}; ${show(settled[0]?.megabytes ?? null)} MB to ${show(settled.at(-1)?.megabytes ?? null)} MB`,
          n: `${String(STREAMS)} streams, ${String(minutes)} min`,
        },
      ],
      detail: { samples },
    };
  } finally {
    await server.stop();
  }
}
