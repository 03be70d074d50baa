// What a profile costs: the same questions answered with and without, by turns.
import { interleave, processorSince, ratioOf, type Summary } from '../shared/measure.ts';
import { median } from '../shared/numbers.ts';
import type { AnswerOptions } from './answers.ts';
import { bestOfN, steeringAfter, type Scene } from './systems.ts';

/** Answers at once, as a server would have them; and one after another. */
const crowd = 8;

const ways = ['default', 'profile', 'best of 8'] as const;
type CostWay = (typeof ways)[number];

/** Of all models, the reward model too. */
interface WayCost {
  /** Milliseconds of processor time per token of the answers that are given. */
  readonly alonePerTokenMs: number;
  readonly atOncePerTokenMs: number;
  /** Of processor time per token, one after another, over the default's of the same round. */
  readonly overDefault: Summary;
  /** Tokens that models compute, prompts included. */
  readonly computedPerAnswer: number;
  readonly tokensPerAnswer: number;
}

export type CostResults = Readonly<Record<CostWay, WayCost>>;

interface Round {
  readonly alone: number;
  readonly atOnce: number;
  readonly computed: number;
  readonly tokens: number;
}

export async function measureProfileCost(scene: Scene, rounds: number): Promise<CostResults> {
  const weights = (user: number) =>
    steeringAfter(scene.users[user % scene.users.length]!, Infinity)[scene.recipe.name]!.rewards ??
    {};
  const optionsOf: Readonly<Record<CostWay, (user: number) => AnswerOptions>> = {
    default: () => ({}),
    profile: (user) => ({ rewards: weights(user) }),
    'best of 8': (user) => ({
      rewards: weights(user),
      temperature: 1,
      guidance: { method: 'best-of', n: bestOfN },
    }),
  };
  const variants = Object.fromEntries(
    ways.map((way) => [way, () => measureRound(scene, optionsOf[way])]),
  ) as Record<CostWay, () => Promise<Round>>;
  const measured = await interleave(variants, rounds, 'cost');
  const answers = Math.min(crowd, scene.questions.length);
  const times = (way: CostWay) => measured[way].map(({ alone, tokens }) => alone / tokens);
  return Object.fromEntries(
    ways.map((way) => {
      const middle = (value: (round: Round) => number) => median(measured[way].map(value));
      const cost: WayCost = {
        alonePerTokenMs: middle(({ alone, tokens }) => alone / tokens),
        atOncePerTokenMs: middle(({ atOnce, tokens }) => atOnce / tokens),
        overDefault: ratioOf(times(way), times('default')),
        computedPerAnswer: middle(({ computed }) => computed / answers),
        tokensPerAnswer: middle(({ tokens }) => tokens / answers),
      };
      return [way, cost];
    }),
  ) as unknown as CostResults;
}

let asked = 0;

/** The first questions, each for another user, once one after another and once at the same time. */
async function measureRound(
  { service, answerer, recipe, questions }: Scene,
  optionsOf: (user: number) => AnswerOptions,
): Promise<Round> {
  const given = questions.slice(0, crowd);
  const answer = async (question: string, user: number) => {
    const owner = `cost ${asked++}`; // nobody's prompt is in the cache
    const request = { recipe: recipe.name, prompt: question, owner };
    const result = await service.stream({
      ...request,
      options: { maxTokens: answerer.maxTokens, seed: 1, ...optionsOf(user) },
    }).result;
    return result.tokens.length;
  };
  const { decodedTokens } = service.status.stats;
  const start = process.cpuUsage();
  let tokens = 0;
  for (const [i, { question }] of given.entries()) tokens += await answer(question, i);
  const alone = processorSince(start);
  const computed = service.status.stats.decodedTokens - decodedTokens;
  const second = process.cpuUsage();
  await Promise.all(given.map(({ question }, i) => answer(question, i)));
  return { alone, atOnce: processorSince(second), computed, tokens };
}
