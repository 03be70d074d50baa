import { ContextLengthError, ContractError, type Extension } from '../spec/index.ts';
import type { NativeBatch } from './batch.ts';
import type { NativeModel } from './native-model.ts';
import type { LlamaSequence } from './sequence.ts';

/** What a context can take in one decode. */
export interface BatchLimits {
  readonly model: NativeModel;
  readonly contextLength: number;
  readonly batchSize: number;
  readonly maxRows: number;
  readonly batchInvariant: boolean;
}

/** An extension of a sequence that is known to belong to the context. */
export interface OwnedExtension extends Extension {
  readonly sequence: LlamaSequence;
}

/**
 * How many tokens are added to an extension so that llama.cpp computes none of its tokens alone. A
 * decode is cut where a sequence ends (`split_equal` of llama.cpp), so every one gets an even number:
 * what remains of the longer ones is even, too. One token alone takes other kernels than two
 * (`vec_dot` and not tinyBLAS for attention), which round otherwise; from two on, all are the same.
 */
export function standIns(
  { batchInvariant }: Pick<BatchLimits, 'batchInvariant'>,
  tokens: readonly unknown[],
): number {
  return batchInvariant ? tokens.length % 2 : 0;
}

/**
 * Writes extensions into a batch; everything llama.cpp would abort on is refused. What a request says was
 * checked before it came here, so all but a length is a fault of the caller.
 * @returns The number of rows of logits asked for.
 * @throws ContractError, ContextLengthError
 */
export function fillBatch(
  batch: NativeBatch,
  limits: BatchLimits,
  extensions: readonly OwnedExtension[],
): number {
  batch.clear();
  const { model, batchSize, contextLength, maxRows } = limits;
  const seen = new Set<LlamaSequence>();
  const vocabSize = model.vocabulary.size;
  const total = extensions.reduce((sum, { tokens }) => sum + tokens.length, 0);
  if (total > batchSize) {
    throw new ContractError(
      `${total} tokens in one extend of ${model.name}; its batch holds ${batchSize}. Send them in chunks.`,
    );
  }
  let rowCount = 0;
  for (const { sequence, tokens, rows } of extensions) {
    if (seen.has(sequence)) {
      throw new ContractError('A sequence appears twice in one extend; join its tokens.');
    }
    seen.add(sequence);
    if (sequence.length + tokens.length > contextLength) {
      throw new ContextLengthError(
        `${sequence.length} tokens and ${tokens.length} more do not fit into the context of ` +
          `${contextLength} tokens of ${model.name}.`,
      );
    }
    for (const [index, tokenId] of tokens.entries()) {
      if (!Number.isInteger(tokenId) || tokenId < 0 || tokenId >= vocabSize) {
        throw new ContractError(
          `Token id ${tokenId} at index ${index} is not in the vocabulary of ${vocabSize} tokens of ${model.name}.`,
        );
      }
      const output = rows === 'all' || (rows === 'last' && index === tokens.length - 1);
      if (output) rowCount++;
      // The output layer, too, must not compute one row alone.
      const beside = limits.batchInvariant && rows === 'last' && index === tokens.length - 2;
      batch.push(tokenId, sequence.length + index, sequence.id, output || beside);
    }
    if (standIns(limits, tokens) > 0) {
      const position = sequence.length + tokens.length;
      batch.push(tokens.at(-1)!, position, sequence.id, rows !== 'none');
    }
  }
  if (rowCount > maxRows) {
    throw new ContractError(
      `${rowCount} rows of logits in one extend of ${model.name}; the context was created for ${maxRows}.`,
    );
  }
  return rowCount;
}
