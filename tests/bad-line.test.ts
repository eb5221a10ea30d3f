/** A call over a line that stalls for two seconds. Needs root, for a network namespace. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { whyNoBadLine } from './network/bad-line.ts';
import { LinePlace } from './network/line-call.ts';
import { prepareLines } from './network/speaking-avatar.ts';

const missing = await whyNoBadLine();
const STALL_MS = 2_000;

describe.skipIf(missing !== undefined)(
  `A line that stalls${missing === undefined ? '' : ` (skipped: ${missing})`}`,
  () => {
    let place: LinePlace;

    beforeAll(async () => {
      place = await LinePlace.make(7);
    });

    afterAll(async () => {
      await place.close();
    });

    it('does not end the call: sound and picture come back', async () => {
      const lines = await prepareLines(['We had to move the deadline by two weeks, I am afraid.']);
      const call = await place.call({ adaptive: true });
      call.avatar.speak(lines);
      await call.line.tell(`stall ${String(STALL_MS)}`);
      const endsMs = performance.timeOrigin + performance.now() + STALL_MS;
      await call.untilSeconds(endsMs, 5);
      const heard = await call.end();
      expect(heard.connected).toBe(true);
      expect(call.avatar.failed).toBeUndefined();
      expect(heard.pictures.filter(({ atMs }) => atMs > endsMs).length).toBeGreaterThan(20);
      expect(heard.soundAtMs.filter((atMs) => atMs > endsMs).length).toBeGreaterThan(200);
    });
  },
);
