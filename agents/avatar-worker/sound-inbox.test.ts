import type { AudioByteStream } from '#agents/room/avatar-room.ts';
import { FakeClock } from '#media/testing/fake-clock.ts';
import type { Segment } from '#media/playout/playout.ts';
import type { PhonemeMark } from '#media/ports.ts';
import { beforeEach, describe, expect, it } from 'vitest';
import type { ProtocolError } from './protocol-error.ts';
import { SoundInbox } from './sound-inbox.ts';

const RATE_HZ = 24_000;
const PCM = { sample_rate: '24000', num_channels: '1' };

/** A stream that the test writes, ends or breaks. */
class ScriptedStream implements AudioByteStream {
  closed = false;
  readonly attributes: Readonly<Record<string, string>>;
  readonly #chunks: Uint8Array[] = [];
  #over: 'no' | 'ended' | 'broken' = 'no';
  #wake: () => void = () => undefined;

  constructor(attributes: Readonly<Record<string, string>> = PCM) {
    this.attributes = attributes;
  }

  write(ms: number): this {
    this.#chunks.push(new Uint8Array((RATE_HZ / 1_000) * ms * 2));
    this.#wake();
    return this;
  }

  end(how: 'ended' | 'broken' = 'ended'): this {
    this.#over = how;
    this.#wake();
    return this;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    for (;;) {
      const chunk = this.#chunks.shift();
      if (chunk !== undefined) {
        yield chunk;
      } else if (this.#over === 'broken') {
        throw new Error('reset by peer');
      } else if (this.#over === 'ended' || this.closed) {
        return;
      } else {
        await new Promise<void>((resolve) => (this.#wake = resolve));
      }
    }
  }

  close(): Promise<void> {
    this.closed = true;
    this.#wake();
    return Promise.resolve();
  }
}

class FakeStage {
  queuedMs = 0;
  #next = 1;
  readonly log: string[] = [];
  readonly marks: PhonemeMark[][] = [];

  open(): Segment {
    return { id: this.#next++, kind: 'answer' };
  }

  push({ id }: Segment, samples: Int16Array, marks: PhonemeMark[]): void {
    if (samples.length > 0) {
      this.log.push(`${String(id)}: ${String((samples.length * 1_000) / RATE_HZ)} ms`);
    }
    this.marks.push(marks);
  }

  end({ id }: Segment): void {
    this.log.push(`${String(id)} ends`);
  }
}

let clock: FakeClock;
let stage: FakeStage;
let inbox: SoundInbox;
let problems: ProtocolError['code'][];
/** Lets everything happen that waits for no more than `ms`. */
const pass = (ms = 0): Promise<void> => clock.advanceAsync(ms, 50);

beforeEach(() => {
  clock = new FakeClock();
  stage = new FakeStage();
  problems = [];
  inbox = new SoundInbox({
    stage,
    sampleRateHz: RATE_HZ,
    clock,
    onFirstSound: ({ id }) => stage.log.push(`${String(id)} begins`),
    onProblem: ({ code }) => problems.push(code),
  });
});

/** Chunks are taken one by one, each after a turn of the event loop. */
async function settle(turns = 30): Promise<void> {
  for (let turn = 0; turn < turns; turn += 1) {
    await pass();
  }
}

describe('audio streams', () => {
  it('become segments, one after the other', async () => {
    inbox.take(new ScriptedStream().write(100).write(50).end());
    inbox.take(new ScriptedStream().write(20).end());
    await settle();
    expect(stage.log).toEqual([
      '1 begins',
      '1: 100 ms',
      '1: 50 ms',
      '1 ends',
      '2 begins',
      '2: 20 ms',
      '2 ends',
    ]);
    expect(clock.pendingTimers).toBe(0);
  });

  it('of which one lost its end are ended when the next one is there, with all their sound', async () => {
    const lost = new ScriptedStream().write(100);
    inbox.take(lost);
    await settle();
    inbox.take(new ScriptedStream().write(20).end());
    lost.write(30);
    await settle();
    await pass(300);
    await settle();
    expect(stage.log).toEqual([
      '1 begins',
      '1: 100 ms',
      '1: 30 ms',
      '1 ends',
      '2 begins',
      '2: 20 ms',
      '2 ends',
    ]);
    expect([problems, lost.closed]).toEqual([['STREAM_SILENT'], true]);
  });

  it('that fall silent for ten seconds are over', async () => {
    inbox.take(new ScriptedStream().write(100));
    await settle();
    await pass(9_900);
    expect(stage.log).not.toContain('1 ends');
    await pass(200);
    expect(stage.log).toContain('1 ends');
  });

  it('that break, or name no sound, end their own segment only', async () => {
    inbox.take(new ScriptedStream().write(10).end('broken'));
    inbox.take(new ScriptedStream({ sample_rate: 'loud' }).write(10).end());
    inbox.take(new ScriptedStream().write(10).end());
    await settle();
    expect(problems).toEqual(['STREAM_BROKEN', 'SOUND_FORMAT_UNUSABLE']);
    expect(stage.log.filter((line) => line.endsWith('ends'))).toEqual([
      '1 ends',
      '2 ends',
      '3 ends',
    ]);
  });

  it('beyond any answer’s number are segments without sound', async () => {
    for (let count = 0; count < 40; count += 1) {
      inbox.take(new ScriptedStream());
    }
    await settle();
    expect(problems).toEqual(Array<string>(8).fill('STREAMS_TOO_MANY'));
  });

  it('wait while the stage has enough', async () => {
    stage.queuedMs = 5_000;
    inbox.take(new ScriptedStream().write(100).write(100).end());
    await settle();
    expect(stage.log).toEqual(['1 begins', '1: 100 ms']);
    stage.queuedMs = 0;
    await pass(200);
    await settle();
    expect(stage.log).toContain('1 ends');
  });

  it('are forgotten when the agent clears, and the next one is heard', async () => {
    const first = new ScriptedStream().write(100);
    const second = new ScriptedStream().write(100);
    inbox.take(first);
    inbox.take(second);
    await settle();
    inbox.clear();
    first.write(100).end();
    second.end();
    inbox.take(new ScriptedStream().write(20).end());
    await settle();
    expect(stage.log).toEqual(['1 begins', '1: 100 ms', '3 begins', '3: 20 ms', '3 ends']);
    expect([first.closed, second.closed, problems]).toEqual([true, true, []]);
  });
});

describe('marks of the agent', () => {
  it('go with the sound of their segment, and the ear is not asked where they reach', async () => {
    inbox.takeMarks(
      JSON.stringify({
        segment: 1,
        phonemes: [
          ['aa', 0, 80],
          ['b', 80, 120],
        ],
      }),
    );
    inbox.take(new ScriptedStream().write(100).end());
    inbox.take(new ScriptedStream().write(100).write(100).end());
    await settle();
    const told = stage.marks.flat().filter(({ phoneme }) => phoneme !== 'pau');
    expect(told).toEqual([
      { phoneme: 'aa', startMs: 0, endMs: 80 },
      { phoneme: 'b', startMs: 80, endMs: 120 },
    ]);
    expect(inbox.toldMarks).toBe(2);
  });

  it.each(['', '{', '[]', '{"segment":-1,"phonemes":[]}', '{"segment":0,"phonemes":[["aa",0]]}'])(
    'that cannot be read are left out: %s',
    (message) => {
      inbox.takeMarks(message);
      expect(problems).toEqual(['MARKS_INVALID']);
    },
  );
});
