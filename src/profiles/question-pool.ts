import { EventEmitter, once } from 'node:events';

import { uniformAt } from '../math/index.ts';
import { differingTemperature } from '../sampling/index.ts';
import {
  DisposedError,
  RewardError,
  type GenerateServiceRequest,
  type GenerationResult,
  type InferenceService,
} from '../spec/index.ts';
import { preparePair, type MeasuredAnswer, type PreparedPair } from './prepared-pair.ts';
import type { QuestionProgress } from './profiles.ts';
import { weightsOfAnswer } from './random-weights.ts';
import { endAtSentence } from './sentence-end.ts';
import { toSteering, type ProfiledRecipe } from './steering.ts';

/** Answers to a prompt that are made at once: one with some weights, one with the opposite. */
const answersPerTurn = 2;

/** Pairs that are made ahead, that more are made for a reader with fewer left, and kept at most. */
const pairCounts = { ahead: 60, low: 20, most: 240 } as const;

/** Answers to one prompt that new ones are compared with. */
const mostAnswers = 8;

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
 * Pairs of answers of a recipe: its prompts, answered with random weights of the attributes, two answers at
 * a time. The first pair is made as for people who wait; the others have what users' requests leave of the
 * engine's room.
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
  /** Tokens of the answers that are being made. */
  #tokens = 0;

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

  /** Tells the listener of every token of the answers that are being made, until it is disposed of. */
  watch(listener: (progress: QuestionProgress) => void): Disposable {
    const { maxTokens } = this.#options.recipe.profile;
    const tell = (): void => listener({ tokens: this.#tokens, most: answersPerTurn * maxTokens });
    this.#events.on('token', tell);
    tell();
    return { [Symbol.dispose]: () => void this.#events.off('token', tell) };
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
        const prompt = this.#promptOf(this.#sampled);
        for (const answer of await this.#sampleTurn(prompt)) this.#add(prompt, answer);
        this.#sampled += answersPerTurn;
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

  /** The next answers, all of one batch. Where one fails, the others end. */
  async #sampleTurn(prompt: string): Promise<MeasuredAnswer[]> {
    this.#tokens = 0;
    const turn = new AbortController();
    const signal = AbortSignal.any([turn.signal, this.#closed.signal]);
    const running = Array.from({ length: answersPerTurn }, (_, i) =>
      this.#sample(prompt, this.#sampled + i, signal),
    );
    try {
      return await Promise.all(running);
    } catch (error) {
      turn.abort(error);
      await Promise.allSettled(running);
      throw error;
    }
  }

  async #sample(prompt: string, n: number, signal: AbortSignal): Promise<MeasuredAnswer> {
    const { recipe, seed } = this.#options;
    const { attributes, maxTokens } = recipe.profile;
    const { text, rewards, finishReason } = await this.#generate({
      recipe: recipe.name,
      prompt,
      owner,
      signal,
      options: {
        ...toSteering(recipe, weightsOfAnswer(seed, n, attributes.length)),
        temperature: differingTemperature(recipe.sampling),
        seed: Math.floor(uniformAt(seed + 1, n) * 2 ** 48),
        maxTokens,
        reportRewards: attributes.map(({ reward }) => reward),
        priority: this.#pairs.length === 0 ? 'interactive' : 'background',
      },
    });
    const shown = finishReason === 'length' ? endAtSentence(text) : text;
    return { text: shown.trim(), features: this.#measure(rewards ?? {}) };
  }

  async #generate(request: GenerateServiceRequest): Promise<GenerationResult> {
    const stream = this.#options.service.stream(request);
    for await (const { tokens } of stream) {
      this.#tokens += tokens.length;
      this.#events.emit('token');
    }
    return stream.result;
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
          `${normalization.deviation}) is not that of this recipe's answers. ` +
          '`trimtab calibrate RECIPE --rewards --overwrite` estimates it again.',
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
