/** The section “hour”: an hour of the avatar on simulated time. */
import { percentile } from '../../turn/figures.ts';
import { show, type SectionResult } from '../report.ts';
import { simulateHour } from './simulate.ts';

const HOUR_MS = 3_600_000;

export async function measureHour(quick: boolean): Promise<SectionResult> {
  const hour = await simulateHour({ durationMs: quick ? HOUR_MS / 6 : HOUR_MS, seed: 3 });
  const { skewsMs, tones, pictureGapsMs, picturesDropped, reconnects, hiccups } = hour;
  const absolute = skewsMs.map(Math.abs);
  const within = skewsMs.filter((skewMs) => Math.abs(skewMs) <= 20).length / skewsMs.length;
  return {
    figures: {},
    rows: [
      {
        figure: 'simulated hour: skew where it leaves, ms',
        reach: '≤ 20',
        measured: `P95 of absolute ${show(percentile(absolute, 0.95), 1)}, within ±20 ms ${show(100 * within, 1)} %`,
        n: `${String(skewsMs.length)} of ${String(tones)}`,
      },
      {
        figure: 'simulated hour: late pictures dropped, none queued',
        reach: 'report',
        measured: `${String(picturesDropped)}; ${String(hiccups)} hiccups, ${String(reconnects)} reconnects`,
        n: String(pictureGapsMs.length + 1),
      },
    ],
    detail: {
      skewMs: {
        p5: percentile(skewsMs, 0.05),
        p50: percentile(skewsMs, 0.5),
        p95: percentile(skewsMs, 0.95),
        absoluteMax: Math.max(...absolute),
        within20: within,
        n: skewsMs.length,
        tones,
      },
      picturesDropped,
      hiccups,
      reconnects,
    },
  };
}
