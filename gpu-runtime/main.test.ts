import { spawn, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { systemClock } from '#media/clock.ts';
import { startRedis, whyNoRedis } from '#media/testing/redis-server.ts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RedisConnection } from './client/pool/discovery/redis-connection.ts';
import { byRedis } from './client/pool/discovery/redis-registry.ts';
import { ModelFolder } from './testing/model-folder.ts';
import { tinyOnnx } from './testing/tiny-onnx.ts';

const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url));
const CONFIG = `
  platform: "onnxruntime_onnx"
  input { name: "IN" data_type: TYPE_FP32 dims: [ -1 ] }
  output { name: "OUT" data_type: TYPE_FP32 dims: [ -1 ] }
`;

interface Program {
  process: ChildProcess;
  /** The first line of output, or what was said until the end. */
  firstLine: Promise<string>;
  ended: Promise<{ code: number | null; said: string }>;
}

function run(...args: string[]): Program {
  const child = spawn(process.execPath, ['--import', 'tsx', MAIN, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  let output = '';
  const firstLine = new Promise<string>((resolve) => {
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      if (output.includes('\n')) {
        resolve(output.split('\n')[0]!);
      }
    });
    child.once('close', () => {
      resolve(`ended: ${said}`);
    });
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  const ended = new Promise<{ code: number | null; said: string }>((resolve) => {
    child.once('close', (code) => {
      resolve({ code, said: output + said });
    });
  });
  return { process: child, firstLine, ended };
}

/** Processes start slowly on a busy machine. */
const timeout = 60_000;

describe('the runtime’s program', { timeout }, () => {
  let folder: ModelFolder;
  beforeEach(async () => {
    folder = await ModelFolder.create();
  });
  afterEach(() => folder.remove());

  it('explains itself', async () => {
    const { code, said } = await run('--help').ended;
    expect(code).toBe(0);
    expect(said).toMatch(/--models FOLDER[\s\S]*8001/u);
  });

  it.each([
    [['--ports', '1'], /--ports[\s\S]*--help/u],
    [['--http-port', '99999'], /--http-port takes a number/u],
    [['--announce', 'nowhere'], /--announce takes redis/u],
    [['--memory', '2 GiB'], /--memory takes a number/u],
    [['--models', '/nonexistent'], /cannot be read/u],
  ])('says what is wrong with %j', async (args, message) => {
    const { code, said } = await run(...args).ended;
    expect(code).toBe(1);
    expect(said).toMatch(message);
    expect(said).not.toMatch(/\n\s+at /u);
  });

  it('serves, says where, and stops when told', async () => {
    await folder.write('tiny/config.pbtxt', CONFIG);
    await folder.write('tiny/1/model.onnx', tinyOnnx({ shape: ['width'] }));
    await folder.write('broken/config.pbtxt', 'x');
    const large = '{ key: "memory_bytes" value: { string_value: "9000000000" } }';
    await folder.write('large/config.pbtxt', `${CONFIG} parameters ${large}`);
    await folder.write('large/1/model.onnx', tinyOnnx({ shape: ['width'] }));
    const ports = ['--grpc-port', '0', '--http-port', '0'];
    const program = run('--models', folder.path, ...ports, '--memory', '2000', '--json');
    const ready = JSON.parse(await program.firstLine) as { httpPort: number };
    expect(ready).toMatchObject({
      ready: true,
      host: '127.0.0.1',
      models: [{ name: 'tiny', version: '1' }],
      leftOut: [{ name: 'broken' }, { name: 'large' }],
    });
    const response = await fetch(
      `http://127.0.0.1:${String(ready.httpPort)}/v2/models/tiny/infer`,
      {
        method: 'POST',
        body: JSON.stringify({
          inputs: [{ name: 'IN', datatype: 'FP32', shape: [2], data: [3, 4] }],
        }),
      },
    );
    expect(await response.json()).toMatchObject({ outputs: [{ name: 'OUT', data: [6, 8] }] });
    const http = `http://127.0.0.1:${String(ready.httpPort)}`;
    expect(await (await fetch(`${http}/v2/health`)).json()).toMatchObject({
      ready: true,
      device: expect.stringMatching(/^(cpu|cuda)/u) as string,
      capacity_bytes: 2_000 * 2 ** 20,
      models: [{ name: 'tiny', queued: 0 }],
    });
    const metrics = await (await fetch(`${http}/metrics`)).text();
    expect(metrics).toContain('understudy_requests_total{model="tiny",outcome="succeeded"} 1');
    expect(metrics).toContain('understudy_memory_holding_bytes{name="model/tiny",measured="true"}');
    program.process.kill('SIGTERM');
    expect((await program.ended).code).toBe(0);
  });
});

describe.skipIf(whyNoRedis() !== undefined)(
  'a runtime that enters itself in Redis',
  { timeout },
  () => {
    it('is found while it lives', async () => {
      const folder = await ModelFolder.create();
      const server = await startRedis();
      const redis = new RedisConnection({ url: server.url, clock: systemClock });
      try {
        await folder.write('tiny/config.pbtxt', CONFIG);
        await folder.write('tiny/1/model.onnx', tinyOnnx({ shape: ['width'] }));
        const ports = ['--grpc-port', '0', '--http-port', '0', '--json'];
        const entry = ['--announce', server.url, '--address', 'gpu-1:8001', '--drain-ms', '0'];
        const program = run('--models', folder.path, ...ports, ...entry);
        await program.firstLine;
        expect(await byRedis(redis)()).toEqual(['gpu-1:8001']);
        program.process.kill('SIGTERM');
        expect((await program.ended).code).toBe(0);
        expect(await byRedis(redis)()).toEqual([]);
      } finally {
        redis.close();
        await server.close();
        await folder.remove();
      }
    });
  },
);
