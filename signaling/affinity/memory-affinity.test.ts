import { affinityConformance } from './affinity-conformance.ts';
import { MemoryAffinity } from './memory-affinity.ts';

affinityConformance('affinity in one process', () => {
  let nowMs = 1_000_000;
  const affinity = new MemoryAffinity(() => nowMs);
  return Promise.resolve({
    affinity,
    other: affinity,
    pass: (_id, seconds) => {
      nowMs += seconds * 1_000;
      return Promise.resolve();
    },
    close: () => affinity.close(),
  });
});
