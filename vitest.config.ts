import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    // The whole system ends its calls before it stops.
    teardownTimeout: 40_000,
    projects: [
      {
        test: {
          name: 'unit',
          include: [
            '{agents,bench,config,gpu-runtime,launch,media,nginx,signaling,web}/**/*.test.{ts,tsx}',
          ],
          // Two cores also run the engines under test.
          maxWorkers: 2,
          testTimeout: 30_000,
        },
      },
      {
        test: {
          name: 'rooms',
          include: ['tests/**/*.test.ts'],
          globalSetup: ['tests/running-system.ts'],
          // One room at a time: each fills the machine.
          fileParallelism: false,
          testTimeout: 90_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
