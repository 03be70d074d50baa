// What idle time saves when a question about a stored context comes, and what it costs whoever comes meanwhile.
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { Contexts } from '../../src/contexts/index.ts';
import { resolveRecipe, type GenerationResult, type Recipe } from '../../src/index.ts';
import { createLocalService } from '../../src/service/index.ts';
import type { InferenceService, PreparedPrompt } from '../../src/spec/index.ts';
import { openStore } from '../../src/store/index.ts';
import { modelsFolder, readQuestions } from '../../test/support/atlas-questions.ts';
import { experiment, type Print } from '../shared/experiment.ts';
import { number, text } from '../shared/flags.ts';
import { machineFacts, ratioOf, showMachine, showSummary } from '../shared/measure.ts';
import { sum } from '../shared/numbers.ts';
import { showProgress } from '../shared/progress.ts';
import { shippedRecipe } from '../shared/recipes.ts';
import { sheetsOf, type Sheet } from './sheets.ts';

const owner = 'lab';
const statesBytes = 2 ** 33;

/** Contexts over an engine of their own, as after a restart. */
interface Bench extends AsyncDisposable {
  readonly contexts: Contexts;
  readonly service: InferenceService;
  readonly recipe: Recipe;
}

export default experiment({
  flags: {
    people: number('of whom the embedded models are asked', 20),
    model: text('FILE', 'a real model, for the time until the first token'),
    tokens: number('of the text that the real model is asked about', 1000),
    rounds: number('of times', 5),
  },
  async run({ people, model, tokens, rounds }, print) {
    print(`${showMachine()}\n`);
    const folder = await mkdtemp(path.join(tmpdir(), 'trimtab-contexts-'));
    try {
      const passes = await countPasses(path.join(folder, 'atlas'), people, print);
      const times =
        model === undefined
          ? null
          : await timeFirstTokens(path.join(folder, 'real'), { model, tokens, rounds }, print);
      return {
        data: { machine: machineFacts(), passes, times },
        failed: passes.differ > 0 || times?.differ === true,
      };
    } finally {
      showProgress('');
      await rm(folder, { recursive: true });
    }
  },
});

async function open(folder: string, recipe: Recipe): Promise<Bench> {
  const states = { folder: path.join(folder, 'states'), maxBytes: statesBytes };
  await mkdir(folder, { recursive: true });
  const store = await openStore({ place: path.join(folder, 'contexts.db'), now: Date.now });
  const service = await createLocalService({ recipes: [recipe], engineOptions: { states } });
  await service.load(recipe.name);
  const contexts = new Contexts({
    store: store.contexts,
    service,
    recipes: [recipe],
    states,
    worksIdle: false,
  });
  return {
    contexts,
    service,
    recipe,
    async [Symbol.asyncDispose]() {
      await contexts[Symbol.asyncDispose]();
      await service[Symbol.asyncDispose]();
      await store[Symbol.asyncDispose]();
    },
  };
}

/** A greedy answer about a context, with what was prepared for it or without. */
async function ask(
  { contexts, service, recipe }: Bench,
  id: string,
  question: string,
  use: (prepared: PreparedPrompt) => PreparedPrompt | undefined,
  maxTokens = 64,
): Promise<GenerationResult> {
  const asked = { id, as: 'text', recipe: recipe.name } as const;
  const conversation = { messages: [{ role: 'user', content: question } as const] };
  const { prompt, prepared } = await contexts.apply(owner, asked, conversation);
  const used = use(prepared);
  return service.stream({
    recipe: recipe.name,
    prompt,
    owner,
    options: { temperature: 0, maxTokens, ...(used !== undefined && { prepared: used }) },
  }).result;
}

const withNothing = (): undefined => undefined;

async function countPasses(folder: string, people: number, print: Print) {
  const recipe = await shippedRecipe('atlas-chat');
  await using bench = await open(folder, recipe);
  const sheets = sheetsOf(await readQuestions('heldout')).slice(0, people);
  const { signal } = new AbortController();
  for (const [i, { name, text: sheet, questions }] of sheets.entries()) {
    showProgress(`preparing ${i + 1} of ${sheets.length} sheets`);
    const id = idOf(name);
    await bench.contexts.create(owner, { id, recipe: recipe.name, text: sheet, questions });
    await bench.contexts.prepare(owner, id, signal);
  }
  const expected = await compare(bench, sheets, ({ questions }) => questions);
  const others = await compare(bench, sheets, (_, i) => sheets[(i + 1) % sheets.length]!.questions);
  const lengths = sheets.map(({ text: sheet }) => sheet.length);
  print(
    `${sheets.length} sheets of ${Math.min(...lengths)} to ${Math.max(...lengths)} characters, five questions each, drafts on with and without what was prepared.\n` +
      `Passes of the base at question time, prepared ÷ not: ${showRatio(expected)} on expected questions, ` +
      `${showRatio(others)} on questions about others.\n` +
      `Other answers than without: ${expected.differ + others.differ} of ${expected.answers + others.answers}.`,
  );
  return { expected, others, differ: expected.differ + others.differ };
}

const idOf = (name: string): string => name.replaceAll(' ', '-');

interface Passes {
  readonly prepared: number;
  readonly plain: number;
  readonly differ: number;
  readonly answers: number;
}

function showRatio({ prepared, plain }: Passes): string {
  return `${(prepared / plain).toFixed(3)} (${prepared} ÷ ${plain})`;
}

async function compare(
  bench: Bench,
  sheets: readonly Sheet[],
  questionsFor: (sheet: Sheet, index: number) => readonly string[],
): Promise<Passes> {
  const passes = { prepared: [] as number[], plain: [] as number[] };
  let differ = 0;
  for (const [i, sheet] of sheets.entries()) {
    for (const question of questionsFor(sheet, i)) {
      showProgress(`asking about ${i + 1} of ${sheets.length} sheets`);
      const results: GenerationResult[] = [];
      for (const [name, use] of [
        ['plain', withNothing],
        ['prepared', ({ drafts = [] }: PreparedPrompt) => ({ drafts })],
      ] as const) {
        const result = await ask(bench, idOf(sheet.name), question, use);
        passes[name].push(result.usage.models[bench.recipe.base]!.forwards);
        results.push(result);
      }
      if (!sameTokens(results[0]!, results[1]!)) differ++;
    }
  }
  return {
    prepared: sum(passes.prepared),
    plain: sum(passes.plain),
    differ,
    answers: passes.plain.length,
  };
}

function sameTokens(a: GenerationResult, b: GenerationResult): boolean {
  const ids = ({ tokens }: GenerationResult) => tokens.map(({ tokenId }) => tokenId).join();
  return ids(a) === ids(b);
}

async function timeFirstTokens(
  folder: string,
  {
    model,
    tokens,
    rounds,
  }: { readonly model: string; readonly tokens: number; readonly rounds: number },
  print: Print,
) {
  const recipe = resolveRecipe(
    {
      name: 'real',
      models: { large: path.resolve(model) },
      base: 'large',
      engine: { contextLength: 2 * tokens, maxSequences: 2 },
    },
    { directory: modelsFolder },
  );
  const sheets = sheetsOf(await readQuestions('heldout'));
  const question = 'Who of them was born first?';
  const { signal } = new AbortController();
  const found = { cold: [] as number[], restored: [] as number[] };
  const people = { idle: [] as number[], busy: [] as number[] };
  const answers: GenerationResult[] = [];
  let length = 0;
  {
    await using bench = await open(folder, recipe);
    showProgress('preparing');
    const fitted = await fitSheets(bench, sheets, tokens);
    await bench.contexts.create(owner, { id: 'all', recipe: 'real', text: fitted, questions: [] });
    await bench.contexts.prepare(owner, 'all', signal);
  }
  for (let round = 0; round < rounds; round++) {
    for (const [name, use] of [
      ['cold', withNothing],
      ['restored', ({ state }: PreparedPrompt) => (state === undefined ? {} : { state })],
    ] as const) {
      showProgress(`first tokens, round ${round + 1} of ${rounds}: ${name}`);
      await using bench = await open(folder, recipe);
      await bench.service.stream({
        recipe: 'real',
        prompt: 'Hello',
        owner,
        options: { maxTokens: 2 },
      }).result;
      const began = performance.now();
      const result = await ask(bench, 'all', question, use, 1);
      found[name].push(performance.now() - began);
      length = result.usage.promptTokens;
      answers.push(result);
    }
  }
  for (let round = 0; round < rounds; round++) {
    for (const name of ['idle', 'busy'] as const) {
      showProgress(`people first, round ${round + 1} of ${rounds}: ${name}`);
      await using bench = await open(path.join(folder, `${name}-${round}`), recipe);
      const fitted = await fitSheets(bench, sheets, tokens / 2);
      await bench.contexts.create(owner, { id: 'all', recipe: 'real', text: fitted });
      const ending = new AbortController();
      const work =
        name === 'busy'
          ? bench.contexts.prepare(owner, 'all', ending.signal).catch(() => {})
          : Promise.resolve();
      await new Promise((resolve) => setTimeout(resolve, 1500));
      const began = performance.now();
      await bench.service.stream({
        recipe: 'real',
        prompt: { messages: [{ role: 'user', content: 'What is a trim tab?' }] },
        owner,
        options: { maxTokens: 1, temperature: 0 },
      }).result;
      people[name].push(performance.now() - began);
      ending.abort();
      await work;
    }
  }
  const first = ratioOf(found.restored, found.cold);
  const comes = ratioOf(people.busy, people.idle);
  const differ = answers.some((answer) => !sameTokens(answer, answers[0]!));
  print(
    `\n${path.basename(model)}, a text of ${length} tokens with its question; the process new each time.\n` +
      `Time until the first token, states restored ÷ cold: ${showSummary(first)}; the same token: ${differ ? 'no' : 'yes'}.\n` +
      `A request while another context is prepared ÷ on an idle engine: ${showSummary(comes)}.`,
  );
  return { length, first, comes, found, people, differ };
}

/** As many sheets as have so many tokens at most. */
async function fitSheets(bench: Bench, sheets: readonly Sheet[], tokens: number): Promise<string> {
  let fitted = '';
  for (const { text: sheet } of sheets) {
    const longer = `${fitted}\n${sheet}`.trim();
    const messages = [{ role: 'user', content: longer } as const];
    const { length } = await bench.service.tokenizePrompt(bench.recipe.name, { messages }, {});
    if (length > tokens) break;
    fitted = longer;
  }
  return fitted;
}
