import { describe, expect, it } from 'vitest';
import { RuntimeError } from '../errors.ts';
import { ELEMENT, OnnxGraph } from '../onnx/onnx-graph.ts';
import { tinyOnnx } from '../testing/tiny-onnx.ts';
import { tellDurations } from './kokoro-durations.ts';

/** A model that rounds something and keeps it from being 0, as Kokoro does with its durations. */
function rounding(): Uint8Array {
  const graph = OnnxGraph.read(tinyOnnx());
  graph.add('Round', ['OUT'], ['rounded']);
  graph.add('Clip', ['rounded'], ['frames']);
  return graph.write();
}

describe('durations of phonemes', () => {
  it('become an output of whole numbers', () => {
    const graph = OnnxGraph.read(tellDurations(rounding()));
    expect(graph.outputs.map(({ name, element }) => ({ name, element }))).toContainEqual({
      name: 'duration',
      element: ELEMENT.INT64,
    });
    expect(graph.nodes.at(-1)).toMatchObject({
      op: 'Cast',
      inputs: ['frames'],
      outputs: ['duration'],
    });
  });

  it('are left as they are where the model tells them', () => {
    const file = tellDurations(rounding());
    expect(tellDurations(file)).toBe(file);
  });

  it('are not guessed in any other model', () => {
    expect(() => tellDurations(tinyOnnx())).toThrow(RuntimeError);
  });
});
