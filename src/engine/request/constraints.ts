import {
  BothConstraints,
  createConstraintState,
  readVocabulary,
  ignoredWarnings,
  type ConstraintCompiler,
} from '../../grammar/index.ts';
import type { Constraint, ConstraintState, Vocabulary } from '../../spec/index.ts';
import type { MaskPreparer } from '../decode/mask-preparer.ts';

export interface ConstraintContext {
  readonly compiler: ConstraintCompiler;
  readonly masks: MaskPreparer;
  readonly vocabulary: Vocabulary;
  readonly maxTokens: number;
  /** A regular expression of what may be said at all; `null`: anything. */
  readonly sayable: string | null;
  readonly owner: string;
  readonly signal: AbortSignal;
}

/** A constraint that answers can be kept to. */
export interface PreparedConstraint {
  /** Its state at the beginning of an answer; `null` where anything is allowed. */
  readonly start: () => ConstraintState | null;
  readonly warnings: readonly string[];
}

/**
 * Compiles a constraint beside this thread, for answers of at most `maxTokens` tokens.
 * @throws ConstraintError, also if no answer is short enough; QueueFullError; the signal's reason.
 */
export async function prepareConstraint(
  constraint: Constraint | null,
  context: ConstraintContext,
): Promise<PreparedConstraint> {
  const { sayable } = context;
  const own = constraint === null ? null : await prepare(constraint, context);
  const kept = sayable === null ? null : await prepare({ regex: sayable }, context);
  if (own === null || kept === null) {
    return own ?? kept ?? { start: () => null, warnings: [] };
  }
  const start = () => new BothConstraints(own.start(), kept.start());
  return { start, warnings: own.warnings };
}

async function prepare(
  constraint: Constraint,
  { compiler, masks, vocabulary, maxTokens, owner, signal }: ConstraintContext,
) {
  const compiled = await compiler.compile(constraint, { owner, signal });
  await readVocabulary(vocabulary, compiler);
  signal.throwIfAborted();
  const start = (): ConstraintState => createConstraintState(compiled, vocabulary);
  await masks.prepare(start(), maxTokens, signal); // that there is an answer is known before any model runs
  return { start, warnings: ignoredWarnings(compiled) };
}
