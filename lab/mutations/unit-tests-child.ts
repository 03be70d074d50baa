// One vitest for all mutations: it is told of a file that has changed and of tests, and says which failed first.
import path from 'node:path';

import { createVitest, type TestCase, type TestModule, type TestSpecification } from 'vitest/node';

import type { TestAnswer, TestCall } from './unit-tests.ts';

const say = (answer: TestAnswer): void => {
  process.send?.(answer);
};
const given = <Item>(items: Item[]): Item[] => items;

let failure: string | undefined;
const watch = {
  onTestCaseResult(test: TestCase) {
    if (test.result().state === 'failed')
      failure ??= `${test.module.relativeModuleId}: ${test.fullName}`;
    say({ kind: 'alive' });
  },
  onTestModuleEnd(module: TestModule) {
    if (module.errors().length > 0) failure ??= module.relativeModuleId;
    say({ kind: 'alive' });
  },
};

const vitest = await createVitest('test', {
  watch: false,
  bail: 1,
  project: ['unit', 'unit-mocked'],
  tagsFilter: ['!slow'],
  reporters: [watch],
  maxWorkers: 1,
  sequence: {
    // Tests come in the order that is asked for.
    sequencer: class {
      sort = async (files: TestSpecification[]) => given(files);
      shard = async (files: TestSpecification[]) => given(files);
    },
  },
});
await vitest.standalone();
const all = await vitest.globTestSpecifications();

process.on('message', ({ changed, tests }: TestCall) => {
  void (async () => {
    failure = undefined;
    for (const file of changed) vitest.invalidateFile(path.resolve(file));
    const order = new Map(tests.map((test, i) => [path.resolve(test), i]));
    const specifications = all
      .filter(({ moduleId }) => order.has(moduleId))
      .toSorted((a, b) => order.get(a.moduleId)! - order.get(b.moduleId)!);
    const { unhandledErrors } = await vitest.runTestSpecifications(specifications);
    if (unhandledErrors.length > 0) failure ??= 'an error outside of tests';
    say({ kind: 'done', failure: failure ?? null });
  })();
});
say({ kind: 'ready' });
