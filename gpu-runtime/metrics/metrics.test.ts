import { FakeClock } from '#media/testing/fake-clock.ts';
import { describe, expect, it } from 'vitest';
import { MemoryAdmission } from '../memory/memory-admission.ts';
import { Runtime } from '../runtime/runtime.ts';
import { floatTensor as floats } from '../testing/configs.ts';
import { ECHO, echoRequest } from '../testing/echo-model.ts';
import { FakeExecutor } from '../testing/fake-executor.ts';
import { Histogram } from './histogram.ts';
import { PrometheusText } from './prometheus.ts';
import { runtimeMetrics } from './runtime-metrics.ts';

describe('the text for Prometheus', () => {
  it('has families with help, type and escaped labels', () => {
    const text = new PrometheusText();
    text.gauge('a', 'What.', [{ labels: { name: 'x"\\\n' }, value: 1.5 }]);
    expect(text.toString()).toBe('# HELP a What.\n# TYPE a gauge\na{name="x\\"\\\\\\n"} 1.5\n');
  });

  it('counts a histogram’s buckets up', () => {
    const histogram = new Histogram([1, 2]);
    [0.5, 1, 1.5, 9].forEach((value) => {
      histogram.observe(value);
    });
    const text = new PrometheusText();
    text.histogram('h', 'What.', [{ histogram }]);
    expect(text.toString().split('\n').slice(2, 7)).toEqual([
      'h_bucket{le="1"} 2',
      'h_bucket{le="2"} 3',
      'h_bucket{le="+Inf"} 4',
      'h_sum 12',
      'h_count 4',
    ]);
  });
});

describe('the runtime’s metrics', () => {
  it('tell of requests, batches, rejects and memory', async () => {
    const clock = new FakeClock();
    const executor = new FakeExecutor(ECHO);
    const memory = new MemoryAdmission({ capacityBytes: 1_000, clock });
    const runtime = new Runtime({
      models: [{ config: ECHO, version: '1', executor }],
      clock,
      version: '0.0.0',
      memory,
    });
    await memory.use(
      {
        name: 'face/ada',
        declaredBytes: 300,
        load: () => Promise.resolve({ value: 0 }),
        unload: () => undefined,
      },
      () => undefined,
    );
    await Promise.all([1, 2, 3].map((value) => runtime.infer(echoRequest(floats([value])))));
    await runtime.infer(echoRequest({ ...floats([1]), name: 'X' })).catch(() => undefined);
    const lines = runtimeMetrics(runtime, [
      (text) => {
        text.gauge('cache_bytes', 'Of a cache.', [{ value: 7 }]);
      },
    ]).split('\n');
    expect(lines).toEqual(
      expect.arrayContaining([
        'understudy_model_info{model="echo",version="1",provider="fake"} 1',
        'understudy_requests_total{model="echo",outcome="succeeded"} 3',
        'understudy_invalid_requests_total{model="echo"} 1',
        'understudy_batch_rows_bucket{model="echo",le="1"} 1',
        'understudy_batch_rows_bucket{model="echo",le="2"} 2',
        'understudy_request_seconds_count{model="echo"} 3',
        'understudy_memory_bytes{kind="used"} 300',
        'understudy_memory_holding_bytes{name="face/ada",measured="false"} 300',
        'cache_bytes 7',
      ]),
    );
    for (const line of lines.filter((each) => each !== '' && !each.startsWith('#'))) {
      expect(line).toMatch(/^[a-z_]+(\{[^}]*\})? [\d.e+-]+$/u);
    }
  });

  it('and its health', async () => {
    const clock = new FakeClock();
    const runtime = new Runtime({
      models: [{ config: ECHO, version: '1', executor: new FakeExecutor(ECHO) }],
      clock,
      version: '0.0.0',
      memory: new MemoryAdmission({ capacityBytes: 1_000, clock }),
      device: 'cpu',
    });
    expect(await runtime.health()).toMatchObject({
      ready: true,
      load: 0,
      device: 'cpu',
      availableBytes: 1_000,
      models: [{ name: 'echo', provider: 'fake', queued: 0 }],
    });
  });

  it('survives a run that found no memory', async () => {
    const clock = new FakeClock();
    const executor = new FakeExecutor(ECHO);
    const memory = new MemoryAdmission({ capacityBytes: 1_000, clock });
    const runtime = new Runtime({
      models: [{ config: ECHO, version: '1', executor }],
      clock,
      version: '0.0.0',
      memory,
    });
    let failures = 1;
    executor.behave = ([input]) =>
      failures-- > 0
        ? Promise.reject(new Error('Failed to allocate memory for requested buffer of size 12'))
        : Promise.resolve([{ ...input!, name: 'OUT' }]);
    await expect(runtime.infer(echoRequest(floats([1])))).resolves.toBeDefined();
    failures = 2;
    await expect(runtime.infer(echoRequest(floats([1])))).rejects.toMatchObject({
      code: 'OUT_OF_MEMORY',
    });
    await expect(runtime.infer(echoRequest(floats([1])))).resolves.toBeDefined();
    expect(memory.state.shortages).toBe(2);
  });
});
