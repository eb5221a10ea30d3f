import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { floatsOf, floatTensor } from '../testing/configs.ts';
import { encodeFrame, FrameReader, type ModelFrame } from './frame.ts';

function readAll(bytes: Buffer, cuts: readonly number[]): ModelFrame[] {
  const reader = new FrameReader();
  const ends = [...new Set([...cuts.map((cut) => cut % bytes.byteLength), bytes.byteLength])];
  let from = 0;
  return ends
    .sort((left, right) => left - right)
    .flatMap((end) => {
      const frames = reader.push(bytes.subarray(from, end));
      from = end;
      return frames;
    });
}

describe('frames', () => {
  it('come back whole, however the pipe cuts them', () => {
    const values = fc.array(fc.array(fc.float({ noNaN: true }), { maxLength: 5 }), {
      maxLength: 4,
    });
    fc.assert(
      fc.property(values, fc.array(fc.nat()), (rows, cuts) => {
        const tensors = rows.map((row, index) =>
          floatTensor(row, [row.length], `T${String(index)}`),
        );
        const bytes = Buffer.concat([
          ...encodeFrame({ kind: 'ready' }),
          ...encodeFrame({ kind: 'answer' }, tensors),
          ...encodeFrame({ kind: 'refused', code: 'INTERNAL', message: 'då' }),
        ]);
        const [first, answer, last] = readAll(bytes, cuts);
        expect(first).toEqual({ kind: 'ready' });
        expect(last).toEqual({ kind: 'refused', code: 'INTERNAL', message: 'då' });
        expect(answer?.kind === 'answer' && answer.tensors.map(floatsOf)).toEqual(rows);
      }),
    );
  });

  it.each([
    ['a header without end', Buffer.from([255, 255, 255, 255])],
    ['no JSON', Buffer.from([2, 0, 0, 0, 65, 66])],
    ['an unknown kind', Buffer.concat(encodeFrame({ kind: 'song' }))],
    [
      'an unknown datatype',
      Buffer.concat(
        encodeFrame({ kind: 'answer' }, [{ ...floatTensor([1]), datatype: 'BF16' as 'FP16' }]),
      ),
    ],
    [
      'a tensor without end',
      (() => {
        const text = JSON.stringify({
          kind: 'answer',
          tensors: [{ name: 'OUT', datatype: 'FP32', shape: [1], bytes: 2 ** 40 }],
        });
        const head = Buffer.alloc(4);
        head.writeUInt32LE(text.length);
        return Buffer.concat([head, Buffer.from(text)]);
      })(),
    ],
  ])('of %s are refused', (_what, bytes) => {
    expect(() => new FrameReader().push(bytes)).toThrow();
  });
});
