/** `video_quality_score`: one number for dashboards, from what was chosen and from how much of it arrives. */
import type { SubscriberReport } from './observation.ts';

/** What each rung is worth when all of it arrives. */
const RUNG_SCORE = [100, 90, 78, 60, 45, 20] as const;

/** 0..100. A picture that stands still half of the time is worth half. */
export function qualityScore(
  rung: number,
  droppedShare: number,
  report: SubscriberReport | undefined,
): number {
  const whole = RUNG_SCORE[rung] ?? 0;
  const arriving = (1 - bounded(report?.freezeShare ?? 0)) * (1 - bounded(droppedShare));
  return Math.round(whole * arriving);
}

function bounded(share: number): number {
  return Math.min(1, Math.max(0, share));
}
