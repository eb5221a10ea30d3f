/**
 * Kokoro's exports for browsers give the sound alone. The length of every phoneme is computed on the way, rounded to whole
 * frames of 25 ms; it becomes a second output, so that mouths follow the voice. The sound stays the same bit for bit.
 */
import { RuntimeError } from '../errors.ts';
import { ELEMENT, OnnxGraph } from '../onnx/onnx-graph.ts';

/** Where kokoro-onnx looks for it: frames per token, whole numbers of 64 bits. */
const OUTPUT = 'duration';

/** The model with that output; as it is where it has it already. Throws MODEL_INVALID where no durations are found in it. */
export function tellDurations(file: Uint8Array): Uint8Array {
  const graph = OnnxGraph.read(file);
  if (graph.outputs.some(({ name }) => name === OUTPUT)) {
    return file;
  }
  // Durations are rounded and then at least 1; nothing else in the model is rounded.
  const rounded = graph.nodes.filter(({ op }) => op === 'Round');
  const atLeastOne = graph.nodes.find(
    ({ op, inputs }) => op === 'Clip' && rounded.some(({ outputs }) => outputs[0] === inputs[0]),
  );
  if (rounded.length !== 1 || atLeastOne === undefined) {
    throw new RuntimeError('MODEL_INVALID', { detail: 'It computes no durations of phonemes.' });
  }
  graph.add('Cast', [atLeastOne.outputs[0]!], [OUTPUT], { to: ELEMENT.INT64 });
  graph.outputs.push({ name: OUTPUT, element: ELEMENT.INT64, shape: [1, 'tokens'] });
  return graph.write();
}
