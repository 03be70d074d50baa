import { compileConstraint, createConstraintState } from '../../src/grammar/index.ts';
import type { ConstraintState, TokenId, Vocabulary } from '../../src/spec/index.ts';
import { heapBytes, showMebibytes } from '../shared/measure.ts';
import { median } from '../shared/numbers.ts';
import { tableOf } from '../shared/table.ts';
import type { ConstraintSubject } from './subjects.ts';

/** Tokens that may still come: far from the end, and close to it. */
const [far, near] = [1_000_000, 32];

/** Milliseconds. */
interface Spread {
  readonly median: number;
  readonly p99: number;
  readonly worst: number;
}

interface MaskResults {
  readonly name: string;
  readonly tokens: number;
  /** With nothing known of the constraint; then the same document again. */
  readonly cold: Spread;
  readonly again: Spread;
  /** Of the places where an end within {@link near} tokens is possible; `null` if there are none. */
  readonly closing: Spread | null;
  readonly bytes: number;
}

interface IndexResults {
  readonly elapsedMs: number;
  readonly bytes: number;
}

/** The first state of a vocabulary's life reads it. */
export function measureIndex(read: Vocabulary): IndexResults {
  const compiled = compileConstraint({ choice: ['a'] });
  const bytes = heapBytes();
  const start = performance.now();
  createConstraintState(compiled, read);
  return { elapsedMs: performance.now() - start, bytes: heapBytes() - bytes };
}

export function measureMasks(
  { name, constraint, text }: ConstraintSubject,
  over: Vocabulary,
): MaskResults {
  const tokens = over.tokenize(text, { addSpecial: false, parseSpecial: false });
  const before = heapBytes();
  const state = createConstraintState(compileConstraint(constraint), over);
  const cold = walk(state, tokens, far);
  const bytes = heapBytes() - before;
  const again = walk(state, tokens, far);
  const closing = walk(state, tokens, near);
  if (cold.length !== tokens.length) throw new Error(`The text of ${name} is not allowed.`);
  return {
    name,
    tokens: tokens.length,
    cold: spread(cold),
    again: spread(again),
    closing: closing.length === 0 ? null : spread(closing),
    bytes,
  };
}

/** Milliseconds of the mask before each token; places that no end is near enough to are left out. */
function walk(state: ConstraintState, tokens: readonly TokenId[], budget: number): number[] {
  state.truncate(0);
  const times: number[] = [];
  for (const token of tokens) {
    const start = performance.now();
    if (tryMask(state, budget)) times.push(performance.now() - start);
    state.accept(token);
  }
  return times;
}

function tryMask(state: ConstraintState, budget: number): boolean {
  try {
    state.mask(budget);
    return true;
  } catch {
    return false;
  }
}

function spread(times: readonly number[]): Spread {
  const sorted = times.toSorted((a, b) => a - b);
  return {
    median: median(sorted),
    p99: sorted[Math.floor(0.99 * (sorted.length - 1))]!,
    worst: sorted.at(-1)!,
  };
}

export function showMasks(
  tokens: number,
  index: IndexResults,
  masks: readonly MaskResults[],
): string {
  const ms = (value: number): string => value.toFixed(3);
  const three = (times: Spread | null): string =>
    times === null ? '' : `${ms(times.median)} / ${ms(times.p99)} / ${times.worst.toFixed(1)}`;
  return [
    `# Masks over ${tokens.toLocaleString('en')} tokens, ms: median / 99 % / worst`,
    tableOf(masks, {
      '': ({ name }) => name,
      tokens: (each) => String(each.tokens),
      cold: ({ cold }) => three(cold),
      'the same again': ({ again }) => three(again),
      [`${near} tokens left`]: ({ closing }) => three(closing),
      MiB: ({ bytes }) => showMebibytes(bytes, 1),
    }),
    `The vocabulary is read once: ${index.elapsedMs.toFixed(0)} ms, ${showMebibytes(index.bytes, 1)} MiB.`,
  ].join('\n');
}
