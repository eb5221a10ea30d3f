import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  parseStageDirections,
  StageDirectionParser,
  stripStageDirections,
} from './stage-directions.ts';

describe('stage directions', () => {
  it('tells words from faces and says where each face begins', () => {
    expect(parseStageDirections('[concerned] I see. [warm] Thanks for that. [end]')).toEqual({
      spoken: 'I see. Thanks for that.',
      expressions: [
        { expression: 'concerned', atChar: 0 },
        { expression: 'warm', atChar: 7 },
      ],
      endsCall: true,
    });
  });

  it('never speaks what stands in brackets, even words it does not know', () => {
    expect(stripStageDirections('[sighs] Fine. [looks away] Go on.')).toBe('Fine. Go on.');
  });

  it('speaks a bracket that never closes', () => {
    expect(stripStageDirections('a [b c')).toBe('a [b c');
    const long = 'x [this is far too long to be a stage direction] y';
    expect(stripStageDirections(long)).toBe(long);
  });

  it('gives the same words however the stream is cut', () => {
    const parts = fc.constantFrom('[warm]', '[end]', '[', ']', ' ', 'Hi.', 'so', '[odd one]', '\n');
    fc.assert(
      fc.property(fc.array(parts), fc.array(fc.nat(5)), (pieces, cuts) => {
        const text = pieces.join('');
        const parser = new StageDirectionParser();
        let out = '';
        let at = 0;
        const read = (directions: ReturnType<typeof parser.push>): void => {
          for (const part of directions) if (part.kind === 'text') out += part.text;
        };
        for (const cut of cuts) {
          read(parser.push(text.slice(at, at + cut)));
          at += cut;
        }
        read(parser.push(text.slice(at)));
        read(parser.flush());
        expect(out.trimEnd()).toBe(stripStageDirections(text));
      }),
    );
  });
});
