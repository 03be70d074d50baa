// Whether drafts leave answers as they are: by the bytes, and by the distribution of a great many.
import {
  LoadedRecipe,
  type GenerateOptions,
  type GenerationResult,
  type TokenId,
} from '../../src/index.ts';
import { readQuestions, spreadQuestions } from '../../test/support/atlas-questions.ts';
import { chaoticLogits } from '../../test/support/fake-model/chaotic-logits.ts';
import { fakeLoader } from '../../test/support/fake-model/fake-loader.ts';
import { fakeRecipe } from '../../test/support/fake-model/fake-recipe.ts';
import { pieceVocabulary } from '../../test/support/piece-vocabulary.ts';
import { experiment, type Print } from '../shared/experiment.ts';
import { number } from '../shared/flags.ts';
import { machineFacts, showMachine } from '../shared/measure.ts';
import { sum } from '../shared/numbers.ts';
import { embeddedFiles } from '../shared/recipes.ts';
import { tableOf } from '../shared/table.ts';
import { fitOf, type Fit } from './fit.ts';
import { firstDifference } from './sameness.ts';
import { atlasRecipe } from './subjects.ts';

/** Answers of one way of drafting against those that nobody drafted. */
interface Compared {
  readonly isBatchInvariant: boolean;
  readonly drafter: string;
  readonly way: Way;
  readonly answers: number;
  /** With other tokens, or other log-probs of them. */
  readonly differing: number;
  readonly otherLogprobs: number;
  /** Of the drafted tokens, the share that came. */
  readonly accepted: number;
}

type Way = 'alone' | 'eight at once' | 'streamed';

interface Sampled extends Fit {
  readonly speculation: string;
}

const atOnce = 8;
const maxTokens = 24;

/** Everybody who may draft on the embedded models, and how the answers are asked for. */
const drafting: readonly { readonly drafter: string; readonly way: Way }[] = [
  { drafter: 'expert:length=4', way: 'alone' },
  { drafter: 'base:length=4', way: 'alone' },
  { drafter: 'copies:length=4', way: 'alone' },
  { drafter: 'auto', way: 'alone' },
  { drafter: 'auto', way: 'eight at once' },
  { drafter: 'expert:length=2', way: 'eight at once' },
  { drafter: 'expert:length=4', way: 'streamed' },
];

/** Ways of drafting that have the distribution of the answers; the samples are shared among them. */
const sampling = [
  'expert:length=1',
  'expert:length=4',
  'base:length=3',
  'copies:length=3',
  'expert:length=2,coupling=maximal',
];

/** Deviations of a normal distribution that are refused: one time in ten thousand a right one is. */
const mostDeviations = 3.72;

export default experiment({
  flags: {
    prompts: number('questions to the embedded models, of which there are 500', 500),
    seeds: number('answers to each: the first greedily, others at temperature 1', 3),
    samples: number('answers of a toy vocabulary that are held against their distribution', 1e6),
  },
  async run({ prompts, seeds, samples }, print) {
    print(showMachine());
    const compared = [
      ...(await compareBytes(prompts, seeds, true, print)),
      ...(await compareBytes(prompts, seeds, false, print)),
    ];
    print(`\n${showCompared(compared)}`);
    const sampled = await sampleDistribution(samples, print);
    print(`\n${showSampled(sampled)}`);
    return {
      data: { machine: machineFacts(), compared, sampled },
      failed:
        compared.some(({ differing }) => differing > 0) ||
        sampled.some(({ z }) => z > mostDeviations),
    };
  },
});

interface Asking {
  readonly prompt: string;
  readonly options: GenerateOptions;
}

async function compareBytes(
  prompts: number,
  seeds: number,
  isBatchInvariant: boolean,
  print: Print,
): Promise<Compared[]> {
  const all = [...(await readQuestions('heldout')), ...(await readQuestions('validation'))];
  const asked = spreadQuestions(all, prompts).flatMap(({ question: prompt }) =>
    Array.from({ length: seeds }, (_, seed): Asking => {
      const temperature = seed === 0 ? 0 : 1;
      return { prompt, options: { maxTokens, temperature, seed, logprobs: true } };
    }),
  );
  await using loaded = await LoadedRecipe.load(
    atlasRecipe(embeddedFiles, 1, atOnce, isBatchInvariant),
  );
  const off = await answerAll(loaded, asked, 'off', 'alone');
  const compared: Compared[] = [];
  for (const { drafter, way } of isBatchInvariant ? drafting : drafting.slice(0, 2)) {
    const drafted = await answerAll(loaded, asked, drafter, way);
    const differing = drafted.filter((answer, i) => !isSame(answer, off[i]!)).length;
    const otherLogprobs = drafted.filter(
      ({ logprobs }, i) => firstDifference(logprobs, off[i]!.logprobs) !== -1,
    ).length;
    const counts = drafted.flatMap(({ drafts }) => Object.values(drafts));
    const accepted =
      sum(counts.map((each) => each.accepted)) / sum(counts.map((each) => each.drafted));
    compared.push({
      isBatchInvariant,
      drafter,
      way,
      answers: drafted.length,
      differing,
      otherLogprobs,
      accepted,
    });
    print(
      `${isBatchInvariant ? 'batch-invariant' : 'plain'}, ${drafter}, ${way}: of ${drafted.length} answers ${differing} differ, ` +
        `${otherLogprobs} in log-probs.`,
    );
  }
  return compared;
}

interface Answered {
  readonly text: string;
  readonly tokenIds: readonly TokenId[];
  readonly logprobs: readonly number[];
  readonly drafts: Readonly<Record<string, { drafted: number; accepted: number }>>;
}

const isSame = (a: Answered, b: Answered): boolean =>
  Buffer.from(a.text).equals(Buffer.from(b.text)) && firstDifference(a.tokenIds, b.tokenIds) === -1;

async function answerAll(
  loaded: LoadedRecipe,
  asked: readonly Asking[],
  speculation: string,
  way: Way,
): Promise<Answered[]> {
  const answer = async ({ prompt, options }: Asking): Promise<Answered> => {
    const answering = { ...options, speculation };
    const { text, tokens, usage } = await loaded.generate(prompt, answering);
    return answered(text, tokens, usage);
  };
  const streamed = async ({ prompt, options }: Asking): Promise<Answered> => {
    const stream = loaded.stream(prompt, { ...options, speculation });
    let text = '';
    for await (const chunk of stream) text += chunk.text;
    const { tokens, usage } = await stream.result;
    return answered(text, tokens, usage);
  };
  const size = way === 'eight at once' ? atOnce : 1;
  const answers: Answered[] = [];
  for (let i = 0; i < asked.length; i += size) {
    const group = asked.slice(i, i + size).map(way === 'streamed' ? streamed : answer);
    answers.push(...(await Promise.all(group)));
  }
  return answers;
}

function answered(
  text: string,
  tokens: GenerationResult['tokens'],
  { drafts = {} }: GenerationResult['usage'],
): Answered {
  return {
    text,
    tokenIds: tokens.map(({ tokenId }) => tokenId),
    logprobs: tokens.map(({ logprob }) => logprob ?? Number.NaN),
    drafts,
  };
}

const letters = ['a', 'b', 'c'];
const sampledTokens = 3;

/** Answers of the whole engine over models of chance, against the products of their log-probs. */
async function sampleDistribution(samples: number, print: Print): Promise<Sampled[]> {
  const vocabulary = pieceVocabulary(letters.map((letter) => Buffer.from(letter)));
  const fake = (salt: number) => ({ vocabulary, logits: chaoticLogits(vocabulary, { salt }) });
  const { loader } = fakeLoader({ base: fake(1), expert: fake(2), twin: fake(3) });
  const file = (name: string) => ({ file: `${name}.gguf`, prompt: 'raw' as const });
  const recipe = fakeRecipe({
    models: { base: file('base'), expert: file('expert'), twin: file('twin') },
    expert: 'expert',
    formula: 'base + alpha * (expert - twin)',
    params: { alpha: { default: 0.8, min: 0, max: 2 } },
    sampling: { temperature: 1 },
    speculation: 'auto',
  });
  await using loaded = await LoadedRecipe.load(recipe, { loader });
  const expected = await distributionOf(loaded, vocabulary.special.endOfGeneration);
  const each = Math.ceil(samples / sampling.length);
  const sampled: Sampled[] = [];
  let seed = 0;
  for (const speculation of sampling) {
    const counts = new Map<string, number>();
    for (let i = 0; i < each; i++) {
      const { text } = await loaded.generate('ab', {
        maxTokens: sampledTokens,
        seed: seed++,
        speculation,
      });
      counts.set(text, (counts.get(text) ?? 0) + 1);
    }
    const fit = fitOf(counts, expected);
    sampled.push({ speculation, ...fit });
    print(`${speculation}: ${each} answers, z = ${fit.z.toFixed(2)}.`);
  }
  return sampled;
}

/** Every answer, and how likely it is. */
async function distributionOf(
  loaded: LoadedRecipe,
  endTokens: readonly TokenId[],
): Promise<Map<string, number>> {
  const likely = new Map<string, number>();
  const visit = async (tokenIds: readonly TokenId[], text: string): Promise<void> => {
    const massOf = async (ids: readonly TokenId[]) => {
      const { tokens } = await loaded.score('ab', ids);
      return Math.exp(sum(tokens.map(({ logprob }) => logprob)));
    };
    if (tokenIds.length === sampledTokens) {
      likely.set(text, await massOf(tokenIds));
      return;
    }
    for (const [i, letter] of letters.entries()) await visit([...tokenIds, i], text + letter);
    for (const end of endTokens) {
      likely.set(text, (likely.get(text) ?? 0) + (await massOf([...tokenIds, end])));
    }
  };
  await visit([], '');
  return likely;
}

function showCompared(compared: readonly Compared[]): string {
  return tableOf(compared, {
    contexts: ({ isBatchInvariant }) => (isBatchInvariant ? 'batch-invariant' : 'plain'),
    drafter: ({ drafter }) => drafter,
    asked: ({ way }) => way,
    answers: ({ answers }) => String(answers),
    'other bytes': ({ differing }) => String(differing),
    'other log-probs': ({ otherLogprobs }) => String(otherLogprobs),
    'drafted tokens that came': ({ accepted }) => accepted.toFixed(2),
  });
}

function showSampled(sampled: readonly Sampled[]): string {
  return tableOf(sampled, {
    drafter: ({ speculation }) => speculation,
    answers: ({ samples }) => String(samples),
    'different ones': ({ cells }) => String(cells),
    'χ²': ({ chiSquare }) => chiSquare.toFixed(1),
    'as deviations of a normal distribution': ({ z }) => z.toFixed(2),
  });
}
