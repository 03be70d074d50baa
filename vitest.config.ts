import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    // Two cores and spinning native threads: see docs/adr/0004-batching.md.
    projects: [
      {
        test: {
          name: 'unit',
          include: ['src/**/*.test.ts'],
          maxWorkers: 2,
          testTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'models',
          include: ['test/**/*.test.ts'],
          maxWorkers: 1,
          testTimeout: 600_000,
          hookTimeout: 600_000,
        },
      },
    ],
  },
});
