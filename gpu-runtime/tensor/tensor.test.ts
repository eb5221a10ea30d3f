import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RuntimeError } from '../errors.ts';
import {
  checkTensor,
  concatRows,
  decodeBytes,
  encodeBytes,
  splitRows,
  type Tensor,
} from './tensor.ts';

describe('tensors', () => {
  it('come apart as they were joined', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(fc.integer({ min: 0, max: 255 }), { minLength: 1, maxLength: 5 }), {
          minLength: 1,
          maxLength: 6,
        }),
        (rows) => {
          const parts: Tensor[] = rows.map((row) => ({
            name: 'x',
            datatype: 'UINT8',
            shape: [row.length, 1],
            data: Uint8Array.from(row),
          }));
          const joined = concatRows(parts);
          checkTensor(joined);
          const apart = splitRows(
            joined,
            rows.map((row) => row.length),
          );
          expect(apart.map(({ data }) => [...data])).toEqual(rows);
        },
      ),
    );
  });

  it('of strings come apart too, each with its own length', () => {
    const text = (words: string[]): Tensor => ({
      name: 't',
      datatype: 'BYTES',
      shape: [words.length],
      data: encodeBytes(words),
    });
    const joined = concatRows([text(['hej', '']), text(['då då'])]);
    checkTensor(joined);
    const apart = splitRows(joined, [2, 1]).map(({ data }) =>
      decodeBytes(data).map((word) => new TextDecoder().decode(word)),
    );
    expect(apart).toEqual([['hej', ''], ['då då']]);
  });

  it('are refused with a typed error, whatever they hold', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double(), { maxLength: 10 }),
        fc.uint8Array({ maxLength: 64 }),
        fc.constantFrom('FP32', 'BYTES', 'INT64', 'NOPE', 'toString'),
        (shape, data, datatype) => {
          try {
            checkTensor({ name: 'x', datatype: datatype as Tensor['datatype'], shape, data });
          } catch (error) {
            expect(error).toBeInstanceOf(RuntimeError);
          }
        },
      ),
    );
  });
});
