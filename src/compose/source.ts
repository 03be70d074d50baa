import type { RowKernels } from '../math/index.ts';
import {
  ContractError,
  NonFiniteLogitsError,
  type Row,
  type SparseRow,
  type TokenId,
} from '../spec/index.ts';
import type { MappedVocabularies, VocabularyAlignment } from './alignment.ts';

/** What to do about a model that gave NaN: the file is not the first to be suspected. */
export const notFiniteRemedy =
  "Either this machine computes it wrongly or the file is damaged. Turn off what the recipe's engine section " +
  'turned on (repack, flashAttention, kvType), and let `trimtab doctor` check the processor; if it finds nothing, ' +
  'check the file with another of the same model.';

/** The log-prob of what has no probability at all: sums stay finite with it. */
const unlikely = -1e4;

/** One model's logits in the base's order, at the current position. */
export class SourceRow {
  readonly row: number;
  isPresent = false;
  readonly #kernels: RowKernels;
  readonly #alignment: VocabularyAlignment | undefined;
  #logZ: number | undefined;
  #sparse: SparseRow | undefined;

  constructor(kernels: RowKernels, row: number, alignment: VocabularyAlignment | undefined) {
    this.#kernels = kernels;
    this.row = row;
    this.#alignment = alignment;
  }

  /** What it was made of, where that told some tokens alone: the others have the most that they may have. */
  get sparse(): SparseRow | undefined {
    return this.#sparse;
  }

  /** @throws NonFiniteLogitsError, ContractError */
  take(row: Row, model: string, position: number): void {
    if (row instanceof Float32Array) this.#takeDense(row, model, position);
    else this.#takeSparse(row, model);
    this.isPresent = true;
  }

  #takeSparse(row: SparseRow, model: string): void {
    if (this.#alignment !== undefined && this.#alignment.kind !== 'equal') {
      throw new ContractError(`${model} gives sparse rows: its tokens must be the output's own.`);
    }
    this.#sparse = row;
    this.#logZ = 0; // they are log-probs
    this.#kernels.fill(this.row, Math.max(row.restLogprob, unlikely));
    const values = this.#kernels.row(this.row);
    for (const [i, tokenId] of row.tokenIds.entries()) values[tokenId] = row.logprobs[i]!;
  }

  #takeDense(row: Float32Array, model: string, position: number): void {
    const expected = this.#alignment?.otherSize ?? this.#kernels.length;
    if (row.length !== expected) {
      throw new ContractError(
        `${model} gave ${row.length} logits at position ${position}; its vocabulary has ${expected}.`,
      );
    }
    this.#logZ = undefined;
    this.#sparse = undefined;
    const values = this.#kernels.row(this.row);
    if (this.#alignment?.kind === 'mapped') gather(values, row, this.#alignment);
    else values.set(row);
    const bad = this.#kernels.firstNonFinite(this.row);
    if (bad !== -1) {
      throw new NonFiniteLogitsError(
        `${model} gave ${values[bad]} for token ${bad} at position ${position}. ${notFiniteRemedy}`,
      );
    }
    for (const tokenId of this.#alignment?.lacking ?? []) values[tokenId] = -Infinity;
  }

  /** `logSumExp` of the row, computed at most once a position. */
  get logZ(): number {
    return (this.#logZ ??= this.#kernels.logSumExp(this.row));
  }

  value(tokenId: TokenId): number {
    return this.#kernels.row(this.row)[tokenId]!;
  }

  logprob(tokenId: TokenId): number {
    return this.value(tokenId) - this.logZ;
  }
}

/** `target[i] <- row[toOther[i]]`; 0 where the other lacks the token. An end that several say has the sum of them. */
function gather(
  target: Float32Array,
  row: Float32Array,
  { identicalPrefix, toOther, sharedEnd }: MappedVocabularies,
): void {
  target.set(row.subarray(0, identicalPrefix));
  for (let i = identicalPrefix; i < target.length; i++) {
    const from = toOther[i]!;
    target[i] = from === -1 ? 0 : row[from]!;
  }
  if (sharedEnd === null) return;
  const logits = sharedEnd.others.map((tokenId) => row[tokenId]!);
  const max = Math.max(...logits);
  const sum = logits.reduce((total, logit) => total + Math.exp(logit - max), 0);
  target[sharedEnd.tokenId] = max + Math.log(sum);
}
