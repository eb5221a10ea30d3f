/**
 * The worker thread of the ONNX executor: one session. A run blocks its thread, so it has its own. It is plain
 * JavaScript because a worker thread starts outside the loader that reads TypeScript.
 *
 * In: `{ id, inputs: [{ name, datatype, shape, data }] }`. Out: `{ id, outputs }` of the same form or `{ id, problem }`;
 * first `{ ready: true, provider, problems, inputNames, outputNames }` or `{ ready: false, problem }`. Tensors are transferred
 * both ways.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { InferenceSession, Tensor } from 'onnxruntime-node';

const port = parentPort;
if (port === null) throw new Error('This module runs in a worker thread only.');

const { modelPath, providers, intraOpThreads, outputNames } = workerData;

/** Per datatype of the protocol: onnxruntime's name and the array that holds it. @type {Record<string, [string, any]>} */
const TYPES = {
  BOOL: ['bool', Uint8Array],
  UINT8: ['uint8', Uint8Array],
  UINT16: ['uint16', Uint16Array],
  UINT32: ['uint32', Uint32Array],
  UINT64: ['uint64', BigUint64Array],
  INT8: ['int8', Int8Array],
  INT16: ['int16', Int16Array],
  INT32: ['int32', Int32Array],
  INT64: ['int64', BigInt64Array],
  FP16: ['float16', Uint16Array],
  FP32: ['float32', Float32Array],
  FP64: ['float64', Float64Array],
};
const DATATYPES = new Map(Object.entries(TYPES).map(([datatype, [type]]) => [type, datatype]));

/** In one line. @param {unknown} error */
const problemOf = (error) =>
  (error instanceof Error ? error.message : String(error)).replace(/\s+/gu, ' ').slice(0, 400);

/** @param {Uint8Array} data */
function readStrings(data) {
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  const strings = [];
  for (let at = 0; at < bytes.length;) {
    const length = bytes.readUInt32LE(at);
    strings.push(bytes.toString('utf8', at + 4, at + 4 + length));
    at += 4 + length;
  }
  return strings;
}

/** @param {readonly string[]} strings */
function writeStrings(strings) {
  const sizes = strings.map((text) => Buffer.byteLength(text));
  const data = new Uint8Array(sizes.reduce((sum, size) => sum + 4 + size, 0));
  const bytes = Buffer.from(data.buffer);
  let at = 0;
  strings.forEach((text, index) => {
    bytes.writeUInt32LE(sizes[index] ?? 0, at);
    bytes.write(text, at + 4);
    at += 4 + (sizes[index] ?? 0);
  });
  return data;
}

/** @param {{ datatype: string, shape: number[], data: Uint8Array }} tensor */
function toOnnx({ datatype, shape, data }) {
  if (datatype === 'BYTES') return new Tensor('string', readStrings(data), shape);
  const [type, Elements] = TYPES[datatype] ?? ['', Uint8Array];
  const elements = new Elements(
    data.buffer,
    data.byteOffset,
    data.byteLength / Elements.BYTES_PER_ELEMENT,
  );
  return new Tensor(type, elements, shape);
}

/** @param {string} name @param {any} tensor */
function fromOnnx(name, { type, dims, data }) {
  const shape = [...dims];
  if (type === 'string') return { name, datatype: 'BYTES', shape, data: writeStrings(data) };
  const datatype = DATATYPES.get(type);
  if (datatype === undefined) throw new Error(`Output “${name}” is ${type}, which has no name.`);
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return { name, datatype, shape, data: bytes };
}

async function open() {
  const problems = [];
  for (const provider of providers) {
    try {
      const session = await InferenceSession.create(modelPath, {
        executionProviders: provider === 'cpu' ? ['cpu'] : [provider, 'cpu'],
        intraOpNumThreads: intraOpThreads,
        interOpNumThreads: 1,
        executionMode: 'sequential',
        graphOptimizationLevel: 'all',
        logSeverityLevel: 3,
        // Threads that spin while they wait would take the core that the servers need.
        extra: { session: { intra_op: { allow_spinning: '0' } } },
      });
      return { session, provider, problems };
    } catch (error) {
      problems.push(`${provider}: ${problemOf(error)}`);
    }
  }
  throw new Error(problems.join(' '));
}

try {
  const { session, provider, problems } = await open();
  port.on('message', async ({ id, inputs }) => {
    try {
      /** @type {Record<string, any>} */
      const feeds = {};
      for (const input of inputs) feeds[input.name] = toOnnx(input);
      const results = await session.run(feeds, outputNames);
      const outputs = outputNames.map((/** @type {string} */ name) =>
        fromOnnx(name, results[name]),
      );
      port.postMessage(
        { id, outputs },
        // A graph may give one tensor under two names; memory is transferred once.
        [
          ...new Set(
            outputs.map((/** @type {{ data: Uint8Array }} */ output) => output.data.buffer),
          ),
        ],
      );
    } catch (error) {
      port.postMessage({ id, problem: problemOf(error) });
    }
  });
  const { inputNames } = session;
  port.postMessage({
    ready: true,
    provider,
    problems,
    inputNames,
    outputNames: session.outputNames,
  });
} catch (error) {
  port.postMessage({ ready: false, problem: problemOf(error) });
}
