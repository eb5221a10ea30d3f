import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '#media/clock.ts';
import { Random } from '#media/performer/random.ts';
import { loadOnnxExecutor } from '../execution/onnx-executor.ts';
import { OnnxGraph } from '../onnx/onnx-graph.ts';
import { readModelConfig } from '../repository/model-config.ts';
import { Runtime } from '../runtime/runtime.ts';
import { tinyOnnx } from '../testing/tiny-onnx.ts';
import { faceInput, faceOutput } from './face-input.ts';
import { melSpectrogram, melWindow, MEL_BANDS, SAMPLE_RATE_HZ } from './mel-spectrogram.ts';

const SIDE = 32;
const CONFIG = `
  platform: "onnxruntime_onnx"
  max_batch_size: 8
  input [
    { name: "mel_spectrogram" data_type: TYPE_FP32 dims: [ 1, 80, 16 ] },
    { name: "video_frames" data_type: TYPE_FP32 dims: [ 6, ${String(SIDE)}, ${String(SIDE)} ] }
  ]
  output [ { name: "output" data_type: TYPE_FP32 dims: [ 3, ${String(SIDE)}, ${String(SIDE)} ] } ]
  dynamic_batching { }
`;

function tone(hertz: number, seconds: number): Float32Array {
  return Float32Array.from(
    { length: seconds * SAMPLE_RATE_HZ },
    (_, i) => 0.5 * Math.sin((2 * Math.PI * hertz * i) / SAMPLE_RATE_HZ),
  );
}

/** A network of the contract's shape with weights of chance: what it hears moves every pixel, what it sees moves near ones. */
function chanceNetwork(): Uint8Array {
  const random = new Random(3);
  const chance = (count: number, size: number): number[] =>
    Array.from({ length: count }, () => size * random.normal());
  const graph = OnnxGraph.read(tinyOnnx());
  graph.nodes = [];
  graph.inputs = [
    { name: 'mel_spectrogram', element: 1, shape: ['rows', 1, 80, 16] },
    { name: 'video_frames', element: 1, shape: ['rows', 6, SIDE, SIDE] },
  ];
  graph.outputs = [{ name: 'output', element: 1, shape: ['rows', 3, SIDE, SIDE] }];
  graph.addConstant('hear', chance(3 * 80 * 16, 0.02), [3, 1, 80, 16]);
  graph.addConstant('see', chance(3 * 6 * 9, 0.3), [3, 6, 3, 3]);
  graph.add('Conv', ['mel_spectrogram', 'hear'], ['heard']);
  graph.add('Conv', ['video_frames', 'see'], ['seen'], { pads: [1, 1, 1, 1] });
  graph.add('Add', ['seen', 'heard'], ['both']);
  graph.add('Sigmoid', ['both'], ['output']);
  return graph.write();
}

describe('mel columns', () => {
  it('are at the floor for silence, 80 a second', () => {
    const mel = melSpectrogram(new Float32Array(SAMPLE_RATE_HZ));
    expect(mel.length).toBe(81 * MEL_BANDS);
    expect(mel.every((value) => value === -4)).toBe(true);
  });

  it('peak in a higher band for a higher tone', () => {
    const peaks = [200, 500, 1_000, 2_000, 4_000, 7_000].map((hertz) => {
      const mel = melSpectrogram(tone(hertz, 0.5));
      const column = mel.subarray(20 * MEL_BANDS, 21 * MEL_BANDS);
      return column.indexOf(Math.max(...column));
    });
    expect(peaks).toEqual(peaks.toSorted((a, b) => a - b));
    // 55 Hz are 0.8 mel and 7600 Hz 44.5, in 81 steps; 1 kHz is 15: between bands 25 and 26.
    expect([25, 26]).toContain(peaks[2]);
  });

  it('of a picture begin at its moment and never beyond the sound', () => {
    const mel = Float32Array.from({ length: 40 * MEL_BANDS }, (_, i) => Math.floor(i / MEL_BANDS));
    expect(Array.from(melWindow(mel, 100).subarray(0, 3))).toEqual([8, 9, 10]);
    expect(melWindow(mel, 10_000)[15]).toBe(39);
    expect(melWindow(mel.subarray(0, 2 * MEL_BANDS), 0)[2]).toBe(-4);
  });
});

describe('a face crop', () => {
  it('hides its lower half in the first view and comes back as it was', () => {
    const rgb = Uint8Array.from({ length: SIDE * SIDE * 3 }, (_, i) => (i * 7) % 256);
    const input = faceInput(rgb, SIDE);
    const plane = SIDE * SIDE;
    expect(input.subarray(plane / 2, plane).every((value) => value === 0)).toBe(true);
    expect(input[0]).toBeCloseTo(rgb[2]! / 255);
    expect(faceOutput(input.slice(3 * plane), SIDE)).toEqual(rgb);
    expect(() => faceInput(rgb, SIDE + 1)).toThrow(/The face crop has/u);
  });
});

describe('a network of this contract in the runtime', () => {
  let folder: string;
  let runtime: Runtime;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'understudy-audio-window-'));
    const modelPath = join(folder, 'model.onnx');
    writeFileSync(modelPath, chanceNetwork());
    const config = readModelConfig(CONFIG, join(folder, 'lips'));
    const executor = await loadOnnxExecutor({
      ...{ config, modelPath, clock: systemClock, maxBatchRows: 8 },
    });
    const models = [{ config, version: '1', executor }];
    runtime = new Runtime({ models, clock: systemClock, version: '0.0.0' });
  });
  afterAll(async () => {
    await runtime.close();
    rmSync(folder, { recursive: true });
  });

  it('gives every room its own face, whoever shares its batch', async () => {
    const speech = melSpectrogram(tone(700, 1));
    const faces = [40, 90, 200].map((level) => new Uint8Array(SIDE * SIDE * 3).fill(level));
    const ask = async (room: number, tMs: number): Promise<Float32Array> => {
      const tensor = (name: string, shape: number[], values: Float32Array) => ({
        ...{ name, shape, datatype: 'FP32' as const },
        data: new Uint8Array(values.buffer),
      });
      const { outputs } = await runtime.infer({
        ...{ modelName: 'lips', modelVersion: '', id: '', outputs: [] },
        inputs: [
          tensor('mel_spectrogram', [1, 1, 80, 16], melWindow(speech, tMs)),
          tensor('video_frames', [1, 6, SIDE, SIDE], faceInput(faces[room]!, SIDE)),
        ],
        scheduling: {
          ...{ priority: 0 as const, timeoutMs: 10_000, batchKey: '' },
          session: String(room),
        },
      });
      return new Float32Array(Uint8Array.from(outputs[0]!.data).buffer);
    };
    const together = await Promise.all([0, 1, 2].map((room) => ask(room, room * 40)));
    for (const room of [0, 1, 2]) {
      const alone = await ask(room, room * 40);
      expect(alone.length).toBe(3 * SIDE * SIDE);
      alone.forEach((value, i) => {
        expect(Math.abs(value - together[room]![i]!)).toBeLessThan(1e-5);
      });
    }
    expect(together[0]).not.toEqual(together[1]);
    expect(runtime.models[0]!.statistics().executionCount).toBeLessThan(6);
  });
});
