import { describe, expect, it } from 'vitest';
import { ProtocolError } from './protocol-error.ts';
import { soundFormatOf, StreamSound, type SoundFormat } from './stream-sound.ts';

const STAGE_HZ = 24_000;

/** A tone of 440 Hz as little-endian PCM, the same on every channel. */
function tone({ sampleRateHz, channels }: SoundFormat, durationMs: number): Uint8Array {
  const frames = Math.round((sampleRateHz * durationMs) / 1_000);
  const bytes = new Uint8Array(frames * channels * 2);
  const view = new DataView(bytes.buffer);
  for (let frame = 0; frame < frames; frame += 1) {
    const value = Math.round(10_000 * Math.sin((2 * Math.PI * 440 * frame) / sampleRateHz));
    for (let channel = 0; channel < channels; channel += 1) {
      view.setInt16((frame * channels + channel) * 2, value, true);
    }
  }
  return bytes;
}

function through(format: SoundFormat, bytes: Uint8Array, chunkBytes: number): number[] {
  const sound = new StreamSound(format, STAGE_HZ);
  const heard: number[] = [];
  for (let at = 0; at < bytes.length; at += chunkBytes) {
    heard.push(...sound.push(bytes.slice(at, at + chunkBytes)));
  }
  heard.push(...sound.end());
  return heard;
}

describe('the sound of a stream', () => {
  it.each([8_000, 11_025, 16_000, 22_050, 24_000, 32_000, 44_100, 47_999, 48_000])(
    'at %i Hz is the same tone, of the same length, whatever the chunks',
    (sampleRateHz) => {
      for (const channels of [1, 2] as const) {
        const format = { sampleRateHz, channels };
        const bytes = tone(format, 200);
        for (const chunkBytes of [7, 640, 15_000]) {
          const heard = through(format, bytes, chunkBytes);
          expect(Math.abs(heard.length - STAGE_HZ / 5)).toBeLessThanOrEqual(2);
          // Away from the ends, where the filter sees sound on one side only.
          let worst = 0;
          for (let at = 240; at < heard.length - 240; at += 1) {
            const wanted = 10_000 * Math.sin((2 * Math.PI * 440 * at) / STAGE_HZ);
            worst = Math.max(worst, Math.abs(heard[at]! - wanted));
          }
          expect(
            worst,
            `${String(channels)} channels, chunks of ${String(chunkBytes)}`,
          ).toBeLessThan(150);
        }
      }
    },
  );

  it('of two channels is their mean, and half a sample at the end is dropped', () => {
    const bytes = new Uint8Array(new Int16Array([1_000, 3_000, -2_000, 0, 77]).buffer);
    expect(through({ sampleRateHz: STAGE_HZ, channels: 2 }, bytes, 3)).toEqual([2_000, -1_000]);
  });
});

describe('the format of a stream', () => {
  it('is read from its attributes', () => {
    expect(soundFormatOf({ sample_rate: '16000', num_channels: '1' })).toEqual({
      sampleRateHz: 16_000,
      channels: 1,
    });
  });

  it.each([
    {},
    { sample_rate: '24000' },
    { sample_rate: '24000', num_channels: '0' },
    { sample_rate: '24000', num_channels: '6' },
    { sample_rate: '7999', num_channels: '1' },
    { sample_rate: '192000', num_channels: '1' },
    { sample_rate: '-24000', num_channels: '1' },
    { sample_rate: '2.4e4', num_channels: '1' },
    { sample_rate: 'NaN', num_channels: '1' },
  ])('%j is refused', (attributes) => {
    expect(() => soundFormatOf(attributes as Record<string, string>)).toThrow(ProtocolError);
  });
});
