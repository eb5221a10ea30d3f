/** Loaded into signaling before its entry (`--import`), so that the bench can look inside; needs `--expose-gc` and IPC. */
import type { Gauge } from './stack.ts';

process.on('message', (message) => {
  if (message !== 'gauge') {
    return;
  }
  // Twice: what a first collection finalises is free at the second.
  globalThis.gc?.();
  globalThis.gc?.();
  const { rss, heapUsed, external } = process.memoryUsage();
  const resources: Record<string, number> = {};
  for (const kind of process.getActiveResourcesInfo()) {
    resources[kind] = (resources[kind] ?? 0) + 1;
  }
  const gauge: Gauge = { rss, heapUsed, external, resources };
  process.send?.({ gauge });
});
// Signaling ends when it is told to, whether somebody listens to it or not.
process.channel?.unref();
