import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { beforeAll, describe, expect, it } from 'vitest';
import { SAMPLE_FOLDER, whyNoSample } from '../testing/sample-avatar.ts';
import { tinyOnnx } from '../testing/tiny-onnx.ts';
import { readReference } from '../avatars/source-avatar.ts';
import { batchedDecoder, FEATURE_NAMES, patchDecoder, type FeatureName } from './decoder-graph.ts';
import { GRID, placeVideo } from './geometry.ts';

const OPTIONS = { intraOpNumThreads: 1, logSeverityLevel: 3 } as const;
const ENCODED: Readonly<Record<FeatureName, string>> = {
  input: 'output_0',
  skip1: 'output_1',
  skip0: 'output_2',
  skip: 'output_3',
};
const PLACEMENT = placeVideo(
  { width: 890, height: 1_920 },
  { left: 278, top: 355, right: 697, bottom: 644 },
);

describe('a decoder that is none of LiteAvatar’s', () => {
  it('is refused with what it lacks', () => {
    expect(() => batchedDecoder(tinyOnnx())).toThrow(
      /takes IN where the contract has input, skip1/u,
    );
    expect(() => batchedDecoder(new Uint8Array([1, 2, 3]))).toThrow(/no ONNX/u);
  });
});

function joined(parts: readonly Float32Array[]): Float32Array {
  const whole = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

const missing = whyNoSample();
describe.skipIf(missing !== undefined)(missing ?? 'the sample’s decoder', () => {
  const file = (name: string): Buffer => readFileSync(join(SAMPLE_FOLDER, name));
  const params = Array.from({ length: 3 }, (_, row) =>
    Float32Array.from({ length: 32 }, (_value, index) => 0.1 + 0.05 * Math.sin(row * 7 + index)),
  );
  let rows: Record<FeatureName, Float32Array>[];

  beforeAll(async () => {
    const encoder = await InferenceSession.create(file('net_encode.onnx'), OPTIONS);
    rows = [];
    for (const name of ['00000', '00020', '00040']) {
      const image = await readReference(join(SAMPLE_FOLDER, 'ref_frames', `ref_${name}.jpg`));
      const ref = new Tensor('float32', image, [1, 3, GRID, GRID]);
      const made = await encoder.run({ ref_image: ref });
      rows.push(
        Object.fromEntries(
          FEATURE_NAMES.map((each) => [each, made[ENCODED[each]]!.data as Float32Array]),
        ) as Record<FeatureName, Float32Array>,
      );
    }
  });

  async function decode(
    session: InferenceSession,
    which: readonly number[],
  ): Promise<Float32Array> {
    const feeds: Record<string, Tensor> = {};
    for (const name of FEATURE_NAMES) {
      const data = joined(which.map((row) => rows[row]![name]));
      const [channels, side] = {
        input: [3, 384],
        skip1: [16, 192],
        skip0: [32, 96],
        skip: [64, 48],
      }[name] as [number, number];
      feeds[name] = new Tensor('float32', data, [which.length, channels, side, side]);
    }
    const all = joined(which.map((row) => params[row]!));
    feeds['params'] = new Tensor('float32', all, [which.length, 32]);
    return (await session.run(feeds))['output']!.data as Float32Array;
  }

  it('gives in a batch what it gives one by one, bit for bit', async () => {
    const original = await InferenceSession.create(file('net_decode.onnx'), OPTIONS);
    const graph = batchedDecoder(file('net_decode.onnx')).write();
    const batched = await InferenceSession.create(graph, OPTIONS);
    const together = await decode(batched, [0, 1, 2]);
    for (const row of [0, 1, 2]) {
      const alone = await decode(original, [row]);
      const part = together.subarray(row * alone.length, (row + 1) * alone.length);
      expect(
        Buffer.from(part.buffer, part.byteOffset, part.byteLength).equals(
          Buffer.from(alone.buffer),
        ),
      ).toBe(true);
    }
  });

  it('keeps the contract’s sizes in the patch decoder, for any number of rows', () => {
    const graph = patchDecoder(file('net_decode.onnx'), PLACEMENT);
    const shapes = Object.fromEntries(graph.outputs.map(({ name, shape }) => [name, shape]));
    expect(shapes).toEqual({
      RGB: ['rows', 124, 180, 3],
      I420: ['rows', (124 * 180 * 3) / 2],
      WINDOW: ['rows', 3, 240, 240],
    });
    expect(graph.inputs.every(({ shape }) => shape[0] === 'rows')).toBe(true);
  });
});
