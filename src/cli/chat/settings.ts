import { didYouMean } from '../../faults/index.ts';
import { resolveParams, resolveRewards } from '../../recipe/index.ts';
import { resolveSampling, samplingDefaults } from '../../sampling/index.ts';
import { InvalidOptionError, type ServedRecipe } from '../../spec/index.ts';
import type { AnswerOptions } from '../answer-options.ts';
import { declarationsOf, type Declarations } from '../declarations.ts';
import { UsageError } from '../failure.ts';

type NumericOption = Exclude<keyof typeof samplingDefaults, 'logitBias'>;

const numericOptions = Object.keys(samplingDefaults).filter(
  (name): name is NumericOption => name !== 'logitBias',
);

/** What of an answer's options a chat may change. Whatever it refuses changes nothing. */
export class ChatSettings {
  readonly #recipe: ServedRecipe;
  readonly #declared: Declarations;
  #options: AnswerOptions;

  constructor(recipe: ServedRecipe, options: AnswerOptions) {
    this.#recipe = recipe;
    this.#declared = declarationsOf(recipe);
    this.#options = options;
  }

  get options(): AnswerOptions {
    return this.#options;
  }

  get params(): readonly string[] {
    return [...this.#declared.params.keys()];
  }

  /** All that {@link set} takes. */
  get names(): readonly string[] {
    return [...this.params, ...numericOptions, 'seed'];
  }

  /** A param, a sampling option or the seed. @throws UsageError, InvalidOptionError */
  set(name: string, value: number): void {
    if (this.#declared.params.has(name)) {
      const params = { ...this.#options.params, [name]: value };
      resolveParams(this.#declared, params);
      this.#options = { ...this.#options, params };
      return;
    }
    if (!this.names.includes(name)) {
      const remedy = didYouMean(name, this.names) || ` There are ${this.names.join(', ')}.`;
      throw new UsageError(`There is nothing called ${name} to set.${remedy}`);
    }
    const options = { ...this.#options, [name]: value };
    resolveSampling(options, this.#recipe.sampling);
    this.#options = options;
  }

  /** @throws InvalidOptionError */
  setReward(name: string, weight: number): void {
    const rewards = { ...this.#options.rewards, [name]: weight };
    resolveRewards(this.#declared, { rewards });
    this.#options = { ...this.#options, rewards };
  }

  /** @param model - `undefined`: the composition answers again. @throws InvalidOptionError */
  setOnly(model: string | undefined): void {
    const { only: _, ...others } = this.#options;
    if (model === undefined) {
      this.#options = others;
      return;
    }
    const names = [...this.#recipe.modelNames];
    if (!names.includes(model)) {
      const remedy = didYouMean(model, names) || ` It has ${names.join(', ')}.`;
      throw new InvalidOptionError('only', `The recipe has no model ${model}.${remedy}`);
    }
    this.#options = { ...others, only: model };
  }

  setTrace(trace: boolean): void {
    this.#options = { ...this.#options, trace };
  }

  /** Values of params by name. */
  describeParams(): string[] {
    const params = Object.entries(resolveParams(this.#declared, this.#options.params));
    if (params.length === 0) return [`${this.#recipe.name} has no params.`];
    return params.map(([name, value]) => `${name} ${value}`);
  }

  /** Who answers, and every value. */
  describe(): string[] {
    const { name: recipe, sampling } = this.#recipe;
    const resolved = resolveSampling(this.#options, sampling);
    return [
      `${this.#options.only ?? 'the composition'} of ${recipe} answers`,
      ...(this.params.length === 0 ? [] : this.describeParams()),
      ...numericOptions.map((name) => `${name} ${resolved[name]}`),
    ];
  }

  describeRewards(): string[] {
    const { name: recipe, rewards } = this.#declared;
    if (rewards.size === 0) return [`${recipe} has no rewards.`];
    const weights = this.#options.rewards ?? {};
    return [...rewards.values()].map(({ name, weight }) => `${name} ${weights[name] ?? weight}`);
  }
}
