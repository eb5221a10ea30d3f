/**
 * The worker thread of smart-turn: one ONNX session on one core. Inference blocks its thread, so it has its own.
 * It is plain JavaScript because a worker thread starts outside the loader that reads TypeScript.
 *
 * In: `{ id, features: Float32Array }`, 80 bands of 800 frames. Out: `{ id, probability }` or `{ id, problem }`;
 * first `{ ready: true }` or `{ ready: false, problem }`.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { InferenceSession, Tensor } from 'onnxruntime-node';

const port = parentPort;
if (port === null) throw new Error('This module runs in a worker thread only.');

/** @param {unknown} error */
const problemOf = (error) => (error instanceof Error ? error.message : String(error));

/** @param {InferenceSession} session @param {Float32Array} features */
async function judge(session, features) {
  const input = new Tensor('float32', features, [1, 80, 800]);
  const outputs = await session.run({ [session.inputNames[0] ?? 'input_features']: input });
  const output = outputs[session.outputNames[0] ?? ''];
  return Number(output?.data[0]);
}

try {
  const session = await InferenceSession.create(workerData.modelPath, {
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    graphOptimizationLevel: 'all',
  });
  // The first run is several times slower than the rest; it happens before anybody waits for it.
  await judge(session, new Float32Array(80 * 800));
  port.on('message', async ({ id, features }) => {
    try {
      port.postMessage({ id, probability: await judge(session, features) });
    } catch (error) {
      port.postMessage({ id, problem: problemOf(error) });
    }
  });
  port.postMessage({ ready: true });
} catch (error) {
  port.postMessage({ ready: false, problem: problemOf(error) });
}
