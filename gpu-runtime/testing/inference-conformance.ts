/**
 * What every InferenceService promises, as tests: the runtime in this process, a client of ours to our server, and a
 * client of ours to Triton. Each serves the model `echo` of `echo-model.ts`. Call it at the top level of a test file.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { InferenceService } from '../ports.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { floatTensor as floats, floatsOf } from './configs.ts';
import { echoRequest } from './echo-model.ts';

export interface ServedEcho {
  service: InferenceService;
  /** Ends what stands behind the service, after the service itself has been closed. */
  close?: () => Promise<void>;
}

export interface InferenceConformanceOptions {
  name: string;
  create: () => Promise<ServedEcho>;
  /** Skips the suite by name, with the reason. */
  skip?: string | undefined;
}

const START_TIMEOUT_MS = 60_000;

export const describeInferenceService = (options: InferenceConformanceOptions): void => {
  const { name, create, skip } = options;
  const suite = skip === undefined ? describe : describe.skip;
  suite(`${name} as InferenceService${skip === undefined ? '' : ` (skipped: ${skip})`}`, () => {
    let served: ServedEcho | undefined;
    let service: InferenceService;

    beforeAll(async () => {
      served = await create();
      service = served.service;
    }, START_TIMEOUT_MS);
    afterAll(async () => {
      await served?.service.close();
      await served?.close?.();
    }, START_TIMEOUT_MS);

    it('lives, is ready, and says which models are', async () => {
      expect(await service.live()).toBe(true);
      expect(await service.ready()).toBe(true);
      expect(await service.modelReady('echo')).toBe(true);
      expect(await service.modelReady('echo', '1')).toBe(true);
      expect(await service.modelReady('no_such_model')).toBe(false);
    });

    it('names itself and its extensions', async () => {
      const { name: server, version, extensions } = await service.serverMetadata();
      expect(server).not.toBe('');
      expect(version).not.toBe('');
      expect(extensions).toEqual(expect.arrayContaining(['binary_tensor_data', 'statistics']));
    });

    it('tells its health, or that it has none to tell', async () => {
      const health = await service.health?.();
      expect([undefined, 'echo']).toContain(health?.models[0]?.name);
      expect([undefined, true]).toContain(health?.ready);
    });

    it('describes a model, its batch dimension included', async () => {
      expect(await service.modelMetadata('echo')).toMatchObject({
        name: 'echo',
        versions: ['1'],
        inputs: [{ name: 'IN', datatype: 'FP32', shape: [-1, -1] }],
        outputs: [{ name: 'OUT', datatype: 'FP32', shape: [-1, -1] }],
      });
    });

    it('infers, with the request’s id and the model’s version', async () => {
      const answer = await service.infer(echoRequest(floats([1.5, -2, 3e20]), { id: 'a-1' }));
      expect(answer).toMatchObject({ modelName: 'echo', modelVersion: '1', id: 'a-1' });
      expect(answer.outputs).toHaveLength(1);
      const [output] = answer.outputs;
      expect(output).toMatchObject({ name: 'OUT', datatype: 'FP32', shape: [1, 3] });
      expect(floatsOf(output!)).toEqual([1.5, -2, Math.fround(3e20)]);
    });

    it('carries NaN and infinities unharmed', async () => {
      const values = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0];
      const { outputs } = await service.infer(echoRequest(floats(values)));
      expect(floatsOf(outputs[0]!)).toEqual(values);
    });

    it('takes a batch of rows, and one version or output by name', async () => {
      const input = floats([1, 2, 3, 4, 5, 6], [3, 2]);
      const request = echoRequest(input, { modelVersion: '1', outputs: ['OUT'] });
      const { outputs } = await service.infer(request);
      expect(outputs[0]!.shape).toEqual([3, 2]);
      expect(floatsOf(outputs[0]!)).toEqual([1, 2, 3, 4, 5, 6]);
    });

    it('answers preparation too', async () => {
      const scheduling = {
        priority: 1,
        timeoutMs: 5_000,
        session: 'bake',
        batchKey: 'ada',
      } as const;
      const { outputs } = await service.infer(echoRequest(floats([7]), { scheduling }));
      expect(floatsOf(outputs[0]!)).toEqual([7]);
    });

    it('gives several rooms at once each its own', async () => {
      const rooms = Array.from({ length: 24 }, (_none, room) => room);
      const answers = await Promise.all(
        rooms.map((room) => {
          const session = `lesson_${String(room)}`;
          const scheduling = { priority: 0, timeoutMs: 5_000, session, batchKey: '' } as const;
          const values = Array.from({ length: 1 + (room % 3) }, () => room);
          return service.infer(echoRequest(floats(values), { id: session, scheduling }));
        }),
      );
      answers.forEach(({ id, outputs }, room) => {
        expect(id).toBe(`lesson_${String(room)}`);
        expect(new Set(floatsOf(outputs[0]!))).toEqual(new Set([room]));
        expect(outputs[0]!.shape).toEqual([1, 1 + (room % 3)]);
      });
    });

    const misfits: [string, readonly Tensor[]][] = [
      ['a wrong datatype', [{ ...floats([1]), datatype: 'INT32' }]],
      ['a missing dimension', [floats([1, 2], [2])]],
      ['a dimension too many', [floats([1, 2], [1, 2, 1])]],
      ['too large a batch', [floats(Array<number>(9).fill(0), [9, 1])]],
      ['less data than its shape', [{ ...floats([1, 2]), shape: [1, 3] }]],
      ['more data than its shape', [{ ...floats([1, 2]), shape: [1, 1] }]],
      ['a negative size', [{ ...floats([]), shape: [1, -1] }]],
      ['another name', [{ ...floats([1]), name: 'SOUND' }]],
      ['no input', []],
    ];
    it.each(misfits)('refuses %s, and goes on', async (_what, inputs) => {
      const refused = service.infer(echoRequest(floats([1]), { inputs }));
      await expect(refused).rejects.toMatchObject({ code: 'REQUEST_INVALID' });
      await expect(service.infer(echoRequest(floats([1])))).resolves.toBeDefined();
    });

    it('refuses an output that the model has not', async () => {
      const refused = service.infer(echoRequest(floats([1]), { outputs: ['LOUD'] }));
      await expect(refused).rejects.toMatchObject({ code: 'REQUEST_INVALID' });
    });

    it('tells of unknown models', async () => {
      const unknown = { code: 'MODEL_UNKNOWN' };
      const request = echoRequest(floats([1]), { modelName: 'no_such_model' });
      await expect(service.infer(request)).rejects.toMatchObject(unknown);
      await expect(service.modelMetadata('no_such_model')).rejects.toMatchObject(unknown);
      await expect(service.statistics('no_such_model')).rejects.toMatchObject(unknown);
    });

    it('ends an aborted request, and serves on', async () => {
      const before = service.infer(echoRequest(floats([1])), { signal: AbortSignal.abort() });
      await expect(before).rejects.toMatchObject({ code: 'CANCELLED' });
      const controller = new AbortController();
      const during = service.infer(echoRequest(floats([1])), { signal: controller.signal });
      controller.abort();
      await expect(during).rejects.toMatchObject({ code: 'CANCELLED' });
      await expect(service.infer(echoRequest(floats([1])))).resolves.toBeDefined();
    });

    it('counts rows and runs', async () => {
      const [before] = await service.statistics('echo');
      await service.infer(echoRequest(floats([1, 2], [2, 1])));
      await service.infer(echoRequest(floats([3])));
      // Triton counts an answer shortly after it has left.
      await expect
        .poll(async () => (await service.statistics('echo'))[0]!.success.count)
        .toBeGreaterThanOrEqual(before!.success.count + 2);
      const [after] = await service.statistics('echo');
      expect(after).toMatchObject({ name: 'echo', version: '1' });
      expect(after!.inferenceCount).toBeGreaterThanOrEqual(before!.inferenceCount + 3);
      expect(after!.executionCount).toBeGreaterThanOrEqual(before!.executionCount + 2);
      expect(after!.success.totalMs).toBeGreaterThanOrEqual(before!.success.totalMs);
      expect((await service.statistics()).map(({ name: model }) => model)).toContain('echo');
    });
  });
};
