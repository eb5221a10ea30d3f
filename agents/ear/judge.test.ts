import { FakeClock } from '#media/testing/fake-clock.ts';
import { describe, expect, it } from 'vitest';
import { asksYesOrNo, judgeTurns } from './judge.ts';
import { HOP_MS } from './listener.ts';

function scene(options: { inPause?: boolean; murmurs?: string[] } = {}) {
  const clock = new FakeClock();
  const shown: string[] = [];
  const judge = judgeTurns({
    clock,
    model: undefined,
    hearing: 'basic',
    murmurs: options.murmurs ?? ['mm-hm', 'okay'],
    inPause: () => options.inPause ?? true,
    onReact: (reaction) => shown.push(reaction),
    onMurmur: (murmur) => shown.push(`murmur:${murmur}`),
    onPrepare: () => undefined,
    onTurnOver: () => shown.push('over'),
  });
  const hops = (ms: number, voiced: boolean): void => {
    for (let index = 0; index < ms / HOP_MS; index += 1) {
      clock.advance(HOP_MS);
      judge.hear(
        { samples: new Int16Array(512), speechProbability: voiced ? 1 : 0, atMs: 0 },
        voiced,
      );
    }
  };
  return { clock, judge, shown, hops };
}

describe('the judge', () => {
  it('reacts, murmurs, and then says that the turn is over', () => {
    const { hops, shown } = scene();
    hops(3_000, true);
    hops(2_000, false);
    expect(shown).toEqual(['nod', 'murmur:mm-hm', 'over']);
  });

  it('shows nothing while it is not the learner’s silence', () => {
    const { hops, shown } = scene({ inPause: false });
    hops(3_000, true);
    hops(2_000, false);
    expect(shown).toEqual(['over']);
  });

  it('breathes instead of murmuring where the scenario allows no words', () => {
    const { hops, shown } = scene({ murmurs: [] });
    hops(3_000, true);
    hops(2_000, false);
    expect(shown).toContain('murmur:breath');
  });

  it('takes nothing back when the learner goes on, and varies its face', () => {
    const { hops, shown } = scene();
    hops(3_000, true);
    hops(128, false);
    hops(1_000, true);
    hops(128, false);
    hops(1_000, true);
    expect(shown).toEqual(['nod', 'breath']);
  });
});

describe('a yes/no question', () => {
  it.each([
    ['Two weeks, okay. Did you tell the team?', true],
    ['So, are you sure?', true],
    ['And what did they say?', false],
    ['Did you. I see.', false],
    ['', false],
  ])('%s', (text, expected) => {
    expect(asksYesOrNo(text)).toBe(expected);
  });
});
