import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BatchQueue, type BatchQueueOptions, type QueuedRequest } from './batch-queue.ts';

let nextId = 1;
function request(options: Partial<QueuedRequest> = {}): QueuedRequest {
  return {
    id: nextId++,
    key: 'face/ada',
    session: 'lesson_1',
    priority: 0,
    rows: 1,
    arrivedMs: 0,
    deadlineMs: 1_000,
    ...options,
  };
}

function queueOf(requests: QueuedRequest[], options: Partial<BatchQueueOptions> = {}): BatchQueue {
  const queue = new BatchQueue(options);
  for (const each of requests) {
    queue.add(each);
  }
  return queue;
}

describe('a device that is idle', () => {
  it('takes a single request at once', () => {
    const queue = queueOf([request()]);
    expect(queue.next(0, true)).toMatchObject({ kind: 'run', key: 'face/ada' });
    expect(queue.next(0, true)).toEqual({ kind: 'nothing' });
  });

  it('takes what has gathered, up to a full batch, and never two avatars together', () => {
    const queue = queueOf([
      ...Array.from({ length: 10 }, (_, room) => request({ session: `lesson_${String(room)}` })),
      request({ key: 'face/tomas', deadlineMs: 2_000 }),
    ]);
    const step = queue.next(0, true);
    expect(step.kind === 'run' && step.requests).toHaveLength(8);
    const rest = queue.next(0, true);
    expect(rest.kind === 'run' && rest.requests.map(({ key }) => key)).toEqual([
      'face/ada',
      'face/ada',
    ]);
    expect(queue.next(0, true)).toMatchObject({ kind: 'run', key: 'face/tomas' });
  });
});

describe('a device with one instance free and others busy', () => {
  it('gathers for 30 ms after the first arrival at most', () => {
    const queue = queueOf([request({ arrivedMs: 100 }), request({ arrivedMs: 120 })]);
    expect(queue.next(121, false)).toEqual({ kind: 'wait', untilMs: 130 });
    expect(queue.next(130, false)).toMatchObject({ kind: 'run' });
  });

  it('gathers no longer than a deadline less the expected run allows', () => {
    const queue = queueOf([request({ deadlineMs: 40 }), request()]);
    queue.ran('face/ada', 25);
    expect(queue.next(0, false)).toEqual({ kind: 'wait', untilMs: 15 });
  });

  it('runs a full batch at once', () => {
    const queue = queueOf(Array.from({ length: 8 }, () => request()));
    expect(queue.next(0, false)).toMatchObject({ kind: 'run' });
  });
});

describe('priorities', () => {
  it('conversation goes before preparation, and they never share a batch', () => {
    const queue = queueOf([request({ priority: 1, deadlineMs: 10 }), request(), request()]);
    const step = queue.next(0, true);
    expect(step.kind === 'run' && step.requests.map(({ priority }) => priority)).toEqual([0, 0]);
  });

  it('preparation that waited two seconds gets its turn', () => {
    const queue = queueOf([
      request({ priority: 1, deadlineMs: 60_000 }),
      ...Array.from({ length: 4 }, () => request({ arrivedMs: 2_000, deadlineMs: 2_040 })),
    ]);
    const step = queue.next(2_000, true);
    expect(step.kind === 'run' && step.requests.map(({ priority }) => priority)).toEqual([1]);
  });

  it('a full queue of preparation refuses no conversation', () => {
    const queue = new BatchQueue({ maxQueued: { 0: 2, 1: 1 } });
    expect(queue.add(request({ priority: 1 })).ok).toBe(true);
    expect(queue.add(request({ priority: 1 })).ok).toBe(false);
    expect(queue.add(request()).ok).toBe(true);
  });
});

describe('fairness', () => {
  it('a room that floods the queue takes no other room’s place in the batch', () => {
    const flood = Array.from({ length: 20 }, () => request({ session: 'greedy' }));
    const others = Array.from({ length: 3 }, (_, room) =>
      request({ session: `modest_${String(room)}`, deadlineMs: 2_000 }),
    );
    const step = queueOf([...flood, ...others]).next(0, true);
    const sessions = step.kind === 'run' ? step.requests.map(({ session }) => session) : [];
    expect(sessions).toEqual(expect.arrayContaining(['modest_0', 'modest_1', 'modest_2']));
    expect(sessions).toHaveLength(8);
  });

  it('serves the room that has had least first, batch after batch', () => {
    const queue = new BatchQueue({ maxBatchRows: 2 });
    const served = new Map(['a', 'b', 'c'].map((session) => [session, 0]));
    for (let round = 0; round < 30; round += 1) {
      for (const session of served.keys()) {
        queue.add(request({ session, deadlineMs: 10_000 }));
      }
      const step = queue.next(0, true);
      for (const { session } of step.kind === 'run' ? step.requests : []) {
        served.set(session, served.get(session)! + 1);
      }
    }
    const counts = [...served.values()];
    expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(3);
  });
});

describe('bounds', () => {
  it('says when to come back: the time to drain at the measured speed', () => {
    const queue = new BatchQueue({ maxQueued: { 0: 16, 1: 1 } });
    queue.ran('face/ada', 40);
    for (let index = 0; index < 16; index += 1) {
      queue.add(request());
    }
    expect(queue.add(request())).toEqual({ ok: false, retryAfterMs: 80 });
  });

  it('forgets what was cancelled and hands out what is late', () => {
    const gone = request();
    const late = request({ deadlineMs: 50 });
    const queue = queueOf([gone, late, request()]);
    expect(queue.cancel(gone.id)).toBe(true);
    expect(queue.cancel(gone.id)).toBe(false);
    expect(queue.expire(50).map(({ id }) => id)).toEqual([late.id]);
    expect(queue.length).toBe(1);
  });

  it('loses nothing and doubles nothing, whatever comes', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            session: fc.constantFrom('a', 'b', 'c'),
            key: fc.constantFrom('x', 'y'),
            priority: fc.constantFrom(0 as const, 1 as const),
            rows: fc.integer({ min: 1, max: 8 }),
            deadlineMs: fc.integer({ min: 1, max: 200 }),
            cancelled: fc.boolean(),
          }),
          { maxLength: 60 },
        ),
        (arrivals) => {
          const queue = new BatchQueue({ maxQueued: { 0: 20, 1: 20 } });
          const inside = new Set<number>();
          const out: number[] = [];
          arrivals.forEach(({ cancelled, ...each }, at) => {
            const one = request({ ...each, arrivedMs: at, deadlineMs: at + each.deadlineMs });
            if (queue.add(one).ok) {
              inside.add(one.id);
            }
            if (cancelled && queue.cancel(one.id)) {
              inside.delete(one.id);
            }
            if (at % 3 === 0) {
              out.push(...queue.expire(at).map(({ id }) => id));
              const step = queue.next(at, at % 2 === 0);
              if (step.kind === 'run') {
                expect(step.requests.reduce((sum, { rows }) => sum + rows, 0)).toBeLessThanOrEqual(
                  8,
                );
                expect(new Set(step.requests.map(({ key }) => key)).size).toBe(1);
                out.push(...step.requests.map(({ id }) => id));
              }
            }
          });
          out.push(...queue.clear().map(({ id }) => id));
          expect(out.toSorted()).toEqual([...inside].toSorted());
        },
      ),
    );
  });
});
