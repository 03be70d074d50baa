import {
  InvalidOptionError,
  type Continuation,
  type Prompt,
  type ScoreResult,
} from '../spec/index.ts';

/** A prompt and the answer that somebody wants to it. */
export interface SkillExample {
  readonly prompt: Prompt;
  /** A text that goes on with the prompt, a whole answer, or tokens. */
  readonly answer: Continuation;
}

/** What scores answers under skills, e.g. a `LoadedRecipe`. */
export interface SkillScorer {
  score(
    prompt: Prompt,
    continuation: Continuation,
    options: { readonly params: Readonly<Record<string, number>>; readonly signal?: AbortSignal },
  ): Promise<Pick<ScoreResult, 'logprob'>>;
}

/** Weights of skills, and how likely they make the examples. */
export interface ScoredMixture {
  /** By skill; those that are not named are 0. */
  readonly weights: Readonly<Record<string, number>>;
  /** Of all examples' answers together, in nats. */
  readonly logprob: number;
}

/** What was chosen, and why. */
export interface SkillChoice extends ScoredMixture {
  /** All that was compared, the best first. */
  readonly compared: readonly ScoredMixture[];
  /** Forward passes over a prompt and its answer. */
  readonly passes: number;
}

export interface ChooseSkillOptions {
  readonly skills: readonly string[];
  readonly examples: readonly SkillExample[];
  readonly signal?: AbortSignal | undefined;
}

/**
 * The skill, or none, under which examples are likeliest: one scoring pass for each of them and each skill, and always the
 * same choice. Of equals the first.
 * @throws InvalidOptionError without examples.
 */
export async function chooseSkill(
  scorer: SkillScorer,
  { skills, examples, signal }: ChooseSkillOptions,
): Promise<SkillChoice> {
  requireSomeExamples(examples);
  const candidates = [{}, ...skills.map((skill) => ({ [skill]: 1 }))];
  return compareMixtures(scorer, candidates, examples, signal);
}

/** Scores mixtures by examples. @returns The best of them. */
export async function compareMixtures(
  scorer: SkillScorer,
  mixtures: readonly Readonly<Record<string, number>>[],
  examples: readonly SkillExample[],
  signal: AbortSignal | undefined,
): Promise<SkillChoice> {
  const compared: ScoredMixture[] = [];
  // One mixture after the other: requests of one mixture share their passes.
  for (const weights of mixtures) {
    const scores = await Promise.all(
      examples.map(({ prompt, answer }) =>
        scorer.score(prompt, answer, { params: weights, ...(signal && { signal }) }),
      ),
    );
    compared.push({ weights, logprob: scores.reduce((sum, { logprob }) => sum + logprob, 0) });
  }
  compared.sort((a, b) => b.logprob - a.logprob);
  return { ...compared[0]!, compared, passes: mixtures.length * examples.length };
}

/** @throws InvalidOptionError */
export function requireSomeExamples(examples: readonly SkillExample[]): void {
  if (examples.length > 0) return;
  throw new InvalidOptionError(
    'examples',
    'There are no examples to choose a skill by: give at least one prompt with its answer.',
  );
}
