import { FakeClock } from '#media/testing/fake-clock.ts';
import { describe, expect, it } from 'vitest';
import { SilenceWatch } from './silence-watch.ts';

function watch() {
  const clock = new FakeClock();
  let nudges = 0;
  const subject = new SilenceWatch(clock, () => {
    nudges += 1;
  });
  return { clock, subject, nudges: () => nudges };
}

describe('the silence watch', () => {
  it('notices that nobody speaks, and waits longer the second time', () => {
    const { clock, subject, nudges } = watch();
    subject.avatarIs('quiet');
    clock.advance(8_900);
    expect(nudges()).toBe(0);
    clock.advance(200);
    expect(nudges()).toBe(1);
    subject.avatarIs('busy');
    subject.avatarIs('quiet');
    clock.advance(13_000);
    expect(nudges()).toBe(1);
    clock.advance(1_100);
    expect(nudges()).toBe(2);
  });

  it('is quiet while anybody speaks', () => {
    const { clock, subject, nudges } = watch();
    subject.avatarIs('quiet');
    subject.learnerIs('speaking');
    clock.advance(60_000);
    subject.learnerIs('quiet');
    subject.avatarIs('busy');
    clock.advance(60_000);
    expect(nudges()).toBe(0);
  });

  it('stays quiet once closed', () => {
    const { clock, subject, nudges } = watch();
    subject.avatarIs('quiet');
    subject.close();
    subject.avatarIs('quiet');
    clock.advance(60_000);
    expect(nudges()).toBe(0);
  });
});
