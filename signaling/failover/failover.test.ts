import type { DispatchMetadata } from '#agents/dispatch/metadata.ts';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { MemoryAffinity } from '../affinity/memory-affinity.ts';
import { AffinityError, NOBODY } from '../affinity/session-affinity.ts';
import type { AgentAbsence, AgentRooms } from './agent-rooms.ts';
import { Failover } from './failover.ts';
import type { FailoverEvent } from './news.ts';
import {
  ANSWER_WITHIN_MS,
  GIVE_UP_AFTER_MS,
  GRACE_MS,
  LOSSES_A_MINUTE,
  ORPHAN_AFTER_MS,
  REPORT_AFTER_MS,
  SILENT_AFTER_MS,
  SLOW_RETRY_MS,
  TAKEN_WITHIN_MS,
  TROUBLE_RETRY_MS,
} from './times.ts';

const ID = 'lesson1';

class FakeAgentRooms implements AgentRooms {
  readonly dispatched: DispatchMetadata[] = [];
  readonly reported: (AgentAbsence | null)[] = [];
  readonly keptRooms: string[] = [];
  down = false;
  taken = false;

  isTaken(): Promise<boolean> {
    return Promise.resolve(this.taken);
  }

  replaceAgent(metadata: DispatchMetadata): Promise<void> {
    if (this.down) {
      return Promise.reject(new Error('no route to host'));
    }
    this.dispatched.push(metadata);
    return Promise.resolve();
  }

  keep(sessionId: string): Promise<void> {
    this.keptRooms.push(sessionId);
    return this.down ? Promise.reject(new Error('no route to host')) : Promise.resolve();
  }

  report(_sessionId: string, absence: AgentAbsence | null): Promise<void> {
    this.reported.push(absence);
    return Promise.resolve();
  }

  get fences(): (number | undefined)[] {
    return this.dispatched.map(({ ownership }) => ownership?.fence);
  }
}

const metadataOf = (fence: number, lostAtMs: number): DispatchMetadata => ({
  sessionId: ID,
  scenarioId: 'first-interview',
  learnerIdentity: 'learner-1',
  learnerName: 'Robin',
  reportUrl: 'http://127.0.0.1:8080/report',
  ownership: { fence, url: 'http://127.0.0.1:8080/sessions/lesson1', resume: { lostAtMs } },
});

const at = (line: string) => ({ ...NOBODY, workerId: 'w', jobId: `job of ${line}`, line });

let affinity: MemoryAffinity;
let rooms: FakeAgentRooms;
let events: FailoverEvent['what'][];
let failed: AgentAbsence[];
let hasEnded: boolean;
let failover: Failover;

function newFailover(): Failover {
  return new Failover({
    affinity,
    rooms,
    metadata: (_id, { fence, lostAtMs }) =>
      Promise.resolve(hasEnded ? undefined : metadataOf(fence, lostAtMs)),
    onFailed: (_id, absence) => {
      failed.push(absence);
      return Promise.resolve();
    },
    onEvent: ({ what }) => events.push(what),
  });
}

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

beforeEach(() => {
  vi.useFakeTimers();
  affinity = new MemoryAffinity();
  rooms = new FakeAgentRooms();
  events = [];
  failed = [];
  hasEnded = false;
  failover = newFailover();
});

afterEach(async () => {
  await failover.close();
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

describe('a job that dies', () => {
  beforeEach(async () => {
    expect(await failover.begin(ID)).toBe(1);
    expect(await failover.open(ID, 1, at('a'))).toBe(true);
  });

  it('is replaced as soon as its line has been closed for a moment, under the next number', async () => {
    const lostAtMs = Date.now();
    failover.lineClosed(ID, 'a', false);
    await pass(GRACE_MS - 1);
    expect(rooms.dispatched).toEqual([]);
    await pass(1);
    expect(rooms.dispatched).toEqual([metadataOf(2, lostAtMs)]);
    expect(await affinity.read(ID)).toMatchObject({ fence: 2, jobId: '' });
    expect(await failover.open(ID, 2, at('b'))).toBe(true);
    expect(await affinity.read(ID)).toMatchObject({ fence: 2, jobId: 'job of b' });
  });

  it('cannot come back: its number is refused, and what it delivers is not taken', async () => {
    failover.lineClosed(ID, 'a', false);
    await pass(GRACE_MS);
    expect(await failover.open(ID, 1, at('a again'))).toBe(false);
    expect(await failover.isOwner(ID, 1)).toBe(false);
    expect(await failover.isOwner(ID, 2)).toBe(true);
  });

  it('whose machine is gone closes no line: silence tells', async () => {
    await pass(SILENT_AFTER_MS - 1);
    expect(await failover.beat(ID, 'a')).toBe(true);
    await pass(SILENT_AFTER_MS - 1);
    expect(rooms.dispatched).toEqual([]);
    await pass(1);
    expect(rooms.fences).toEqual([2]);
    expect(await failover.beat(ID, 'a')).toBe(false);
  });

  it('when the session has ended is not replaced', async () => {
    hasEnded = true;
    failover.lineClosed(ID, 'a', false);
    await pass(60_000);
    expect(rooms.dispatched).toEqual([]);
    expect(await affinity.read(ID)).toBeUndefined();
  });

  it('again and again is left alone, and the room is told', async () => {
    for (let loss = 0; loss <= LOSSES_A_MINUTE; loss += 1) {
      const line = loss === 0 ? 'a' : `line ${String(loss)}`;
      if (loss > 0) {
        await failover.open(ID, loss + 1, at(line));
      }
      failover.lineClosed(ID, line, false);
      await pass(1_000);
    }
    expect(rooms.dispatched).toHaveLength(LOSSES_A_MINUTE);
    expect(rooms.reported).toEqual(['given-up']);
    expect(failed).toEqual(['given-up']);
    expect(failover.counts).toMatchObject({ replaced: LOSSES_A_MINUTE, 'given-up': 1, failed: 1 });
    expect(await affinity.read(ID)).toBeUndefined();
  });

  it('while the media server or the store is away is replaced when they are back', async () => {
    rooms.down = true;
    failover.lineClosed(ID, 'a', false);
    await pass(GRACE_MS + TROUBLE_RETRY_MS);
    rooms.down = false;
    const claim = vi.spyOn(affinity, 'claim').mockRejectedValueOnce(new AffinityError('away'));
    await pass(TROUBLE_RETRY_MS);
    claim.mockRestore();
    await pass(TROUBLE_RETRY_MS);
    expect(rooms.dispatched).toHaveLength(1);
    expect(events).toContain('trouble');
  });
});

describe('a job that lives', () => {
  it('and opens another line at once is left alone', async () => {
    await failover.begin(ID);
    await failover.open(ID, 1, at('a'));
    failover.lineClosed(ID, 'a', false);
    await pass(GRACE_MS / 2);
    expect(await failover.open(ID, 1, at('b'))).toBe(true);
    await pass(GRACE_MS * 2);
    expect(rooms.dispatched).toEqual([]);
  });

  it('is left alone when its new line goes to another signaling process', async () => {
    const other = newFailover();
    await failover.begin(ID);
    await failover.open(ID, 1, at('a'));
    failover.lineClosed(ID, 'a', false);
    expect(await other.open(ID, 1, at('b'))).toBe(true);
    await pass(GRACE_MS * 2);
    expect(rooms.dispatched).toEqual([]);
    await other.close();
  });

  it('is found again by a signaling process that was restarted, and its store emptied', async () => {
    expect(await failover.open(ID, 3, at('a'))).toBe(true);
    failover.lineClosed(ID, 'a', false);
    await pass(GRACE_MS);
    expect(rooms.fences).toEqual([4]);
  });

  it('and says that it is done is forgotten', async () => {
    await failover.begin(ID);
    await failover.open(ID, 1, at('a'));
    failover.lineClosed(ID, 'a', true);
    await pass(60_000);
    expect(rooms.dispatched).toEqual([]);
    expect(await affinity.list()).toEqual([]);
  });
});

describe('a session that is handed over', () => {
  beforeEach(async () => {
    await failover.begin(ID);
    await failover.open(ID, 1, at('a'));
  });

  it('has another agent at once, and the old one is refused', async () => {
    expect(await failover.handOver(ID, 1)).toBe(true);
    await pass(0);
    expect(rooms.fences).toEqual([2]);
    expect(await failover.beat(ID, 'a')).toBe(false);
    failover.lineClosed(ID, 'a', false);
    await pass(GRACE_MS);
    expect(rooms.fences).toEqual([2]);
    expect(events).toEqual(['handed-over', 'replaced']);
  });

  it('goes on from when its room was lost', async () => {
    await pass(3_000);
    const lostAtMs = Date.now() - 2_000;
    await failover.handOver(ID, 1, lostAtMs);
    await pass(0);
    expect(rooms.dispatched).toEqual([metadataOf(2, lostAtMs)]);
  });

  it('to another signaling process than the one that holds its line is handed over too', async () => {
    const other = newFailover();
    expect(await other.handOver(ID, 1)).toBe(true);
    await pass(0);
    expect(rooms.fences).toEqual([2]);
    await other.close();
  });

  it('has its room made again while it is live, and LiveKit there', async () => {
    expect(await failover.keepRoom(ID, 1)).toBe(true);
    expect(rooms.keptRooms).toEqual([ID]);
    rooms.down = true;
    await expect(failover.keepRoom(ID, 1)).rejects.toThrow('no route');
    hasEnded = true;
    expect(await failover.keepRoom(ID, 1)).toBe(false);
    expect(await failover.handOver(ID, 1)).toBe(false);
    expect(rooms.dispatched).toEqual([]);
  });
});

describe('a session', () => {
  it('is served while an agent has it or is looked for, whoever watches', async () => {
    const other = newFailover();
    expect(await failover.serves(ID)).toBe(false);
    await failover.begin(ID);
    expect(await failover.serves(ID)).toBe(true);
    expect(await other.serves(ID)).toBe(true);
    await failover.open(ID, 1, at('a'));
    failover.lineClosed(ID, 'a', true);
    await pass(0);
    expect(await failover.serves(ID)).toBe(false);
    expect(await other.serves(ID)).toBe(false);
    await other.close();
  });
});

describe('a dispatch', () => {
  it('that no worker takes is made again, then reported, then given up', async () => {
    await failover.begin(ID);
    await pass(TAKEN_WITHIN_MS - 1);
    expect(rooms.fences).toEqual([]);
    await pass(1);
    expect(rooms.fences).toEqual([2]);
    await pass(REPORT_AFTER_MS - TAKEN_WITHIN_MS - 1);
    expect(rooms.reported).toEqual([]);
    const quick = rooms.dispatched.length;
    expect(quick).toBe(Math.ceil(REPORT_AFTER_MS / TAKEN_WITHIN_MS) - 1);
    await pass(1);
    expect(rooms.reported).toEqual(['unanswered']);
    await pass(GIVE_UP_AFTER_MS - REPORT_AFTER_MS - 1);
    expect(rooms.dispatched.length).toBe(
      quick + Math.ceil((GIVE_UP_AFTER_MS - REPORT_AFTER_MS) / SLOW_RETRY_MS),
    );
    expect(failed).toEqual([]);
    await pass(1);
    expect(failed).toEqual(['unanswered']);
    expect(failover.counts).toMatchObject({ unanswered: 1, failed: 1 });
    const all = rooms.dispatched.length;
    await pass(120_000);
    expect(rooms.dispatched).toHaveLength(all);
    expect(rooms.reported).toEqual(['unanswered']);
  });

  it('that is answered after all takes the report back', async () => {
    await failover.begin(ID);
    await pass(REPORT_AFTER_MS);
    expect(await failover.open(ID, rooms.fences.at(-1)!, at('b'))).toBe(true);
    await pass(0);
    expect(rooms.reported).toEqual(['unanswered', null]);
  });

  it('that a worker has taken is waited for, though not for ever', async () => {
    rooms.taken = true;
    await failover.begin(ID);
    await pass(ANSWER_WITHIN_MS - 1);
    expect(rooms.dispatched).toEqual([]);
    expect(await failover.open(ID, 1, at('slow'))).toBe(true);

    failover.lineClosed(ID, 'slow', false);
    await pass(GRACE_MS + ANSWER_WITHIN_MS);
    expect(rooms.fences).toEqual([2, 3]);
  });

  it('of a session that has ended is not waited for, and leaves nothing', async () => {
    await failover.begin(ID);
    failover.ended(ID);
    await pass(60_000);
    expect(rooms.dispatched).toEqual([]);
    expect(await affinity.list()).toEqual([]);
  });

  it('that has been answered ends with its job’s line, not with the session', async () => {
    await failover.begin(ID);
    await failover.open(ID, 1, at('a'));
    failover.ended(ID);
    await pass(0);
    expect(await affinity.read(ID)).toMatchObject({ fence: 1 });
    failover.lineClosed(ID, 'a', true);
    await pass(0);
    expect(await affinity.list()).toEqual([]);
  });

  it('that is answered late loses to the one that was made meanwhile', async () => {
    await failover.begin(ID);
    await pass(TAKEN_WITHIN_MS);
    expect(await failover.open(ID, 1, at('late'))).toBe(false);
    expect(await failover.open(ID, 2, at('b'))).toBe(true);
  });
});

describe('a signaling process that dies together with its job', () => {
  it('leaves an entry that another one finds; of two that find it one acts', async () => {
    await affinity.claim(ID, 0, at('of a dead process'));
    rooms.taken = true;
    const other = newFailover();
    failover.start();
    other.start();
    await pass(ORPHAN_AFTER_MS - 1_000);
    expect(rooms.dispatched).toEqual([]);
    await pass(10_000);
    expect(rooms.fences).toEqual([2]);
    await other.close();
  });
});

it('a store that is away gives a session without failover', async () => {
  vi.spyOn(affinity, 'claim').mockRejectedValue(new AffinityError('away'));
  expect(await failover.begin(ID)).toBeUndefined();
  expect(events).toEqual(['trouble']);
});
