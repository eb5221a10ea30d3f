/**
 * The worker thread that decodes faces: a session per avatar over its bank. It is plain JavaScript because a worker thread
 * starts outside the loader that reads TypeScript.
 *
 * In: `{ kind: 'run', id, avatar, frames, params, open? }`, where `open` is `{ decoder, records }` in shared memory the
 * first time that the avatar is named, and `{ kind: 'drop', avatar }`. Out: `{ id, outputs: [{ name, shape, data }] }` or
 * `{ id, problem }`; first `{ ready: true }`.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { InferenceSession, Tensor } from 'onnxruntime-node';

const port = parentPort;
if (port === null) throw new Error('This module runs in a worker thread only.');

const { providers, intraOpThreads, parts, recordBytes, parameters } = workerData;
const OUTPUTS = ['RGB', 'I420'];

/** @type {Map<string, { session: InferenceSession, records: SharedArrayBuffer }>} */
const avatars = new Map();
let provider = '';

/** In one line. @param {unknown} error */
const problemOf = (error) =>
  (error instanceof Error ? error.message : String(error)).replace(/\s+/gu, ' ').slice(0, 400);

/** @param {Uint8Array} decoder */
async function createSession(decoder) {
  const problems = [];
  for (const each of providers) {
    try {
      const session = await InferenceSession.create(Uint8Array.from(decoder), {
        executionProviders: each === 'cpu' ? ['cpu'] : [each, 'cpu'],
        intraOpNumThreads: intraOpThreads,
        interOpNumThreads: 1,
        executionMode: 'sequential',
        graphOptimizationLevel: 'all',
        logSeverityLevel: 3,
        // Threads that spin while they wait would take the core that the servers need.
        extra: { session: { intra_op: { allow_spinning: '0' } } },
      });
      provider = each;
      return session;
    } catch (error) {
      problems.push(`${each}: ${problemOf(error)}`);
    }
  }
  throw new Error(problems.join(' '));
}

/**
 * Inputs by their number of rows, filled anew for each run: fresh memory for a bank's rows costs more than copying them.
 * @type {Map<number, { feeds: Record<string, Tensor>, bytes: Map<string, Uint8Array> }>}
 */
const staged = new Map();

/** @param {number} rows */
function stageOf(rows) {
  const known = staged.get(rows);
  if (known !== undefined) return known;
  /** @type {Record<string, Tensor>} */
  const feeds = {};
  const bytes = new Map();
  for (const part of parts) {
    const data = new Uint8Array(rows * part.bytes);
    const dims = [rows, ...part.shape];
    bytes.set(part.name, data);
    feeds[part.name] =
      part.datatype === 'FP16'
        ? new Tensor('float16', new Uint16Array(data.buffer), dims)
        : new Tensor('float32', new Float32Array(data.buffer), dims);
  }
  const stage = { feeds, bytes };
  staged.set(rows, stage);
  return stage;
}

/** Rows of the bank side by side. @param {SharedArrayBuffer} records @param {Int32Array} frames */
function gather(records, frames) {
  const { feeds, bytes } = stageOf(frames.length);
  for (const part of parts) {
    const data = bytes.get(part.name);
    frames.forEach((frame, row) => {
      const at = frame * recordBytes + part.offset;
      data?.set(new Uint8Array(records, at, part.bytes), row * part.bytes);
    });
  }
  return { ...feeds };
}

/** @param {any} message */
async function run({ avatar, frames, params, open }) {
  if (open !== undefined) {
    const session = await createSession(open.decoder);
    avatars.set(avatar, { session, records: open.records });
  }
  const entry = avatars.get(avatar);
  if (entry === undefined) throw new Error('The avatar has not been opened in this thread.');
  const feeds = gather(entry.records, frames);
  feeds['params'] = new Tensor('float32', params, [frames.length, parameters]);
  const results = await entry.session.run(feeds, OUTPUTS);
  return OUTPUTS.map((name) => {
    const { dims, data } = /** @type {any} */ (results[name]);
    return { name, shape: [...dims], data };
  });
}

/** @param {string} avatar */
async function drop(avatar) {
  const entry = avatars.get(avatar);
  avatars.delete(avatar);
  await entry?.session.release();
}

port.on('message', async (message) => {
  if (message.kind === 'drop') {
    await drop(message.avatar).catch(() => undefined);
    return;
  }
  try {
    const outputs = await run(message);
    port.postMessage(
      { id: message.id, provider, outputs },
      outputs.map(({ data }) => data.buffer),
    );
  } catch (error) {
    port.postMessage({ id: message.id, problem: problemOf(error) });
  }
});
port.postMessage({ ready: true });
