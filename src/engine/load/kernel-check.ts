import { createRowKernels } from '../../math/index.ts';
import type { Extension, ModelContext, TokenId } from '../../spec/index.ts';
import { denseRow } from './capabilities.ts';

/** How far rounding alone may move a row, or a hidden state: `‖a − b‖ / ‖a − mean(a)‖`. */
const mostDistance = 0.25;

/** Tokens whose log-probs are compared: the tail is far from any answer, and rounds most. */
const comparedTokens = 10;

/** What one token gave: its row of logits and, where the context keeps it, its hidden state. */
interface Outcome {
  readonly row: Float32Array;
  readonly hiddenState: Float32Array | undefined;
}

/** One way to compute the same tokens, against computing them alone, one after the other. */
export interface ShapeComparison {
  /** E.g. `beside 15 others`. */
  readonly shape: string;
  readonly sameBits: boolean;
  /** Largest difference of a log-prob of the best tokens, in nats; NaN where one was not finite. */
  readonly nats: number;
  /** `‖a − b‖ / ‖a − mean(a)‖` of the logits, or of the hidden state if that is more; NaN likewise. */
  readonly distance: number;
}

export interface CompareShapesOptions {
  /** Tokens of the prompt, and after it. Fewer where the context holds fewer. */
  readonly promptLength: number;
  readonly answerLength: number;
}

/** What a load can afford. */
const quick: CompareShapesOptions = { promptLength: 8, answerLength: 2 };

/**
 * Computes the same tokens alone, one after the other; then all at once; then beside others. What
 * differs by more than rounding means that the kernels of this processor are wrong for some shape.
 */
export async function compareShapes(
  context: ModelContext,
  options: CompareShapesOptions = quick,
): Promise<ShapeComparison[]> {
  const { batchSize, contextLength, freeSequences } = context;
  if (contextLength < 2) return [];
  const others = [...new Set([1, 3, 15].map((n) => Math.min(n, freeSequences - 1)))];
  const most = 1 + Math.max(0, ...others);
  const answerLength = Math.min(options.answerLength, contextLength - 1);
  const room = Math.min(Math.floor(batchSize / most), contextLength - answerLength);
  const promptLength = Math.max(1, Math.min(options.promptLength, room));
  const ones = Array.from({ length: answerLength }, () => 1);
  const alone = await compute(context, [promptLength, ...ones], 0);
  const comparisons: ShapeComparison[] = [];
  const whole = promptLength + answerLength;
  if (whole <= batchSize) {
    comparisons.push(compare('in one piece', alone, await compute(context, [whole], 0)));
  }
  for (const count of others.filter((n) => n > 0)) {
    const beside = await compute(context, [promptLength, ...ones], count);
    comparisons.push(compare(`beside ${count} ${count === 1 ? 'other' : 'others'}`, alone, beside));
  }
  return comparisons;
}

/** Whether all of it is what rounding can do. */
export function isRounding({ distance }: ShapeComparison): boolean {
  return distance <= mostDistance; // NaN is not
}

/** E.g. `beside 15 others: 0.71 nats off`. */
export function describeShape({ shape, sameBits, nats, distance }: ShapeComparison): string {
  if (sameBits) return `${shape}: the same bits`;
  if (Number.isNaN(nats + distance)) return `${shape}: not finite`;
  return `${shape}: ${(100 * distance).toPrecision(2)} % off, ${nats.toPrecision(2)} nats for a good token`;
}

/** The last token's outcome: a sequence in pieces of these lengths, beside others cut alike. */
async function compute(
  context: ModelContext,
  pieces: readonly number[],
  others: number,
): Promise<Outcome> {
  const { vocabulary } = context.model;
  const all = vocabulary.tokenize(text, { addSpecial: false, parseSpecial: false });
  const sequences = Array.from({ length: 1 + others }, () => context.createSequence());
  try {
    let outcome: Outcome | undefined;
    for (const length of pieces) {
      const extensions = sequences.map((sequence, i): Extension => ({
        sequence,
        tokens: someTokens(all, i, sequence.length, length),
        rows: 'last',
      }));
      const [own] = await context.extend(extensions);
      const { rows, hiddenStates } = own!;
      outcome = {
        row: denseRow(rows[0]!, context.model.name).slice(),
        hiddenState: hiddenStates[0]?.slice(),
      };
    }
    return outcome!;
  } finally {
    for (const sequence of sequences) sequence[Symbol.dispose]();
  }
}

/** Ordinary text: what no model has ever seen is where rounding is amplified most. */
const text =
  'The old harbour lay quiet in the morning, and the captain read the letter again before the ship ' +
  'turned north. Nobody on deck could say why she had kept it for so long, or what it had meant.';

/** Every sequence reads the text from another place on. */
function someTokens(
  all: readonly TokenId[],
  sequence: number,
  from: number,
  length: number,
): TokenId[] {
  return Array.from({ length }, (_, i) => all[(from + i + sequence * 3) % all.length]!);
}

function compare(shape: string, alone: Outcome, other: Outcome): ShapeComparison {
  return {
    shape,
    sameBits:
      haveSameBits(alone.row, other.row) &&
      haveSameBits(alone.hiddenState ?? noFloats, other.hiddenState ?? noFloats),
    nats: logprobDifference(alone.row, other.row),
    distance: Math.max(
      relativeDistance(alone.row, other.row),
      relativeDistance(alone.hiddenState ?? noFloats, other.hiddenState ?? noFloats),
    ),
  };
}

const noFloats = new Float32Array();

function haveSameBits(a: Float32Array, b: Float32Array): boolean {
  return a.length === b.length && a.every((value, i) => Object.is(value, b[i]));
}

/** `max |log p(t) − log q(t)|` over the best tokens of `p`; NaN if a logit of either is not finite. */
function logprobDifference(p: Float32Array, q: Float32Array): number {
  if (!p.every(Number.isFinite) || !q.every(Number.isFinite)) return Number.NaN;
  const [logZp, logZq] = [logSumExp(p), logSumExp(q)];
  const kernels = createRowKernels(p.length, 1);
  kernels.row(0).set(p);
  const differences = Array.from(kernels.topK(0, comparedTokens), (tokenId) =>
    Math.abs(p[tokenId]! - logZp - (q[tokenId]! - logZq)),
  );
  return Math.max(...differences);
}

function logSumExp(row: Float32Array): number {
  const max = row.reduce((most, value) => Math.max(most, value), -Infinity);
  return max + Math.log(row.reduce((sum, value) => sum + Math.exp(value - max), 0));
}

function relativeDistance(a: Float32Array, b: Float32Array): number {
  const mean = a.reduce((sum, value) => sum + value, 0) / a.length;
  const difference = Math.sqrt(a.reduce((sum, value, i) => sum + (value - b[i]!) ** 2, 0));
  if (difference === 0) return 0;
  return difference / Math.sqrt(a.reduce((sum, value) => sum + (value - mean) ** 2, 0));
}
