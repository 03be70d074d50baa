// What answers took, counted.
import type { GenerationResult } from '../../src/index.ts';
import { sum } from '../shared/numbers.ts';

/** What somebody drafted, and how much of it was right. */
export interface Drafts {
  readonly drafted: number;
  readonly accepted: number;
}

/** Of the answers of a workload. */
export interface Counts {
  readonly tokens: number;
  /** Forward passes for a token, by model: prompts' too, whose last gives the first token. */
  readonly passesPerToken: Readonly<Record<string, number>>;
  /** By drafter. */
  readonly drafts: Readonly<Record<string, Drafts>>;
}

export type Counted = Pick<GenerationResult, 'tokens' | 'usage'>;

export function countAnswers(answers: readonly Counted[]): Counts {
  const tokens = sum(answers.map((answer) => answer.tokens.length));
  const passes = new Map<string, number>();
  const drafts = new Map<string, Drafts>();
  for (const { usage } of answers) {
    for (const [model, { forwards }] of Object.entries(usage.models)) {
      passes.set(model, (passes.get(model) ?? 0) + forwards);
    }
    for (const [drafter, { drafted, accepted }] of Object.entries(usage.drafts ?? {})) {
      const before = drafts.get(drafter) ?? { drafted: 0, accepted: 0 };
      drafts.set(drafter, {
        drafted: before.drafted + drafted,
        accepted: before.accepted + accepted,
      });
    }
  }
  return {
    tokens,
    passesPerToken: Object.fromEntries([...passes].map(([name, count]) => [name, count / tokens])),
    drafts: Object.fromEntries(drafts),
  };
}

type Timed = Pick<GenerationResult, 'tokens' | 'timings'>;

/**
 * Milliseconds for a token, those of prompts and of first tokens left out.
 * @param groups - Answers that were written at once take as long as the slowest of them.
 */
export function msPerToken(groups: readonly (readonly Timed[])[]): number {
  const ms = groups.map((group) => Math.max(...group.map(({ timings }) => timings.decodeMs)));
  return sum(ms) / sum(groups.flat().map(({ tokens }) => Math.max(0, tokens.length - 1)));
}
