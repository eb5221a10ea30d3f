import { FakeClock } from '#media/testing/fake-clock.ts';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { NeighbourBoard } from './neighbour-board.ts';

let folder: string;
let clock: FakeClock;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'understudy-board-'));
  clock = new FakeClock();
});

afterEach(() => rm(folder, { recursive: true, force: true }));

const session = (name: string): NeighbourBoard =>
  new NeighbourBoard({ session: name, clock, folder });

describe('The board of a machine’s sessions', () => {
  it('shows the others, once they have been seen alive, and not oneself', async () => {
    const [ours, theirs] = [session('ours'), session('theirs')];
    await ours.tell({ machineRung: 0, strained: false });
    await theirs.tell({ machineRung: 2, strained: false });
    expect(await ours.others()).toEqual([]);
    await theirs.tell({ machineRung: 2, strained: true });
    expect(await ours.others()).toEqual([{ machineRung: 2, strained: true }]);
  });

  it('forgets who no longer writes, and who has left', async () => {
    const [ours, died, left] = [session('ours'), session('died'), session('left')];
    for (const rung of [0, 1]) {
      await died.tell({ machineRung: rung, strained: false });
      await left.tell({ machineRung: rung, strained: false });
      await ours.others();
    }
    expect(await ours.others()).toHaveLength(2);
    await left.leave();
    expect(await ours.others()).toHaveLength(1);
    clock.advance(5_000);
    expect(await ours.others()).toEqual([]);
  });

  it('is not upset by what else lies there', async () => {
    await writeFile(join(folder, 'half.json'), '{"machineRung": 3,');
    await writeFile(join(folder, 'other.json'), '{"machineRung": "high"}');
    expect(await session('ours').others()).toEqual([]);
  });

  it('does without where it cannot write', async () => {
    const file = join(folder, 'file');
    await writeFile(file, '');
    const board = new NeighbourBoard({ session: 'ours', clock, folder: join(file, 'no') });
    await board.tell({ machineRung: 0, strained: false });
    expect(await board.others()).toEqual([]);
    await board.leave();
  });
});
