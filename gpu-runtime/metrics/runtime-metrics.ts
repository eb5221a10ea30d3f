/** What the runtime tells Prometheus. Names and units: README of `gpu-runtime`. */
import type { MemoryState } from '../memory/memory-admission.ts';
import type { Runtime } from '../runtime/runtime.ts';
import type { ServedModel } from '../runtime/served-model.ts';
import { PrometheusText, type MetricSource, type Sample } from './prometheus.ts';

/** `sources`: others of this process, a cache for one. */
export function runtimeMetrics(runtime: Runtime, sources: readonly MetricSource[] = []): string {
  const text = new PrometheusText();
  const { models } = runtime;
  const perModel = (value: (model: ServedModel) => number): Sample[] =>
    models.map((model) => ({ labels: { model: model.config.name }, value: value(model) }));
  text.gauge(
    'understudy_model_info',
    'Models served: version, provider.',
    models.map(({ config: { name }, version, executor: { provider } }) => ({
      labels: { model: name, version, provider },
      value: 1,
    })),
  );
  text.gauge(
    'understudy_queue_requests',
    'Requests that wait.',
    perModel(({ queued }) => queued),
  );
  text.gauge(
    'understudy_running',
    'Runs under way.',
    perModel(({ running }) => running),
  );
  text.counter(
    'understudy_requests_total',
    'Requests by how they ended.',
    models.flatMap(({ config: { name }, counters }) => {
      const { succeeded, failed, rejected, expired, cancelled } = counters;
      return Object.entries({ succeeded, failed, rejected, expired, cancelled }).map(
        ([outcome, value]) => ({ labels: { model: name, outcome }, value }),
      );
    }),
  );
  text.counter(
    'understudy_invalid_requests_total',
    'Requests refused before they were queued.',
    perModel(({ invalid }) => invalid),
  );
  text.histogram(
    'understudy_request_seconds',
    'From a request to its answer.',
    models.map(({ config: { name }, latency }) => ({
      labels: { model: name },
      histogram: latency,
    })),
  );
  text.histogram(
    'understudy_batch_rows',
    'Rows of one run.',
    models.map(({ config: { name }, rows }) => ({ labels: { model: name }, histogram: rows })),
  );
  text.counter(
    'understudy_queue_seconds_total',
    'Time that answered requests waited.',
    perModel(({ counters }) => counters.queueMs / 1_000),
  );
  text.counter(
    'understudy_run_seconds_total',
    'Time that runs took.',
    perModel(({ counters }) => counters.runMs / 1_000),
  );
  text.gauge(
    'understudy_dead_letters',
    'Background work that failed for good, of the last hundred.',
    perModel(({ deadLetters }) => deadLetters.length),
  );
  text.gauge(
    'understudy_model_bytes',
    'Memory of a model, as measured.',
    perModel(({ executor }) => executor.bytes),
  );
  if (runtime.memory !== undefined) {
    memoryMetrics(text, runtime.memory.state);
  }
  text.gauge('process_resident_memory_bytes', 'Resident memory of this process.', [
    { value: process.memoryUsage.rss() },
  ]);
  text.counter('process_cpu_seconds_total', 'User and system time of this process.', [
    { value: cpuSeconds() },
  ]);
  for (const add of sources) {
    add(text);
  }
  return text.toString();
}

function memoryMetrics(text: PrometheusText, state: MemoryState): void {
  const { capacityBytes, usedBytes, availableBytes, evictions, refusals, shortages } = state;
  text.gauge('understudy_memory_bytes', 'Memory of the device as it is admitted.', [
    { labels: { kind: 'capacity' }, value: capacityBytes },
    { labels: { kind: 'used' }, value: usedBytes },
    { labels: { kind: 'available' }, value: availableBytes },
  ]);
  text.gauge(
    'understudy_memory_holding_bytes',
    'Memory of each model and face.',
    state.holdings.map(({ name, bytes, measured }) => ({
      labels: { name, measured: String(measured) },
      value: bytes,
    })),
  );
  text.counter('understudy_memory_evictions_total', 'Idle things that made room.', [
    { value: evictions },
  ]);
  text.counter('understudy_memory_refusals_total', 'Things that found no room.', [
    { value: refusals },
  ]);
  text.counter('understudy_memory_shortages_total', 'Errors of memory that were survived.', [
    { value: shortages },
  ]);
}

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}
