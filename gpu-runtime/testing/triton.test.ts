import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '#media/clock.ts';
import { findPython } from '../execution/python.ts';
import { loadModels } from '../execution/model-loader.ts';
import { Runtime } from '../runtime/runtime.ts';
import { HttpInferenceServer } from '../server/http-server.ts';
import { startTriton, whyNoTriton } from './triton.ts';

const MODELS = fileURLToPath(new URL('../models', import.meta.url));
const START_MS = 90_000;

interface Running {
  httpPort: number;
  close: () => Promise<void>;
}

async function startOwn(): Promise<Running> {
  const { models } = await loadModels({ folder: MODELS, clock: systemClock, say: () => undefined });
  const runtime = new Runtime({ models, clock: systemClock, version: '0.0.0' });
  const server = new HttpInferenceServer({ service: runtime });
  const httpPort = await server.start();
  const close = async (): Promise<void> => {
    await server.close();
    await runtime.close();
  };
  return { httpPort, close };
}

const noPython = findPython() === undefined ? 'no Python with numpy' : undefined;

// One repository, two servers: what a client may rely on is what both do.
describe.each([
  {
    name: 'real Triton',
    skip: whyNoTriton(),
    start: () => startTriton({ models: MODELS, load: ['echo'] }) as Promise<Running>,
  },
  { name: 'this runtime', skip: noPython, start: startOwn },
])('the echo of gpu-runtime/models in $name', ({ skip, start }) => {
  describe.skipIf(skip !== undefined)(skip ?? 'over HTTP', () => {
    let running: Running;
    const get = (path: string): Promise<Response> =>
      fetch(`http://127.0.0.1:${String(running.httpPort)}/v2/${path}`);
    const infer = (body: object): Promise<Response> =>
      fetch(`http://127.0.0.1:${String(running.httpPort)}/v2/models/echo/infer`, {
        method: 'POST',
        body: JSON.stringify(body),
      });

    beforeAll(async () => {
      running = await start();
    }, START_MS);
    afterAll(async () => {
      await running.close();
    }, START_MS);

    it('is live and ready', async () => {
      for (const path of ['health/live', 'health/ready', 'models/echo/ready']) {
        expect((await get(path)).status, path).toBe(200);
      }
    });

    it('describes the model', async () => {
      expect(await (await get('models/echo')).json()).toMatchObject({
        name: 'echo',
        versions: ['1'],
        platform: 'python',
        inputs: [{ name: 'IN', datatype: 'FP32', shape: [-1, -1] }],
        outputs: [{ name: 'OUT', datatype: 'FP32', shape: [-1, -1] }],
      });
    });

    it('answers several callers at once, each with its own', async () => {
      const answers = await Promise.all(
        [1, 2, 3, 4, 5].map(async (value) => {
          const input = { name: 'IN', datatype: 'FP32', shape: [1, 2], data: [value, -value] };
          const response = await infer({ id: `r${String(value)}`, inputs: [input] });
          return (await response.json()) as object;
        }),
      );
      answers.forEach((answer, index) => {
        expect(answer).toMatchObject({
          id: `r${String(index + 1)}`,
          model_name: 'echo',
          outputs: [
            { name: 'OUT', datatype: 'FP32', shape: [1, 2], data: [index + 1, -index - 1] },
          ],
        });
      });
    });

    it('tells a caller of a wrong type that it is wrong', async () => {
      const input = { name: 'IN', datatype: 'INT32', shape: [1, 1], data: [1] };
      const response = await infer({ inputs: [input] });
      expect(response.status).toBeGreaterThanOrEqual(400);
      expect(await response.json()).toMatchObject({
        error: expect.stringContaining('IN') as string,
      });
    });
  });
});
