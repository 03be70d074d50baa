// Random JSON schemas through the whole engine, every answer judged by ajv.
import { ConstraintError, LoadedRecipe, resolveRecipe, type JsonSchema } from '../../src/index.ts';
import { uniformAt } from '../../src/math/index.ts';
import { modelsFolder } from '../../test/support/atlas-questions.ts';
import { randomSchema } from '../../test/support/random-schemas.ts';
import { createJudge } from '../../test/support/schema-judge.ts';
import { experiment } from '../shared/experiment.ts';
import { number } from '../shared/flags.ts';
import { showProgress } from '../shared/progress.ts';
import { atlasFile } from '../shared/recipes.ts';
import { showTable } from '../shared/table.ts';

/** Tokens of an answer at most: fewer than most would take, so that closing in time is tried too. */
const maxTokens = 48;
/** Answers at once. */
const lanes = 16;
const temperatures = [0, 1.5] as const;

interface Fault {
  readonly seed: number;
  readonly schema: JsonSchema;
  readonly text: string;
}

export interface FuzzSchemasResults {
  readonly schemas: number;
  readonly answers: number;
  readonly tokens: number;
  readonly seconds: number;
  /** Schemas that were refused, by why. */
  readonly refused: Readonly<Record<string, number>>;
  /** Answers that do not parse, do not validate, or did not end. */
  readonly faults: readonly Fault[];
}

export default experiment({
  flags: { schemas: number('how many', 1000), first: number('the seed of the first', 0) },
  async run({ schemas, first }, print) {
    const results = await fuzz(first, schemas);
    print(show(results));
    return { data: results, failed: results.faults.length > 0 };
  },
});

const recipe = resolveRecipe(
  {
    name: 'fuzz',
    models: {
      large: atlasFile('large'),
      styled: atlasFile('small-styled'),
      small: atlasFile('small'),
      cheerful: { file: atlasFile('small-styled'), system: 'Be cheerful.' },
    },
    base: 'large',
    expert: 'styled',
    antiExpert: 'small',
    rewards: { cheerful: { attribute: 'cheerful', neutral: 'styled', weight: 2 } },
    guidance: { method: 'args', candidates: 5 },
    engine: { maxSequences: lanes, threads: 1 },
  },
  { directory: modelsFolder },
);
async function fuzz(first: number, schemas: number): Promise<FuzzSchemasResults> {
  await using trimtab = await LoadedRecipe.load(recipe);
  const judge = createJudge();
  const startedAt = performance.now();
  const refused = new Map<string, number>();
  const faults: Fault[] = [];
  let [next, answers, tokens] = [first, 0, 0];

  async function answerNext(): Promise<void> {
    const seed = next++;
    let counter = 0;
    const schema = randomSchema(() => uniformAt(seed, counter++));
    try {
      const answer = await trimtab.generate(`Which value is number ${seed}?`, {
        constraint: { jsonSchema: schema },
        temperature: temperatures[seed % temperatures.length]!,
        seed,
        maxTokens,
      });
      answers++;
      tokens += answer.tokens.length;
      const { text, finishReason } = answer;
      if (finishReason !== 'stop' || !isFit(text, judge(schema)))
        faults.push({ seed, schema, text });
    } catch (error) {
      if (!(error instanceof ConstraintError)) throw error;
      const reason = reasonOf(error);
      refused.set(reason, (refused.get(reason) ?? 0) + 1);
    }
    showProgress(`${next - first} of ${schemas}`);
  }
  async function runLane(): Promise<void> {
    while (next < first + schemas) await answerNext();
  }
  await Promise.all(Array.from({ length: lanes }, runLane));
  const seconds = (performance.now() - startedAt) / 1000;
  return { schemas, answers, tokens, seconds, refused: Object.fromEntries(refused), faults };
}

function isFit(text: string, fits: (value: unknown) => boolean): boolean {
  try {
    return fits(JSON.parse(text));
  } catch {
    return false;
  }
}

/** In a word or two: what no value fits is no keyword's fault. */
function reasonOf({ message }: ConstraintError): string {
  if (/^No (value fits|text satisfies)/.test(message)) return 'no value fits';
  if (message.includes('shortest answer')) return `more than ${maxTokens} tokens`;
  if (message.includes('short grammar')) return 'no short grammar';
  return message.split(' ', 1)[0]!;
}

function show({ schemas, answers, tokens, seconds, refused, faults }: FuzzSchemasResults): string {
  return [
    showTable([
      ['random schemas', String(schemas)],
      ['answered', String(answers)],
      ...Object.entries(refused).map(([reason, count]) => [`refused: ${reason}`, String(count)]),
      ['tokens', String(tokens)],
      ['seconds', seconds.toFixed(0)],
      ['answers that do not parse or validate', String(faults.length)],
    ]),
    ...faults.map((fault) => JSON.stringify(fault)),
  ].join('\n');
}
