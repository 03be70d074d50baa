import type { SourceRow, VocabularyAlignment } from '../../compose/index.ts';
import type { Guidance, RewardedAnswer, TokenId } from '../../spec/index.ts';
import type { TaskShare } from '../cache/lane.ts';
import { CandidateLanes } from './candidate-lanes.ts';
import { GenerationRewards } from './generation-rewards.ts';
import { answerScore, type WeighedReward } from './reward-shares.ts';
import type { LoadedReward } from './load-rewards.ts';
import type { LoadedModel, ScalarModel } from '../load/models.ts';
import { sessionScorer, type RewardScorer } from './reward-scorer.ts';
import { RowScorer } from './row-scorer.ts';
import { ScalarScorer, type NamedHead } from './scalar-scorer.ts';

/** A scalar model's view of the prompt. */
export interface ScalarPrompt {
  readonly model: ScalarModel;
  readonly prompt: readonly TokenId[];
}

export interface RewardPlanOptions {
  readonly guiding: readonly (WeighedReward & { readonly reward: LoadedReward })[];
  /** Rewards that only report. */
  readonly judging: readonly LoadedReward[];
  readonly guidance: Guidance;
  readonly answer: RewardedAnswer;
  readonly scalarPrompts: readonly ScalarPrompt[];
  /** Models that give rows of next-token values, in the order of the rows. */
  readonly rowModels: ReadonlyMap<string, LoadedModel>;
}

/** The rewards of a running answer. */
export interface StartedRewards {
  readonly rewards: GenerationRewards;
  /** Tokens that every reward model still has room for after an answer of `length` tokens. */
  roomAfter(length: number): number;
}

/** Which rewards a request has, and how they act. */
export class RewardPlan {
  readonly #options: RewardPlanOptions;

  constructor(options: RewardPlanOptions) {
    this.#options = options;
  }

  get guidance(): Guidance {
    return this.#options.guidance;
  }

  /** Whether any reward bends the answer. */
  get isGuiding(): boolean {
    return this.#options.guiding.length > 0;
  }

  /** How many tokens rewards choose among at every position; 0 where they do not act on each. */
  get candidates(): number {
    const { guidance, guiding } = this.#options;
    const actsOnTokens = guidance.method === 'args' || guidance.method === 'rad';
    return actsOnTokens && guiding.length > 0 ? guidance.candidates : 0;
  }

  /** Whether the end of the answer is a candidate wherever it may be chosen. */
  get judgesEnds(): boolean {
    return this.#options.guiding.some(
      ({ reward }) => reward.kind === 'session' && reward.reward.judgesEnds === true,
    );
  }

  /** What is probably not meant, for whoever asked. */
  get warnings(): string[] {
    return scopeWarnings(this.#options.guiding, this.#options.guidance);
  }

  /** The weighted sum of the guiding rewards' values of a whole answer, by name. */
  totalOf(values: Readonly<Record<string, number>>): number {
    const { guiding, guidance } = this.#options;
    return answerScore(guiding, guidance.method, (name) => values[name]!);
  }

  /** Models whose rows are needed at every position, and how their vocabularies relate to the base's. */
  get rowModels(): ReadonlyMap<string, VocabularyAlignment> {
    const { rowModels } = this.#options;
    return new Map([...rowModels].map(([name, { alignment }]) => [name, alignment]));
  }

  /**
   * @param rowOf - The row of one of the `rowModels` at the position behind the accepted tokens.
   * @throws KvCacheFullError
   */
  start(rowOf: (model: string) => SourceRow, share: TaskShare): StartedRewards {
    const { guiding, judging, guidance, scalarPrompts } = this.#options;
    const guides = guiding.map(({ reward }) => reward);
    const running = new Set(guides.map((reward) => reward.kind === 'scalar' && reward.model));
    // A head of a model that runs anyway costs nothing, and its context holds one prefix an answer.
    const isFree = (reward: LoadedReward) =>
      reward.kind === 'rows' || (reward.kind === 'scalar' && running.has(reward.model));
    const scorersOf = (rewards: readonly LoadedReward[]) => this.#scorers(rewards, rowOf, share);
    const rewards = new GenerationRewards({
      guiding,
      method: guidance.method,
      followers: scorersOf([...guides, ...judging.filter(isFree)]),
      judges: scorersOf(judging.filter((reward) => !isFree(reward))),
    });
    return {
      rewards,
      roomAfter(length) {
        const rooms = scalarPrompts.map(
          ({ model, prompt }) => model.pool.context.contextLength - prompt.length - length,
        );
        return Math.min(...rooms);
      },
    };
  }

  #scorers(
    rewards: readonly LoadedReward[],
    rowOf: (model: string) => SourceRow,
    share: TaskShare,
  ): RewardScorer[] {
    const heads = new Map<ScalarModel, NamedHead[]>();
    const scorers: RewardScorer[] = [];
    for (const reward of rewards) {
      const { name } = reward;
      if (reward.kind === 'scalar') {
        heads.set(reward.model, [...(heads.get(reward.model) ?? []), { name, head: reward.head }]);
      } else if (reward.kind === 'rows') {
        scorers.push(new RowScorer(name, reward.values, rowOf, reward.answerTokens));
      } else {
        const session = reward.reward.start(this.#options.answer);
        scorers.push(sessionScorer(name, session, reward.isProgram));
      }
    }
    for (const [model, named] of heads) {
      const { prompt } = this.#options.scalarPrompts.find((each) => each.model === model)!;
      const candidates = new CandidateLanes(model.pool, prompt, share);
      scorers.push(new ScalarScorer(candidates, named, model.alignment));
    }
    return scorers;
  }
}

/** Rewards that are asked about unfinished answers, but are valid on finished ones alone. */
function scopeWarnings(
  guiding: readonly { readonly reward: LoadedReward }[],
  guidance: Guidance,
): string[] {
  if (guidance.method === 'best-of') return [];
  return guiding
    .filter(({ reward }) => reward.scope === 'answer')
    .map(
      ({ reward }) =>
        `The reward ${reward.name} is valid on whole answers, but ${guidance.method} asks it about ` +
        'unfinished ones: its values mean little there. Use guidance: { method: best-of }.',
    );
}
