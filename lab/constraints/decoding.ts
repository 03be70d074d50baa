import { LoadedRecipe, resolveRecipe, type Recipe } from '../../src/index.ts';
import { modelsFolder } from '../../test/support/atlas-questions.ts';
import {
  interleave,
  processorSince,
  ratioOf,
  showSummary,
  type Summary,
} from '../shared/measure.ts';
import { embeddedFiles, proxyTuningRecipe } from '../shared/recipes.ts';
import { showTable } from '../shared/table.ts';

const rounds = 9;
const maxTokens = 96;

interface DecodingResults {
  readonly name: string;
  /** Processor time per token / a free token's, of the same round. */
  readonly ratios: Readonly<Record<string, Summary>>;
}

export async function measureDecoding(): Promise<readonly DecodingResults[]> {
  const engine = { contextLength: 512, threads: 1, maxSequences: 1 };
  const alone = resolveRecipe(
    {
      name: 'alone',
      models: { base: embeddedFiles.base },
      base: 'base',
      engine,
      speculation: 'off',
    },
    { directory: modelsFolder },
  );
  return [
    { name: 'one model', ratios: await decodingRatios(alone) },
    {
      name: 'proxy-tuning, three models',
      ratios: await decodingRatios(proxyTuningRecipe('three', embeddedFiles, engine)),
    },
  ];
}

async function decodingRatios(recipe: Recipe): Promise<Readonly<Record<string, Summary>>> {
  await using trimtab = await LoadedRecipe.load(recipe);
  const timed = (options: object) => async (): Promise<number> => {
    const start = process.cpuUsage();
    const { tokens } = await trimtab.generate('Which guild did Dasa Torran belong to?', {
      temperature: 0,
      maxTokens,
      ...options,
    });
    return processorSince(start) / tokens.length;
  };
  const names = ['a_name_that_must_be_written', 'another_one_that_must_follow_it'];
  const form = {
    type: 'object',
    properties: Object.fromEntries(names.map((name) => [name, { type: 'boolean' }])),
    required: names,
    additionalProperties: false,
  };
  const times = await interleave(
    {
      free: timed({}),
      'any text': timed({ constraint: { regex: '[^]*' } }),
      'a string': timed({ constraint: { jsonSchema: { type: 'string', minLength: 60 } } }),
      'an object': timed({ constraint: { jsonSchema: { type: 'object' } } }),
      'a form, mostly names': timed({ constraint: { jsonSchema: form } }),
      'the same, token by token': timed({ constraint: { jsonSchema: form }, logprobs: 1 }),
    },
    rounds,
    recipe.name,
  );
  const { free, ...others } = times;
  return Object.fromEntries(
    Object.entries(others).map(([name, values]) => [name, ratioOf(values, free)]),
  );
}

export function showDecoding(decoding: readonly DecodingResults[]): string {
  return [
    `# Processor time per token / free, embedded models, ${rounds} rounds: median (lowest–highest)`,
    ...decoding.map(({ name, ratios }) => {
      const rows = Object.entries(ratios).map(([kind, ratio]) => [kind, showSummary(ratio)]);
      return showTable([[name, ''], ...rows]);
    }),
  ].join('\n\n');
}
