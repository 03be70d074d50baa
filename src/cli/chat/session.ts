import { didYouMean } from '../../faults/index.ts';
import { InvalidOptionError, type ServedRecipe } from '../../spec/index.ts';
import { resolveParams, resolveRewards } from '../../recipe/index.ts';
import { resolveSampling, samplingDefaults } from '../../sampling/index.ts';
import type { AnswerOptions } from '../answer-options.ts';
import { declarationsOf, type Declarations } from '../declarations.ts';
import { UsageError } from '../failure.ts';
import { Conversation } from './conversation.ts';

/** What a chat is told by a line that begins with a slash. */
export interface CommandOutcome {
  readonly lines: readonly string[];
  readonly leaves?: true;
}

export const commandHelp: readonly (readonly [usage: string, what: string])[] = [
  ['/set NAME VALUE', 'change a param (alpha) or a sampling option (temperature); alone: show all'],
  ['/reward NAME WEIGHT', 'change the weight of a reward; alone: show all'],
  ['/only MODEL', "ask one of the recipe's models alone; without MODEL: the composition again"],
  ['/trace', 'show after each answer why every token was chosen, or stop showing it'],
  ['/reset', 'forget the conversation, keep the settings'],
  ['/help', 'this list'],
  ['/exit', 'leave; so do Ctrl-D and pressing Ctrl-C twice'],
];

/** Words after a command, at most; none where nothing is said. */
const argumentCounts: Readonly<Record<string, number>> = { '/set': 2, '/reward': 2, '/only': 1 };

function isKnown(name: string): boolean {
  return commandHelp.some(([usage]) => usage.split(' ')[0] === name);
}

const numericOptions = Object.keys(samplingDefaults).filter((name) => name !== 'logitBias');

/** A conversation and its settings: everything of a chat but its terminal. */
export class ChatSession {
  readonly recipe: ServedRecipe;
  readonly conversation: Conversation;
  readonly #declared: Declarations;
  #options: AnswerOptions;

  constructor(recipe: ServedRecipe, options: AnswerOptions, system: string | undefined) {
    this.recipe = recipe;
    this.#declared = declarationsOf(recipe);
    this.#options = options;
    this.conversation = new Conversation(system);
  }

  get options(): AnswerOptions {
    return this.#options;
  }

  get tracesTokens(): boolean {
    return this.#options.trace === true;
  }

  /** Forgets oldest exchanges until a question and its answer have room. @returns How many. */
  makeRoom(): number {
    const lengths = this.recipe.models.map(({ contextLength }) => contextLength);
    const { maxTokens } = this.#options;
    return this.conversation.makeRoom({ contextLength: Math.min(...lengths), maxTokens });
  }

  /** @param line - Begins with `/`. @throws UsageError, InvalidOptionError */
  command(line: string): CommandOutcome {
    const [name = '', ...args] = line.trim().split(/\s+/);
    const takes = argumentCounts[name] ?? 0;
    if (isKnown(name) && args.length > takes) {
      throw new UsageError(
        `${name} takes ${takes === 0 ? 'nothing' : `at most ${takes} ${takes === 1 ? 'word' : 'words'}`}.`,
      );
    }
    if (name === '/exit' || name === '/quit' || name === '/bye') return { lines: [], leaves: true };
    if (name === '/help' || name === '/?') return { lines: helpLines() };
    if (name === '/reset') return this.#reset();
    if (name === '/trace') return this.#toggleTrace();
    if (name === '/only') return this.#setOnly(args[0]);
    if (name === '/set') return this.#set(args);
    if (name === '/reward') return this.#setReward(args);
    const known = commandHelp.map(([usage]) => usage.split(' ')[0]!);
    const remedy = didYouMean(name, known) || ' /help lists the commands.';
    throw new UsageError(`There is no command ${name}.${remedy}`);
  }

  #reset(): CommandOutcome {
    this.conversation.clear();
    return { lines: ['The conversation begins anew.'] };
  }

  #toggleTrace(): CommandOutcome {
    const trace = !this.tracesTokens;
    this.#options = { ...this.#options, trace };
    return {
      lines: [trace ? 'Every answer is explained.' : 'Answers are not explained any more.'],
    };
  }

  #setOnly(model: string | undefined): CommandOutcome {
    const { only: _, ...others } = this.#options;
    if (model === undefined) {
      this.#options = others;
      return { lines: ['The composition answers.'] };
    }
    const names = [...this.recipe.modelNames];
    if (!names.includes(model)) {
      const remedy = didYouMean(model, names) || ` It has ${names.join(', ')}.`;
      throw new InvalidOptionError('only', `The recipe has no model ${model}.${remedy}`);
    }
    this.#options = { ...others, only: model };
    return { lines: [`${model} answers alone.`] };
  }

  #setReward([name, text]: readonly string[]): CommandOutcome {
    if (name === undefined) return { lines: this.#rewards() };
    const rewards = { ...this.#options.rewards, [name]: toNumber(`/reward ${name}`, text) };
    resolveRewards(this.#declared, { rewards });
    this.#options = { ...this.#options, rewards };
    return { lines: [`${name} has the weight ${rewards[name]}.`] };
  }

  #rewards(): string[] {
    const { name: recipe, rewards } = this.#declared;
    if (rewards.size === 0) return [`${recipe} has no rewards.`];
    const weights = this.#options.rewards ?? {};
    return [...rewards.values()].map(({ name, weight }) => `${name} ${weights[name] ?? weight}`);
  }

  #set([name, text]: readonly string[]): CommandOutcome {
    if (name === undefined) return { lines: this.#settings() };
    const value = toNumber(`/set ${name}`, text);
    if (this.#declared.params.has(name)) {
      const params = { ...this.#options.params, [name]: value };
      resolveParams(this.#declared, params);
      this.#options = { ...this.#options, params };
    } else if (name === 'seed' || numericOptions.includes(name)) {
      const options = { ...this.#options, [name]: value };
      resolveSampling(options, this.recipe.sampling);
      this.#options = options;
    } else {
      const known = [...this.#declared.params.keys(), ...numericOptions, 'seed'];
      const remedy = didYouMean(name, known) || ` There are ${known.join(', ')}.`;
      throw new UsageError(`There is nothing called ${name} to set.${remedy}`);
    }
    return { lines: [`${name} is ${value}.`] };
  }

  #settings(): string[] {
    const { name: recipe, sampling } = this.recipe;
    const params = resolveParams(this.#declared, this.#options.params);
    const resolved = resolveSampling(this.#options, sampling);
    const values: [string, number][] = [
      ...Object.entries(params),
      ...numericOptions.map((name): [string, number] => [
        name,
        resolved[name as Exclude<keyof typeof samplingDefaults, 'logitBias'>],
      ]),
    ];
    return [
      `${this.#options.only ?? 'the composition'} of ${recipe} answers`,
      ...values.map(([name, value]) => `${name} ${value}`),
    ];
  }
}

/** @throws UsageError */
function toNumber(command: string, text: string | undefined): number {
  const value = text === undefined || text === '' ? Number.NaN : Number(text);
  if (!Number.isNaN(value)) return value;
  throw new UsageError(`${command} needs a number: ${command} 0.6`);
}

function helpLines(): string[] {
  const width = Math.max(...commandHelp.map(([usage]) => usage.length));
  return commandHelp.map(([usage, what]) => `${usage.padEnd(width)}  ${what}`);
}
