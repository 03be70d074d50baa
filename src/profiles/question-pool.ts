import { EventEmitter, once } from 'node:events';

import { uniformAt } from '../math/index.ts';
import { resolveSampling } from '../sampling/index.ts';
import { DisposedError, RewardError, type InferenceService } from '../spec/index.ts';
import { preparePair, type MeasuredAnswer, type PreparedPair } from './prepared-pair.ts';
import { weightsOfAnswer } from './random-weights.ts';
import { toSteering, type ProfiledRecipe } from './steering.ts';

/** Answers to a prompt before the next prompt's turn: one with some weights, one with the opposite. */
const answersPerTurn = 2;

/** Pairs that are made ahead, that more are made for a reader with fewer left, and kept at most. */
const pairCounts = { ahead: 60, low: 20, most: 240 } as const;

/** Answers to one prompt that new ones are compared with. */
const mostAnswers = 8;

/** Nobody compares pages. */
const maxTokens = 256;

/** Where the recipe is greedy: answers must differ. */
const ownTemperature = 0.8;

/** Beyond it a normalization is wrong, and the attribute would drown the others. */
const mostDeviations = 100;

/** Whose prompts these are: no user's. */
const owner = 'trimtab:questions';

export interface QuestionPoolOptions {
  readonly recipe: ProfiledRecipe;
  readonly service: InferenceService;
  /** The same seed prepares the same pairs. */
  readonly seed: number;
}

/**
 * Pairs of answers of a recipe, prepared in the background: its prompts, answered with random weights of
 * the attributes, one answer at a time so that users' requests go first.
 */
export class QuestionPool implements AsyncDisposable {
  readonly #options: QuestionPoolOptions;
  readonly #closed = new AbortController();
  readonly #events = new EventEmitter().setMaxListeners(0);
  readonly #answers = new Map<string, MeasuredAnswer[]>();
  #pairs: PreparedPair[] = [];
  /** Answers sampled, and how many of the last ones gave no pair. */
  #sampled = 0;
  #barren = 0;
  /** Pairs to make before it rests. */
  #missing = 0;
  #filling: Promise<void> | undefined;
  #changes = 0;
  #failure: { readonly error: unknown } | undefined;

  constructor(options: QuestionPoolOptions) {
    this.#options = options;
  }

  /** Oldest first. */
  get pairs(): readonly PreparedPair[] {
    return this.#pairs;
  }

  /** Whether there will be more, or why there will not. */
  get state(): 'filling' | 'full' | { readonly error: unknown } {
    return this.#failure ?? (this.#filling === undefined ? 'full' : 'filling');
  }

  /**
   * Begins to prepare pairs in the background, or goes on, if it should.
   * @param left - Pairs that whoever asks has not seen yet.
   */
  prepare(left: number): void {
    this.#closed.signal.throwIfAborted();
    if (this.#filling !== undefined || this.#isExhausted) return;
    const isNew = this.#pairs.length === 0;
    if (this.#failure === undefined && !isNew && left >= pairCounts.low) return;
    this.#failure = undefined;
    this.#missing = isNew ? pairCounts.ahead : pairCounts.low;
    this.#filling = this.#fill().finally(() => {
      this.#filling = undefined;
      this.#change();
    });
  }

  /** How often pairs or the state have changed. */
  get changes(): number {
    return this.#changes;
  }

  /** Waits until there were more changes than `seen`. @throws The signal's reason. */
  async changed(seen: number, signal: AbortSignal | undefined): Promise<void> {
    if (this.#changes > seen) return;
    try {
      await once(this.#events, 'changed', signal === undefined ? {} : { signal });
    } catch (error) {
      signal?.throwIfAborted();
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed.abort(new DisposedError('The profiles were disposed of.'));
    await this.#filling;
  }

  /** Whether the recipe says nothing new to any prompt. */
  get #isExhausted(): boolean {
    return this.#barren > answersPerTurn * this.#options.recipe.profile.prompts.length;
  }

  async #fill(): Promise<void> {
    try {
      while (this.#missing > 0 && !this.#isExhausted) {
        const n = this.#sampled;
        const prompt = this.#promptOf(n);
        this.#add(prompt, await this.#sample(prompt, n));
        this.#sampled++;
        this.#change();
      }
    } catch (error) {
      this.#failure = { error };
    }
  }

  #change(): void {
    this.#changes++;
    this.#events.emit('changed');
  }

  #promptOf(n: number): string {
    const { prompts } = this.#options.recipe.profile;
    return prompts[Math.floor(n / answersPerTurn) % prompts.length]!;
  }

  async #sample(prompt: string, n: number): Promise<MeasuredAnswer> {
    const { recipe, service, seed } = this.#options;
    const { attributes } = recipe.profile;
    const { temperature } = resolveSampling({}, recipe.sampling);
    const { text, rewards } = await service.stream({
      recipe: recipe.name,
      prompt,
      owner,
      signal: this.#closed.signal,
      options: {
        ...toSteering(recipe, weightsOfAnswer(seed, n, attributes.length)),
        temperature: temperature > 0 ? temperature : ownTemperature,
        seed: Math.floor(uniformAt(seed + 1, n) * 2 ** 48),
        maxTokens,
        reportRewards: attributes.map(({ reward }) => reward),
      },
    }).result;
    return { text: text.trim(), features: this.#measure(rewards ?? {}) };
  }

  #measure(rewards: Readonly<Record<string, number>>): number[] {
    return this.#options.recipe.profile.attributes.map(({ reward, normalization }) => {
      const value = rewards[reward]!;
      const deviations = (value - normalization.mean) / normalization.deviation;
      if (Math.abs(deviations) <= mostDeviations) return deviations;
      throw new RewardError(
        reward,
        `The reward ${reward} gave an answer ${value}, ${deviations.toPrecision(3)} standard ` +
          `deviations from the mean: its normalization (mean ${normalization.mean}, deviation ` +
          `${normalization.deviation}) is not that of this recipe's answers. Estimate it again.`,
      );
    });
  }

  /** Pairs a new answer with the earlier ones to its prompt. */
  #add(prompt: string, answer: MeasuredAnswer): void {
    const earlier = this.#answers.get(prompt) ?? [];
    const isNew = answer.text !== '' && earlier.every(({ text }) => text !== answer.text);
    const pairs = isNew ? earlier.map((other) => preparePair(prompt, other, answer)) : [];
    if (isNew) this.#answers.set(prompt, [...earlier, answer].slice(-mostAnswers));
    this.#barren = pairs.length > 0 ? 0 : this.#barren + 1;
    this.#missing -= pairs.length;
    this.#pairs = [...this.#pairs, ...pairs].slice(-pairCounts.most);
  }
}
