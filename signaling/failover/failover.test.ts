import type { DispatchMetadata } from '#agents/dispatch/metadata.ts';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { MemoryAffinity } from '../affinity/memory-affinity.ts';
import { AffinityError, NOBODY } from '../affinity/session-affinity.ts';
import type { AgentAbsence, AgentRooms } from './agent-rooms.ts';
import {
  ANSWER_WITHIN_MS,
  Failover,
  GRACE_MS,
  LOSSES_A_MINUTE,
  ORPHAN_AFTER_MS,
  SILENT_AFTER_MS,
  TAKEN_PATIENCE,
  TRIES,
  TROUBLE_RETRY_MS,
  type FailoverEvent,
} from './failover.ts';

const ID = 'lesson1';

class FakeAgentRooms implements AgentRooms {
  readonly dispatched: DispatchMetadata[] = [];
  readonly reported: AgentAbsence[] = [];
  answer: 'dispatched' | 'gone' = 'dispatched';
  down = false;
  taken = false;

  isTaken(): Promise<boolean> {
    return Promise.resolve(this.taken);
  }

  replaceAgent(metadata: DispatchMetadata): Promise<'dispatched' | 'gone'> {
    if (this.down) {
      return Promise.reject(new Error('no route to host'));
    }
    this.dispatched.push(metadata);
    return Promise.resolve(this.answer);
  }

  report(_sessionId: string, absence: AgentAbsence): Promise<void> {
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
let hasEnded: boolean;
let failover: Failover;

function newFailover(): Failover {
  return new Failover({
    affinity,
    rooms,
    metadata: (_id, { fence, lostAtMs }) =>
      Promise.resolve(hasEnded ? undefined : metadataOf(fence, lostAtMs)),
    onEvent: ({ what }) => events.push(what),
  });
}

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

beforeEach(() => {
  vi.useFakeTimers();
  affinity = new MemoryAffinity();
  rooms = new FakeAgentRooms();
  events = [];
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

  it('when the session has ended is not replaced, nor when its room is gone', async () => {
    hasEnded = true;
    failover.lineClosed(ID, 'a', false);
    await pass(60_000);
    expect(rooms.dispatched).toEqual([]);
    expect(await affinity.read(ID)).toBeUndefined();

    hasEnded = false;
    rooms.answer = 'gone';
    await failover.open(ID, 2, at('b'));
    failover.lineClosed(ID, 'b', false);
    await pass(60_000);
    expect(rooms.fences).toEqual([3]);
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

describe('a dispatch', () => {
  it('that no worker answers is made again, then reported, and tried on', async () => {
    await failover.begin(ID);
    for (let tried = 1; tried < TRIES; tried += 1) {
      await pass(ANSWER_WITHIN_MS);
      expect(rooms.fences).toHaveLength(tried);
    }
    expect(rooms.reported).toEqual([]);
    await pass(ANSWER_WITHIN_MS);
    expect(rooms.reported).toEqual(['unanswered']);
    await pass(120_000);
    expect(rooms.dispatched.length).toBeGreaterThan(TRIES);
    expect(rooms.reported).toEqual(['unanswered']);
  });

  it('that a worker has taken is waited for, though not for ever', async () => {
    rooms.taken = true;
    await failover.begin(ID);
    await pass(ANSWER_WITHIN_MS * TAKEN_PATIENCE);
    expect(rooms.dispatched).toEqual([]);
    expect(await failover.open(ID, 1, at('slow'))).toBe(true);

    failover.lineClosed(ID, 'slow', false);
    await pass(GRACE_MS + ANSWER_WITHIN_MS * (TAKEN_PATIENCE + 1));
    expect(rooms.fences).toEqual([2, 3]);
  });

  it('that is answered late loses to the one that was made meanwhile', async () => {
    await failover.begin(ID);
    await pass(ANSWER_WITHIN_MS);
    expect(await failover.open(ID, 1, at('late'))).toBe(false);
    expect(await failover.open(ID, 2, at('b'))).toBe(true);
  });
});

describe('a signaling process that dies together with its job', () => {
  it('leaves an entry that another one finds; of two that find it one acts', async () => {
    await affinity.claim(ID, 0, at('of a dead process'));
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
