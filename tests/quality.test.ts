/** A learner whose page tells of a line that overflows, and of one that is good again. */
import {
  QUALITY_TOPIC,
  qualityAttributeSchema,
  type QualityAttribute,
  type SubscriberCounters,
} from '#agents/dispatch/quality.ts';
import { afterEach, beforeEach, expect, inject, it } from 'vitest';
import { Call } from './call.ts';
import { HeadlessLearner } from './headless-learner.ts';

let call: Call;
let learner: HeadlessLearner;
let stopTelling: () => void = () => undefined;

beforeEach(async () => {
  call = await Call.start(inject('pageUrl'), 'first-interview');
  learner = await HeadlessLearner.join(call.session);
});

afterEach(async () => {
  stopTelling();
  await learner.close();
  await call.end();
});

/** Reports each second, as the page does, a line that loses `lostOfTen` packets of ten. */
function tell(line: { lostOfTen: number; kbps: number }): void {
  stopTelling();
  const timer = setInterval(() => {
    counters.atMs += 1_000;
    counters.packetsReceived += 10 * (10 - line.lostOfTen);
    counters.packetsLost += 10 * line.lostOfTen;
    counters.bytesReceived += (line.kbps * 1_000) / 8;
    counters.framesDecoded += 20;
    counters.playedSamples += 48_000;
    const payload = new TextEncoder().encode(JSON.stringify(counters));
    void learner.room.localParticipant!.publishData(payload, {
      reliable: true,
      topic: QUALITY_TOPIC,
    });
  }, 1_000);
  stopTelling = () => {
    clearInterval(timer);
  };
}

const counters: SubscriberCounters = {
  ...{ atMs: 1_000, packetsReceived: 0, packetsLost: 0, bytesReceived: 0, framesDecoded: 1 },
  ...{ freezeMs: 0, concealedSamples: 0, playedSamples: 0 },
};

function quality(attributes: Record<string, string>): QualityAttribute | undefined {
  const value = attributes['understudy.quality'];
  return value === undefined ? undefined : qualityAttributeSchema.parse(JSON.parse(value));
}

it('A line that overflows gets a smaller picture, and the agent says why', async () => {
  const smaller = learner.until('picture', ({ frame }) => frame.width >= 16 && frame.width <= 424);
  await learner.untilGreeted();
  const told = learner.until('attributes', (changed) => quality(changed)?.reason === 'bandwidth');
  tell({ lostOfTen: 4, kbps: 250 });
  const [changed] = await told;
  const said = quality(changed)!;
  expect(said.rung).toBeGreaterThanOrEqual(3);
  expect(said.score).toBeLessThanOrEqual(60);
  const [{ frame }] = await smaller;
  expect(frame.width / frame.height).toBeCloseTo(848 / 480, 1);

  const better = learner.until('attributes', (now) => {
    const latest = quality(now);
    return latest !== undefined && latest.rung < said.rung;
  });
  tell({ lostOfTen: 0, kbps: 2_000 });
  await better;
});
