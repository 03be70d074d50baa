import { expect, it } from 'vitest';

import { lanesOf, workloadsOf, type Material } from './workloads.ts';

const material: Material = {
  questions: ['a', 'b', 'c'],
  edits: ['d'],
  schemas: [{ name: 'tool', schema: { type: 'object' } }],
  alone: 2,
  maxTokens: 5,
  maxTokensOfSchema: 6,
  maxTokensOfEdit: 7,
};

const named = (given: Material) =>
  new Map(workloadsOf(given).map(({ name, groups }) => [name, groups]));

it('asks one after the other, and sixteen at once', () => {
  const workloads = named(material);
  const sizes = [...workloads].map(([name, groups]) => [name, groups.map(({ length }) => length)]);
  expect(Object.fromEntries(sizes)).toEqual({
    chat: [1, 1],
    'JSON under a schema': [1],
    'editing what is in the prompt': [1],
    'sampling at T = 1': [1, 1],
    'sixteen at once': [16],
  });
  expect(workloads.get('JSON under a schema')![0]![0]!.options).toMatchObject({
    temperature: 0,
    maxTokens: 6,
    constraint: { jsonSchema: { type: 'object' } },
  });
});

it('takes few lanes where few are used: drafts then have room', () => {
  const lanes = workloadsOf(material).map((workload) => [workload.name, lanesOf(workload)]);
  expect(Object.fromEntries(lanes)).toMatchObject({ chat: 4, 'sixteen at once': 16 });
});

it('samples with seeds, so that answers can be compared', () => {
  const sampled = named(material).get('sampling at T = 1')!.flat();
  expect(sampled.map(({ options }) => [options.temperature, options.seed])).toEqual([
    [1, 0],
    [1, 1],
  ]);
});

it('leaves out what there is nothing to ask for', () => {
  const names = [...named({ ...material, schemas: null, edits: [] }).keys()];
  expect(names).toEqual(['chat', 'sampling at T = 1', 'sixteen at once']);
});
