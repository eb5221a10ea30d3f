import { describe, expect, it } from 'vitest';
import { loadFace } from '../face/load-face.ts';
import { NEUTRAL_POSE, type FacePose } from '../face/pose.ts';
import { Performer } from '../performer/performer.ts';
import {
  decodePoses,
  encodePose,
  POSE_RECORD_BYTES,
  posesAtRate,
  type ShownPose,
} from './pose-journal.ts';

function performed(pictures: number): ShownPose[] {
  const performer = new Performer({ seed: 11 });
  performer.setExpression('warm', 0);
  performer.speak(
    ['hh', 'ah', 'l', 'ow', 'm', 'ey', 'p', 'uw'].map((phoneme, index) => ({
      phoneme,
      startMs: index * 90,
      endMs: (index + 1) * 90,
    })),
    200,
  );
  return Array.from({ length: pictures }, (_, picture) => ({
    atMs: picture * 40,
    pose: performer.poseAt(picture * 40),
  }));
}

function journalOf(shown: readonly ShownPose[]): Uint8Array {
  return Buffer.concat(shown.map(encodePose));
}

describe('A journal of poses', () => {
  it('gives back what was written, to the last bit', () => {
    const shown = performed(50);
    expect(decodePoses(journalOf(shown))).toEqual(shown);
  });

  it('draws the same pictures again', async () => {
    const [before, after] = await Promise.all([loadFace('ada'), loadFace('ada')]);
    const shown = performed(30);
    const size = (before.widthPx * before.heightPx * 3) / 2;
    const [seen, again] = [new Uint8Array(size), new Uint8Array(size)];
    const first = decodePoses(journalOf(shown));
    let moved = 0;
    let previous = Buffer.alloc(size);
    for (const [index, { pose }] of shown.entries()) {
      before.render(pose, seen);
      after.render(first[index]!.pose, again);
      expect(Buffer.compare(seen, again)).toBe(0);
      moved += Buffer.compare(seen, previous) === 0 ? 0 : 1;
      previous = Buffer.from(seen);
    }
    expect(moved).toBeGreaterThan(20);
  });

  it('loses only the record at which its writer was killed', () => {
    const shown = performed(5);
    const torn = journalOf(shown).subarray(0, 5 * POSE_RECORD_BYTES - 1);
    expect(decodePoses(torn)).toEqual(shown.slice(0, 4));
  });
});

describe('A video from a journal', () => {
  const at = (atMs: number, blink: number): ShownPose => ({
    atMs,
    pose: { ...NEUTRAL_POSE, blink } satisfies FacePose,
  });
  const blinks = (shown: ShownPose[], lengthMs: number): number[] =>
    [...posesAtRate(shown, { framesPerSecond: 25, lengthMs })].map(({ blink }) => blink);

  it('holds a picture where the next was dropped, and the last to the end', () => {
    expect(blinks([at(0, 0.1), at(40, 0.2), at(160, 0.3)], 280)).toEqual([
      ...[0.1, 0.2, 0.2, 0.2],
      ...[0.3, 0.3, 0.3],
    ]);
  });

  it('takes the nearest where pictures lie between', () => {
    expect(blinks([at(-35, 0.1), at(5, 0.2), at(45, 0.3), at(85, 0.4)], 120)).toEqual([
      0.2, 0.3, 0.4,
    ]);
  });

  it('is empty without pictures', () => {
    expect(blinks([], 1_000)).toEqual([]);
  });
});
