import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    // Modules are transformed again only where they have changed: a sixth of the time of npm run check.
    experimental: { fsModuleCache: true },
    tags: [
      {
        name: 'slow',
        description: 'Takes a quarter of a second or more of a core: left out by npm run check.',
      },
    ],
    // Two cores: as many workers. Models of the tests are small enough to decode on one thread each, so
    // that no two of them spin on one core; see docs/adr/0004-batching.md.
    projects: [
      {
        test: {
          name: 'unit',
          include: ['{src,lab,test/support}/**/*.test.ts'],
          exclude: ['src/**/*.mocked.test.ts'],
          setupFiles: ['test/support/default-runs.ts'],
          // Modules are loaded once for all files, which takes an eighth of the time.
          isolate: false,
          maxWorkers: 2,
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          // Tests that put another module in the place of one.
          name: 'unit-mocked',
          include: ['src/**/*.mocked.test.ts'],
          setupFiles: ['test/support/default-runs.ts'],
          maxWorkers: 2,
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'models',
          include: ['test/{models,http,page,cli}/**/*.test.ts'],
          setupFiles: ['test/support/built-engine.ts'],
          maxWorkers: 2,
          testTimeout: 600_000,
          hookTimeout: 600_000,
        },
      },
    ],
  },
});
