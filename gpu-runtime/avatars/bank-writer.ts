/** Makes a bank: runs the encoder on every reference picture, and the decoder once to see what lies outside the window. */
import { open } from 'node:fs/promises';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import {
  probeDecoder,
  CUT_FEATURES,
  FEATURE_NAMES,
  FEATURES,
  type FeatureName,
} from '../face/decoder-graph.ts';
import { GRID, MOUTH_WINDOW } from '../face/geometry.ts';
import { halfBits } from '../face/half.ts';
import { featurePart, NORM_CHANNELS, RECORD_BYTES, RECORD_PARTS } from '../face/template-bank.ts';
import { readReference, type SourceAvatar } from './source-avatar.ts';

/** What the encoder calls the feature maps. */
const ENCODED: Readonly<Record<FeatureName, string>> = {
  input: 'output_0',
  skip1: 'output_1',
  skip0: 'output_2',
  skip: 'output_3',
};

/** Writes the records of the first `frames` reference pictures; `onFrame` is told of each. */
export async function writeBank(
  source: SourceAvatar,
  frames: number,
  path: string,
  onFrame: (done: number) => void = () => undefined,
): Promise<void> {
  const threads = { intraOpNumThreads: 1, logSeverityLevel: 3 } as const;
  const encoder = await InferenceSession.create(Buffer.from(source.encoder), threads);
  const probe = await InferenceSession.create(
    Buffer.from(probeDecoder(source.decoder).write()),
    threads,
  );
  const params = new Tensor('float32', source.neutral, [1, source.neutral.length]);
  const file = await open(path, 'w');
  try {
    for (let frame = 0; frame < frames; frame += 1) {
      const image = await readReference(source.references[frame]!);
      const ref = new Tensor('float32', image, [1, 3, GRID, GRID]);
      const encoded = await encoder.run({ ref_image: ref });
      const features = Object.fromEntries(
        FEATURE_NAMES.map((name) => [name, encoded[ENCODED[name]]!]),
      );
      const { SEEN: seen } = await probe.run({ ...features, params }, ['SEEN']);
      const record = Buffer.alloc(RECORD_BYTES);
      for (const name of FEATURE_NAMES) {
        putFeature(record, name, features[name]!.data as Float32Array);
      }
      putOutside(record, seen!.data as Float32Array);
      await file.write(record);
      onFrame(frame + 1);
    }
  } finally {
    await file.close();
    await encoder.release();
    await probe.release();
  }
}

function putFeature(record: Buffer, name: FeatureName, values: Float32Array): void {
  const { channels, step } = FEATURES[name];
  const side = GRID / step;
  const { left, top, right, bottom } = CUT_FEATURES.includes(name)
    ? MOUTH_WINDOW
    : { left: 0, top: 0, right: GRID, bottom: GRID };
  let at = featurePart(name).offset;
  for (let channel = 0; channel < channels; channel += 1) {
    for (let y = top / step; y < bottom / step; y += 1) {
      for (let x = left / step; x < right / step; x += 1) {
        record.writeUInt16LE(halfBits(values[(channel * side + y) * side + x]!), at);
        at += 2;
      }
    }
  }
}

/** Sums of values and squares outside the window, as shares of the whole plane. */
function putOutside(record: Buffer, seen: Float32Array): void {
  const side = GRID / FEATURES.skip1.step;
  const [left, top, right, bottom] = [
    MOUTH_WINDOW.left,
    MOUTH_WINDOW.top,
    MOUTH_WINDOW.right,
    MOUTH_WINDOW.bottom,
  ].map((edge) => edge / FEATURES.skip1.step) as [number, number, number, number];
  const offsets = ['outside_mean', 'outside_square'].map(
    (name) => RECORD_PARTS.find((part) => part.name === name)!.offset,
  ) as [number, number];
  for (let channel = 0; channel < NORM_CHANNELS; channel += 1) {
    let mean = 0;
    let square = 0;
    for (let y = 0; y < side; y += 1) {
      for (let x = 0; x < side; x += 1) {
        if (y >= top && y < bottom && x >= left && x < right) {
          continue;
        }
        const value = seen[(channel * side + y) * side + x]!;
        mean += value;
        square += value * value;
      }
    }
    record.writeFloatLE(mean / side ** 2, offsets[0] + channel * 4);
    record.writeFloatLE(square / side ** 2, offsets[1] + channel * 4);
  }
}
