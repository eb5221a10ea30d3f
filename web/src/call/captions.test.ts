import { describe, expect, it } from 'vitest';
import {
  applySegment,
  dropOldest,
  NO_CAPTIONS,
  turnText,
  type CaptionSegment,
  type Captions,
} from './captions.ts';

const says = (
  speaker: 'learner' | 'avatar',
  id: string,
  text: string,
  final = false,
): CaptionSegment => ({
  speaker,
  id,
  text,
  final,
});
const after = (...segments: CaptionSegment[]): Captions =>
  segments.reduce(applySegment, NO_CAPTIONS);

describe('applySegment', () => {
  it('replaces an interim result by its growth', () => {
    const captions = after(says('learner', 'a', 'I wan'), says('learner', 'a', 'I want to', true));
    expect(turnText(captions.learner)).toBe('I want to');
  });

  it('joins segments of one turn and starts afresh after the other side', () => {
    let captions = after(says('avatar', 'a', 'Two years.'), says('avatar', 'b', 'What changed?'));
    expect(turnText(captions.avatar)).toBe('Two years. What changed?');
    captions = applySegment(captions, says('learner', 'c', 'The budget.'));
    captions = applySegment(captions, says('avatar', 'd', 'I see.'));
    expect(turnText(captions.avatar)).toBe('I see.');
    expect(turnText(captions.learner)).toBe('The budget.');
  });

  it('lets a late correction change its own segment without moving the floor back and forth', () => {
    const captions = after(
      says('learner', 'a', 'the bugdet'),
      says('avatar', 'b', 'Which one?'),
      says('learner', 'a', 'The budget.', true),
    );
    expect(turnText(captions.learner)).toBe('The budget.');
    expect(turnText(captions.avatar)).toBe('Which one?');
  });

  it('starts afresh after a turn that was spoken over, even when its last word came late', () => {
    const captions = after(
      says('avatar', 'a', 'Hello and'),
      says('learner', 'b', 'One question.', true),
      says('avatar', 'a', 'Hello and welcome,', true),
      says('avatar', 'c', 'Right.'),
    );
    expect(turnText(captions.avatar)).toBe('Right.');
  });

  it('announces finished segments only', () => {
    expect(after(says('avatar', 'a', 'Two')).announced).toBeNull();
    const captions = after(says('avatar', 'a', 'Two years.', true), says('avatar', 'b', 'What'));
    expect(captions.announced?.text).toBe('Two years.');
  });

  it('ignores an empty new segment and lets a known one become empty', () => {
    expect(after(says('avatar', 'a', '  '))).toBe(NO_CAPTIONS);
    expect(turnText(after(says('learner', 'a', 'um'), says('learner', 'a', '')).learner)).toBe('');
  });
});

describe('dropOldest', () => {
  const words = Array.from({ length: 60 }, (_, n) => `word${n}`).join(' ');

  it('leaves what fits alone', () => {
    expect(dropOldest('short enough', 40)).toBe('short enough');
  });

  it('keeps whole words and the newest ones, never more than fits', () => {
    const kept = dropOldest(words, 120);
    expect(kept.length).toBeLessThanOrEqual(120);
    expect(words.endsWith(kept)).toBe(true);
    expect(kept.startsWith('word')).toBe(true);
  });

  it('rests while words arrive: its first word changes rarely', () => {
    const starts = new Set<string>();
    for (let end = 130; end <= 190; end += 1) {
      starts.add(dropOldest(words.slice(0, end), 120).split(' ')[0] ?? '');
    }
    expect(starts.size).toBeLessThanOrEqual(3);
  });

  it('cuts a single endless word', () => {
    expect(dropOldest('x'.repeat(50), 20)).toBe('x'.repeat(20));
  });
});
