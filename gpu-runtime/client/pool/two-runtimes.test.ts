/** Two real runtimes on this machine and one pool: one of them is killed, or told to stop, under load. */
import { systemClock } from '#media/clock.ts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { floatTensor as floats, floatsOf } from '../../testing/configs.ts';
import { echoRequest } from '../../testing/echo-model.ts';
import { ModelFolder } from '../../testing/model-folder.ts';
import { startRuntimeProcess, type TestRuntime } from '../../testing/runtime-process.ts';
import { tinyOnnx } from '../../testing/tiny-onnx.ts';
import { GrpcInferenceClient } from '../grpc-client.ts';
import { configured } from './discovery/discovery.ts';
import { RuntimePool } from './runtime-pool.ts';

const CONFIG = `
  platform: "onnxruntime_onnx"
  max_batch_size: 8
  dynamic_batching { }
  input { name: "IN" data_type: TYPE_FP32 dims: [ -1 ] }
  output { name: "OUT" data_type: TYPE_FP32 dims: [ -1 ] }
`;
const SESSIONS = 8;
const REQUESTS = 150;
/** So many answers in all, and then one runtime ends. */
const ENDS_AFTER = 200;
/** The pool looks more often than that. */
const DRAIN_MS = 1_000;
const START_MS = 60_000;

describe('a pool over two runtimes', () => {
  let folder: ModelFolder;
  let runtimes: TestRuntime[];
  let pool: RuntimePool;
  let moved: string[];

  beforeEach(async () => {
    folder = await ModelFolder.create();
    await folder.write('echo/config.pbtxt', CONFIG);
    await folder.write('echo/1/model.onnx', tinyOnnx({ factor: 2 }));
    runtimes = await Promise.all([1, 2].map(() => startRuntimeProcess(folder.path, DRAIN_MS)));
    moved = [];
    pool = new RuntimePool({
      clock: systemClock,
      discover: configured(runtimes.map(({ grpcAddress }) => grpcAddress).join(' ')),
      connect: (address) => new GrpcInferenceClient({ address }),
      onMoved: (session) => moved.push(session),
      checkEveryMs: 100,
    });
    await pool.open();
  }, START_MS);
  afterEach(async () => {
    await pool.close();
    await Promise.all(runtimes.map((runtime) => runtime.kill()));
    await folder.remove();
  }, START_MS);

  it.each<[string, (runtime: TestRuntime) => Promise<void>]>([
    ['is killed', (runtime) => runtime.kill()],
    ['is told to stop', (runtime) => runtime.close()],
  ])(
    'loses no request when one %s under load',
    async (_how, end) => {
      let answered = 0;
      let wrong = 0;
      let ended: Promise<void> | undefined;
      const talk = async (session: string): Promise<void> => {
        for (let index = 0; index < REQUESTS || pool.runtimeOf(session) === doomed; index += 1) {
          const scheduling = { priority: 0 as const, timeoutMs: 5_000, session, batchKey: '' };
          const input = floats([index]);
          const { outputs } = await pool.infer(echoRequest(input, { scheduling }));
          wrong += floatsOf(outputs[0]!)[0] === 2 * index ? 0 : 1;
          answered += 1;
          if (answered === ENDS_AFTER) {
            ended = end(runtimes[0]!);
          }
        }
      };
      const doomed = runtimes[0]!.grpcAddress;
      const sessions = Array.from({ length: SESSIONS }, (_, index) => `lesson_${String(index)}`);
      await Promise.all(sessions.map(talk));
      await ended;
      expect(answered).toBeGreaterThanOrEqual(SESSIONS * REQUESTS);
      expect(wrong).toBe(0);
      expect(moved).toHaveLength(SESSIONS / 2);
      expect(new Set(sessions.map((session) => pool.runtimeOf(session)))).toEqual(
        new Set([runtimes[1]!.grpcAddress]),
      );
    },
    START_MS,
  );
});
