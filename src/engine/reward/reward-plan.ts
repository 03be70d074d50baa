import { SourceRow } from '../../compose/index.ts';
import type { RowKernels } from '../../math/index.ts';
import type { Guidance, Logits, RewardedAnswer, TokenId } from '../../spec/index.ts';
import { answerScore, GenerationRewards, type GuidingReward } from './generation-rewards.ts';
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
  readonly guiding: readonly (GuidingReward & { readonly reward: LoadedReward })[];
  /** Rewards that only report. */
  readonly judging: readonly LoadedReward[];
  readonly guidance: Guidance;
  readonly answer: RewardedAnswer;
  readonly scalarPrompts: readonly ScalarPrompt[];
  /** Models that give rows of next-token values, in the order of the rows. */
  readonly rowModels: ReadonlyMap<string, LoadedModel>;
}

/** The rewards of a running answer, and the rows that some of them read. */
export interface StartedRewards {
  readonly rewards: GenerationRewards;
  /** Whether a row is needed at every position, so that none may be skipped. */
  readonly needsEveryRow: boolean;
  /** Folds a borrowed row, if it is one of a reward's. */
  addRow(model: string, row: Logits, position: number): void;
  /** Begins a position. */
  resetRows(): void;
  /** Goes on in other kernels, after a `park` of the rewards. @throws KvCacheFullError */
  resume(kernels: RowKernels, firstRow: number): void;
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

  /** What is probably not meant, for whoever asked. */
  get warnings(): string[] {
    return scopeWarnings(this.#options.guiding, this.#options.guidance);
  }

  /** The weighted sum of the guiding rewards' values of a whole answer, by name. */
  totalOf(values: Readonly<Record<string, number>>): number {
    const { guiding, guidance } = this.#options;
    return answerScore(guiding, guidance.method, (name) => values[name]!);
  }

  /** Rows of the kernels that it takes. */
  get rowCount(): number {
    return this.#options.rowModels.size;
  }

  /** @param firstRow - Of the kernels, the first of its `rowCount`. */
  start(kernels: RowKernels, firstRow: number): StartedRewards {
    const { guiding, judging, guidance, rowModels, scalarPrompts } = this.#options;
    const rows = new Map(
      [...rowModels].map(([name, { alignment }], i) => [
        name,
        new SourceRow(kernels, firstRow + i, alignment),
      ]),
    );
    const guides = guiding.map(({ reward }) => reward);
    const running = new Set(guides.map((reward) => reward.kind === 'scalar' && reward.model));
    // A head of a model that runs anyway costs nothing, and its context holds one prefix an answer.
    const isFree = (reward: LoadedReward) =>
      reward.kind === 'rows' || (reward.kind === 'scalar' && running.has(reward.model));
    const rewards = new GenerationRewards({
      guiding,
      method: guidance.method,
      followers: this.#scorers([...guides, ...judging.filter(isFree)], rows),
      judges: this.#scorers(
        judging.filter((reward) => !isFree(reward)),
        rows,
      ),
    });
    return {
      rewards,
      needsEveryRow: rows.size > 0,
      addRow: (model, row, position) => rows.get(model)?.take(row, model, position),
      resetRows: () => {
        for (const row of rows.values()) row.isPresent = false;
      },
      resume(others, first) {
        for (const [i, row] of [...rows.values()].entries()) row.moveTo(others, first + i);
        rewards.resume();
      },
      roomAfter(length) {
        const rooms = scalarPrompts.map(
          ({ model, prompt }) => model.pool.context.contextLength - prompt.length - length,
        );
        return Math.min(...rooms);
      },
    };
  }

  #scorers(rewards: readonly LoadedReward[], rows: ReadonlyMap<string, SourceRow>): RewardScorer[] {
    const heads = new Map<ScalarModel, NamedHead[]>();
    const scorers: RewardScorer[] = [];
    for (const reward of rewards) {
      const { name } = reward;
      if (reward.kind === 'scalar') {
        heads.set(reward.model, [...(heads.get(reward.model) ?? []), { name, head: reward.head }]);
      } else if (reward.kind === 'rows') {
        const own = reward.values.models.map((model) => rows.get(model)!);
        scorers.push(new RowScorer(name, reward.values, own));
      } else {
        scorers.push(sessionScorer(name, reward.reward.start(this.#options.answer)));
      }
    }
    for (const [model, named] of heads) {
      const { prompt } = this.#options.scalarPrompts.find((each) => each.model === model)!;
      scorers.push(new ScalarScorer(model.pool.start(prompt), named, model.alignment));
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
