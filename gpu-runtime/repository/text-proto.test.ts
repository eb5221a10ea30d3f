import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RuntimeError } from '../errors.ts';
import { parseTextProto, type TextMessage, type TextValue } from './text-proto.ts';

/** As plain objects, for comparison. */
function plain(message: TextMessage): Record<string, unknown[]> {
  const value = (each: TextValue): unknown => (each instanceof Map ? plain(each) : each);
  return Object.fromEntries([...message].map(([name, values]) => [name, values.map(value)]));
}

const read = (text: string): Record<string, unknown[]> => plain(parseTextProto(text));

describe('the text format', () => {
  it('reads what config.pbtxt is written with', () => {
    const text = `
      # a comment
      name: "face"; max_batch_size: 8,
      input [ { name: 'IN' dims: [ -1, 30 ] }, { name: "TWO" data_type: TYPE_FP32 } ]
      dynamic_batching { }
      instance_group < count: 2 kind: KIND_CPU >
      scale: 1.5e-3 on: true off: false
      note: "one " 'two\\n' "\\"three\\""
    `;
    expect(read(text)).toEqual({
      name: ['face'],
      max_batch_size: [8],
      input: [
        { name: ['IN'], dims: [-1, 30] },
        { name: ['TWO'], data_type: ['TYPE_FP32'] },
      ],
      dynamic_batching: [{}],
      instance_group: [{ count: [2], kind: ['KIND_CPU'] }],
      scale: [0.0015],
      on: [true],
      off: [false],
      note: ['one two\n"three"'],
    });
  });

  it('gathers a field that is written more than once', () => {
    expect(read('dims: 1 dims: 2 dims: [3, 4]')).toEqual({ dims: [1, 2, 3, 4] });
  });

  it.each([
    ['a message that does not end', 'input {\n name: "x"', /ends too early/],
    ['a field without a value', 'name\nother: 1', /Line \d: /],
    ['an open string', 'a: 1\nname: "x', /Line 2: /],
    ['an unknown sign', 'name = 3', /Line 1: .*not understood/],
    ['a list without commas', 'dims: [1 2]', /comma/],
    ['a closing brace too many', '}', /no field/],
    ['a wrong brace', 'a { b: 1 >', /no field/],
    ['too deep a nesting', 'a {'.repeat(100), /too deeply/],
    ['a text without end', ' '.repeat(1_000_001), /too long/],
  ])('says where %s is', (_what, text, message) => {
    expect(() => parseTextProto(text)).toThrow(message);
    expect(() => parseTextProto(text)).toThrow(RuntimeError);
  });

  it('reads back whatever is written', () => {
    const name = fc.stringMatching(/^[a-z_][a-z0-9_]{0,8}$/u);
    const { message } = fc.letrec<{ message: [string, unknown][]; value: unknown }>((tie) => ({
      message: fc.array(fc.tuple(name, tie('value')), { maxLength: 4 }),
      value: fc.oneof(
        { maxDepth: 4 },
        fc.integer(),
        fc.boolean(),
        fc.string().map((text) => ({ text })),
        tie('message'),
      ),
    }));
    const write = (fields: [string, unknown][]): string =>
      fields.map(([field, value]) => `${field}: ${writeValue(value)}`).join('\n');
    const writeValue = (value: unknown): string => {
      if (Array.isArray(value)) {
        return `{ ${write(value as [string, unknown][])} }`;
      }
      if (typeof value === 'object') {
        const { text } = value as { text: string };
        return `"${text.replace(/[\\"]/gu, '\\$&').replaceAll('\n', '\\n')}"`;
      }
      return String(value);
    };
    const expected = (fields: [string, unknown][]): Record<string, unknown[]> => {
      const all: Record<string, unknown[]> = {};
      for (const [field, value] of fields) {
        const isText = typeof value === 'object' && !Array.isArray(value);
        const nested = Array.isArray(value) ? expected(value as [string, unknown][]) : value;
        Object.defineProperty(all, field, {
          value: [
            ...(Object.hasOwn(all, field) ? all[field]! : []),
            isText ? (value as { text: string }).text : nested,
          ],
          enumerable: true,
          configurable: true,
          writable: true,
        });
      }
      return all;
    };
    fc.assert(
      fc.property(message, (fields) => {
        expect(read(write(fields))).toEqual(expected(fields));
      }),
    );
  });

  it('answers any text with a message or a MODEL_INVALID', () => {
    const pieces = fc.constantFrom(
      ...[
        '{',
        '}',
        '<',
        '>',
        '[',
        ']',
        ':',
        ',',
        ';',
        '"',
        "'",
        '#',
        '\\',
        '\n',
        '-',
        '.',
        'a',
        '1',
        ' ',
        'e',
        'é',
      ],
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(pieces).map((all) => all.join('')),
        ),
        (text) => {
          try {
            parseTextProto(text);
          } catch (error) {
            expect(error).toMatchObject({ name: 'RuntimeError', code: 'MODEL_INVALID' });
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});
