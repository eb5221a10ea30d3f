import { describe, expect, it } from 'vitest';
import { TrackWriter } from './track-writer.ts';
import { readWavHead, wavHead } from './wav.ts';

describe('A track', () => {
  it('comes out in whole blocks, and the rest when it is flushed', () => {
    const blocks: number[][] = [];
    const track = new TrackWriter({
      blockSamples: 4,
      sink: (block) => {
        blocks.push([...new Int16Array(block.buffer, block.byteOffset, block.length / 2)]);
      },
    });
    const frame = Int16Array.of(1, -2, 3);
    track.write(frame);
    frame.fill(9);
    track.writeSilence(2);
    track.write(Int16Array.of(4, 5, 6, 7));
    expect(blocks).toEqual([
      [1, -2, 3, 0],
      [0, 4, 5, 6],
    ]);
    track.flush();
    track.flush();
    expect(blocks[2]).toEqual([7]);
    expect(blocks).toHaveLength(3);
    expect(track.samples).toBe(9);
  });
});

describe('The head of a WAV', () => {
  it('is read as it was written', () => {
    const format = { sampleRateHz: 24_000, dataBytes: 123_456 };
    expect(readWavHead(wavHead(format))).toEqual(format);
  });

  it.each([
    ['something short', new Uint8Array(20)],
    ['something else', new Uint8Array(44).fill(7)],
  ])('is told from %s', (_what, bytes) => {
    expect(readWavHead(bytes)).toBeUndefined();
  });
});
