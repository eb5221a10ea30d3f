import { describe, expect, it } from 'vitest';
import { JobQueue, type WorkerEvents } from './job-queue.ts';

interface Job {
  text: string;
}
interface Result {
  said: string;
}

/** A worker that answers when told to. */
class ScriptedWorker {
  readonly posted: (Job & { id: number })[] = [];
  readonly busy: boolean[] = [];
  closed = 0;
  readonly events: WorkerEvents<Result>;

  constructor(events: WorkerEvents<Result>) {
    this.events = events;
  }

  answer(): void {
    const { id, text } = this.posted.at(-1)!;
    this.events.onReply({ id, ok: true, said: text });
  }
}

const setUp = (): { queue: JobQueue<Job, Result>; workers: ScriptedWorker[] } => {
  const workers: ScriptedWorker[] = [];
  const queue = new JobQueue<Job, Result>((events) => {
    const worker = new ScriptedWorker(events);
    workers.push(worker);
    return {
      post: (message) => worker.posted.push(message),
      setBusy: (isBusy) => worker.busy.push(isBusy),
      close: () => {
        worker.closed += 1;
        return Promise.resolve();
      },
    };
  });
  return { queue, workers };
};

describe('a queue of jobs', () => {
  it('sends one at a time, in order', async () => {
    const { queue, workers } = setUp();
    const first = queue.run({ text: 'one' });
    const second = queue.run({ text: 'two' });
    expect(workers[0]!.posted.map((job) => job.text)).toEqual(['one']);
    workers[0]!.answer();
    expect((await first)?.said).toBe('one');
    expect(workers[0]!.posted.map((job) => job.text)).toEqual(['one', 'two']);
    workers[0]!.answer();
    expect((await second)?.said).toBe('two');
    expect(workers[0]!.busy.at(-1)).toBe(false);
  });

  it('never sends a job that was withdrawn while it waited', async () => {
    const { queue, workers } = setUp();
    const controller = new AbortController();
    const first = queue.run({ text: 'one' });
    const second = queue.run({ text: 'two' }, controller.signal);
    controller.abort();
    expect(await second).toBeUndefined();
    workers[0]!.answer();
    await first;
    expect(workers[0]!.posted.map((job) => job.text)).toEqual(['one']);
  });

  it('answers an abort at once, and takes the next job when the worker is done', async () => {
    const { queue, workers } = setUp();
    const controller = new AbortController();
    const first = queue.run({ text: 'one' }, controller.signal);
    controller.abort();
    expect(await first).toBeUndefined();
    const second = queue.run({ text: 'two' });
    expect(workers[0]!.posted.length).toBe(1);
    workers[0]!.answer();
    workers[0]!.answer();
    expect((await second)?.said).toBe('two');
  });

  it('fails the job at hand when the worker is lost, and gives the others a new worker', async () => {
    const { queue, workers } = setUp();
    const first = queue.run({ text: 'one' });
    const second = queue.run({ text: 'two' });
    workers[0]!.events.onLost('It is gone.');
    await expect(first).rejects.toMatchObject({ code: 'SYNTHESIS_FAILED', retryable: true });
    workers[1]!.answer();
    expect((await second)?.said).toBe('two');
  });

  it('passes a refusal on as not retryable', async () => {
    const { queue, workers } = setUp();
    const job = queue.run({ text: 'one' });
    workers[0]!.events.onReply({ id: 1, ok: false, detail: 'No.' });
    await expect(job).rejects.toMatchObject({ code: 'SYNTHESIS_FAILED', retryable: false });
  });

  it('closes once and fails what is left', async () => {
    const { queue, workers } = setUp();
    const job = queue.run({ text: 'one' });
    const closing = queue.close();
    expect(queue.close()).toBe(closing);
    await expect(job).rejects.toMatchObject({ code: 'SYNTHESIS_FAILED' });
    await expect(queue.run({ text: 'two' })).rejects.toMatchObject({ code: 'SYNTHESIS_FAILED' });
    await closing;
    expect(workers[0]!.closed).toBe(1);
  });
});
