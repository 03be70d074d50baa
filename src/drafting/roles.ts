import { InvalidOptionError } from '../spec/index.ts';
import type { GivenModel } from './given-model.ts';
import { areAlike } from './twins.ts';

/** Who is what in a recipe of several models, and how that was found. */
export interface Roles {
  readonly base: GivenModel;
  /** `null` of one model alone. */
  readonly expert: GivenModel | null;
  /** What the expert was before it was tuned: the base, where these two are all; `null` if nobody is it. */
  readonly antiExpert: GivenModel | null;
  /** Why each is what it is. */
  readonly reasons: Readonly<Record<'base' | 'expert' | 'antiExpert', string>>;
  /** Which of two is tuned could not be told. */
  readonly isGuess: boolean;
}

/** Models whose roles are said, by these. */
export interface SaidRoles<Model = GivenModel> {
  readonly base?: Model | undefined;
  readonly expert?: Model | undefined;
  readonly antiExpert?: Model | undefined;
}

const said = 'as you say';

/**
 * Finds the roles of one to three models. The base is the largest; of the others the expert is tuned, and the
 * anti-expert its twin. Of two that are built alike the tuned one is the expert, and the other both others.
 * @param others - Models whose roles are to be found.
 * @throws InvalidOptionError if there are too many or none, or an anti-expert without an expert.
 */
export function findRoles(others: readonly GivenModel[], named: SaidRoles = {}): Roles {
  const count = others.length + Object.values(named).filter((model) => model !== undefined).length;
  if (count === 0 || count > 3) {
    throw new InvalidOptionError(
      'models',
      `There are ${count} models: a recipe is made of 1 to 3.`,
    );
  }
  const [one, two] = others;
  if (count === 2 && one !== undefined && two !== undefined && areAlike(one, two)) {
    return rolesOfTwins([one, two]);
  }
  const largest = largestOf(others);
  const base = named.base ?? largest;
  if (base === null) throw lacks('base');
  const small = named.base === undefined ? others.filter((model) => model !== base) : others;
  const choices = named.antiExpert === undefined ? small : small.slice(0, 1);
  const tuned = moreTuned(choices);
  const expert = named.expert ?? tuned ?? choices[0] ?? null;
  const isGuess = named.expert === undefined && tuned === null && choices.length > 1;
  const antiExpert = named.antiExpert ?? small.find((model) => model !== expert) ?? null;
  if (expert === null && antiExpert !== null) throw lacks('expert');
  const whyExpert = expert === null ? '' : isGuess ? 'named first' : whyTuned(expert);
  return {
    base,
    expert,
    antiExpert,
    reasons: {
      base: named.base ? said : count === 1 ? 'the only one' : 'the largest',
      expert: named.expert ? said : whyExpert,
      antiExpert: named.antiExpert ? said : 'the other small one',
    },
    isGuess,
  };
}

function rolesOfTwins(models: readonly [GivenModel, GivenModel]): Roles {
  const tuned = moreTuned(models);
  const expert = tuned ?? models[0];
  const base = models[0] === expert ? models[1] : models[0];
  const why = 'what the expert was before it was tuned';
  const isGuess = tuned === null;
  return {
    base,
    expert,
    antiExpert: base,
    reasons: { base: why, expert: isGuess ? 'named first' : whyTuned(expert), antiExpert: why },
    isGuess,
  };
}

function lacks(role: 'base' | 'expert'): InvalidOptionError {
  return new InvalidOptionError(role, `There is no ${role} among the models: name it.`);
}

function largestOf(models: readonly GivenModel[]): GivenModel | null {
  return models.reduce<GivenModel | null>(
    (largest, model) => (largest === null || sizeOf(model) > sizeOf(largest) ? model : largest),
    null,
  );
}

function sizeOf({ description }: GivenModel): number {
  return description.parameterCount;
}

/** The one that is likelier to be tuned; `null` if there is nothing to tell them apart. */
function moreTuned(models: readonly GivenModel[]): GivenModel | null {
  const [a, b] = models;
  if (a === undefined || b === undefined) return a ?? null;
  const more = tunedScore(a) - tunedScore(b);
  if (more !== 0) return more > 0 ? a : b;
  // A tuned model is often called as what it was, and something more.
  const [nameOfA, nameOfB] = [a, b].map(({ title, description }) =>
    (description.name ?? title).toLowerCase().replace(/\.gguf$/, ''),
  ) as [string, string];
  if (nameOfA === nameOfB) return null;
  if (nameOfA.startsWith(nameOfB)) return a;
  return nameOfB.startsWith(nameOfA) ? b : null;
}

const tunedWord =
  /(?:^|[^a-z])(instruct|chat|it|assistant|tuned|sft|dpo|rlhf|think|thinking|reasoner|reasoning|r1|distill)(?:[^a-z]|$)/i;
const untunedWord = /(?:^|[^a-z])(?:base|pt|pretrained|pretrain)(?:[^a-z]|$)/i;

/** 3 and less: what it is called counts more than that its file has a template, as many base models' have. */
function tunedScore({ description, finetune, title }: GivenModel): number {
  const name = [description.name, finetune, title].join(' ');
  return (
    (tunedWord.test(name) ? 2 : 0) -
    (untunedWord.test(name) ? 2 : 0) +
    (description.chatTemplate === null ? 0 : 1)
  );
}

function whyTuned(model: GivenModel): string {
  const [, word] =
    tunedWord.exec([model.description.name, model.finetune, model.title].join(' ')) ?? [];
  if (word !== undefined) return `called ${word.toLowerCase()}`;
  return model.description.chatTemplate === null ? 'the small one' : 'it has a chat template';
}
