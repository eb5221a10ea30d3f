import { InferenceSession, Tensor } from 'onnxruntime-node';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { tinyOnnx } from '../testing/tiny-onnx.ts';
import { OnnxGraph } from './onnx-graph.ts';
import { readFields, writeFields } from './protobuf.ts';

const OPTIONS = { logSeverityLevel: 3 } as const;

async function run(file: Uint8Array, values: number[]): Promise<number[]> {
  const session = await InferenceSession.create(file, OPTIONS);
  const fed = new Tensor('float32', Float32Array.from(values), [1, values.length]);
  const { OUT } = await session.run({ IN: fed });
  return Array.from(OUT!.data as Float32Array);
}

describe('an ONNX graph', () => {
  it('that is read and written does what it did', async () => {
    const file = OnnxGraph.read(tinyOnnx({ factor: 3 })).write();
    expect(await run(file, [1, -2])).toEqual([3, -6]);
  });

  it('does what is added to it', async () => {
    const graph = OnnxGraph.read(tinyOnnx({ factor: 3 }));
    expect(graph.inputs).toEqual([{ name: 'IN', element: 1, shape: ['batch', 'width'] }]);
    graph.nodes[0]!.outputs[0] = 'before';
    graph.addConstant('one', [1], []);
    graph.add('Add', ['before', 'one'], ['OUT']);
    expect(await run(graph.write(), [1, -2])).toEqual([4, -5]);
  });

  it('is refused where the file is none, whatever its bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          OnnxGraph.read(bytes);
        } catch (error) {
          expect(error).toMatchObject({ code: 'MODEL_INVALID' });
        }
      }),
    );
  });

  it('keeps every field of a message that it does not know', () => {
    const message = tinyOnnx();
    expect(writeFields(readFields(message))).toEqual(message);
  });
});
