// What constraints cost: masks over 128,000 tokens, compiling, memory, and a constrained token against a
// free one on the embedded models.
import { compileConstraint, createConstraintState } from '../../src/grammar/index.ts';
import { LoadedRecipe, resolveRecipe, type Recipe } from '../../src/index.ts';
import type { Constraint, ConstraintState, TokenId, Vocabulary } from '../../src/spec/index.ts';
import { modelsFolder } from '../../test/support/atlas-questions.ts';
import { experiment } from '../shared/experiment.ts';
import {
  heapBytes,
  interleave,
  machineFacts,
  processorSince,
  ratioOf,
  showMachine,
  showMebibytes,
  showSummary,
  type Summary,
} from '../shared/measure.ts';
import { median } from '../shared/numbers.ts';
import { showProgress } from '../shared/progress.ts';
import { embeddedFiles, proxyTuningRecipe } from '../shared/recipes.ts';
import { showTable, tableOf } from '../shared/table.ts';
import { constraintSubjects, wideSchema, type ConstraintSubject } from './subjects.ts';
import { benchVocabulary } from './vocabulary.ts';

const vocabSize = 128_000;
/** Tokens that may still come: far from the end, and close to it. */
const [far, near] = [1_000_000, 32];

/** Of decoding. */
const rounds = 9;
const maxTokens = 96;

/** Milliseconds. */
interface Spread {
  readonly median: number;
  readonly p99: number;
  readonly worst: number;
}

interface MaskResults {
  readonly name: string;
  readonly tokens: number;
  /** With nothing known of the constraint; then the same document again. */
  readonly cold: Spread;
  readonly again: Spread;
  /** Of the places where an end within {@link near} tokens is possible; `null` if there are none. */
  readonly closing: Spread | null;
  readonly bytes: number;
}

export default experiment({
  flags: {},
  async run(_, print) {
    const vocabulary = benchVocabulary(vocabSize);
    const index = measureIndex(vocabulary);
    const masks = constraintSubjects().map((subject) => {
      showProgress(`masks: ${subject.name}`);
      return measureMasks(subject, vocabulary);
    });
    print(`${showMachine()}\n\n${showMasks(vocabulary.size, index, masks)}\n`);
    const compiling = measureCompiling();
    print(`${showCompiling(compiling)}\n`);
    const decoding = await measureDecoding();
    print(showDecoding(decoding));
    return { data: { machine: machineFacts(), index, masks, compiling, decoding } };
  },
});

interface IndexResults {
  readonly elapsedMs: number;
  readonly bytes: number;
}

/** The first state of a vocabulary's life reads it. */
function measureIndex(read: Vocabulary): IndexResults {
  const compiled = compileConstraint({ choice: ['a'] });
  const bytes = heapBytes();
  const start = performance.now();
  createConstraintState(compiled, read);
  return { elapsedMs: performance.now() - start, bytes: heapBytes() - bytes };
}

function measureMasks(
  { name, constraint, text }: ConstraintSubject,
  over: Vocabulary,
): MaskResults {
  const tokens = over.tokenize(text, { addSpecial: false, parseSpecial: false });
  const before = heapBytes();
  const state = createConstraintState(compileConstraint(constraint), over);
  const cold = walk(state, tokens, far);
  const bytes = heapBytes() - before;
  const again = walk(state, tokens, far);
  const closing = walk(state, tokens, near);
  if (cold.length !== tokens.length) throw new Error(`The text of ${name} is not allowed.`);
  return {
    name,
    tokens: tokens.length,
    cold: spread(cold),
    again: spread(again),
    closing: closing.length === 0 ? null : spread(closing),
    bytes,
  };
}

/** Milliseconds of the mask before each token; places that no end is near enough to are left out. */
function walk(state: ConstraintState, tokens: readonly TokenId[], budget: number): number[] {
  state.truncate(0);
  const times: number[] = [];
  for (const token of tokens) {
    const start = performance.now();
    if (tryMask(state, budget)) times.push(performance.now() - start);
    state.accept(token);
  }
  return times;
}

function tryMask(state: ConstraintState, budget: number): boolean {
  try {
    state.mask(budget);
    return true;
  } catch {
    return false;
  }
}

function spread(times: readonly number[]): Spread {
  const sorted = times.toSorted((a, b) => a - b);
  return {
    median: median(sorted),
    p99: sorted[Math.floor(0.99 * (sorted.length - 1))]!,
    worst: sorted.at(-1)!,
  };
}

interface CompileResults {
  readonly name: string;
  readonly ms: number;
  readonly states: number;
}

function measureCompiling(): readonly CompileResults[] {
  const schemas: Readonly<Record<string, object>> = {
    '100 required properties': wideSchema(100, true) as object,
    '100 optional properties': wideSchema(100, false) as object,
    '1000 required properties': wideSchema(1000, true) as object,
    'a string of at most 1000 characters': { type: 'string', maxLength: 1000 },
    'a string of at most 10,000 characters': { type: 'string', maxLength: 10_000 },
    'at most 10,000 integers': { type: 'array', items: { type: 'integer' }, maxItems: 10_000 },
  };
  return Object.entries(schemas).map(([name, schema]) => {
    showProgress(`compiling: ${name}`);
    let states = 0;
    const times = Array.from({ length: 5 }, (_, round) => {
      // What was compiled before is remembered: a title makes it another schema.
      const constraint: Constraint = { jsonSchema: { ...schema, title: `round ${round}` } };
      const start = performance.now();
      states = compileConstraint(constraint).automaton.size;
      return performance.now() - start;
    });
    return { name, ms: median(times), states };
  });
}

interface DecodingResults {
  readonly name: string;
  /** Processor time per token / a free token's, of the same round. */
  readonly ratios: Readonly<Record<string, Summary>>;
}

async function measureDecoding(): Promise<readonly DecodingResults[]> {
  const engine = { contextLength: 512, threads: 1, maxSequences: 1 };
  const alone = resolveRecipe(
    { name: 'alone', models: { base: embeddedFiles.base }, base: 'base', engine },
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

function showMasks(tokens: number, index: IndexResults, masks: readonly MaskResults[]): string {
  const ms = (value: number): string => value.toFixed(3);
  const three = (times: Spread | null): string =>
    times === null ? '' : `${ms(times.median)} / ${ms(times.p99)} / ${times.worst.toFixed(1)}`;
  return [
    `# Masks over ${tokens.toLocaleString('en')} tokens, ms: median / 99 % / worst`,
    tableOf(masks, {
      '': ({ name }) => name,
      tokens: (each) => String(each.tokens),
      cold: ({ cold }) => three(cold),
      'the same again': ({ again }) => three(again),
      [`${near} tokens left`]: ({ closing }) => three(closing),
      MiB: ({ bytes }) => showMebibytes(bytes, 1),
    }),
    `The vocabulary is read once: ${index.elapsedMs.toFixed(0)} ms, ${showMebibytes(index.bytes, 1)} MiB.`,
  ].join('\n');
}

function showCompiling(compiling: readonly CompileResults[]): string {
  return [
    '# Compiling, median of 5',
    tableOf(compiling, {
      '': ({ name }) => name,
      ms: ({ ms }) => ms.toFixed(0),
      states: ({ states }) => String(states),
    }),
  ].join('\n');
}

function showDecoding(decoding: readonly DecodingResults[]): string {
  return [
    `# Processor time per token / free, embedded models, ${rounds} rounds: median (lowest–highest)`,
    ...decoding.map(({ name, ratios }) => {
      const rows = Object.entries(ratios).map(([kind, ratio]) => [kind, showSummary(ratio)]);
      return showTable([[name, ''], ...rows]);
    }),
  ].join('\n\n');
}
