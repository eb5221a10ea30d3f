import { afterEach, describe, expect, it } from 'vitest';
import type { InferenceService } from '#gpu-runtime/ports.ts';
import { GrpcInferenceServer } from '#gpu-runtime/server/grpc-server.ts';
import { connectRuntimes } from './runtimes.ts';

const servers: GrpcInferenceServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

async function serving(...models: string[]): Promise<string> {
  const service: Partial<InferenceService> = {
    live: () => Promise.resolve(true),
    ready: () => Promise.resolve(true),
    modelReady: (name) => Promise.resolve(models.includes(name)),
  };
  const server = new GrpcInferenceServer({ service: service as InferenceService, graceMs: 0 });
  servers.push(server);
  return `127.0.0.1:${String(await server.start())}`;
}

describe('the runtimes of a process', () => {
  it('are one', async () => {
    const runtimes = await connectRuntimes(await serving('whisper'));
    expect(await runtimes.modelReady('whisper')).toBe(true);
    expect(await runtimes.modelReady('piper')).toBe(false);
    await runtimes.close();
  });

  it('are several: a model of any of them can be had, and one that is away is left out', async () => {
    const where = [await serving('whisper'), await serving('piper'), '127.0.0.1:1'].join(',');
    const runtimes = await connectRuntimes(where);
    expect(await runtimes.modelReady('whisper')).toBe(true);
    expect(await runtimes.modelReady('piper')).toBe(true);
    expect(await runtimes.modelReady('face')).toBe(false);
    await runtimes.close();
  });

  it.each(['nowhere', 'host:port', 'dns:name'])('are not “%s”', async (where) => {
    await expect(connectRuntimes(where)).rejects.toThrow(RangeError);
  });
});
