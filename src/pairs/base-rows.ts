import { open, stat } from 'node:fs/promises';
import path from 'node:path';

import type { LoadedRecipe } from '../engine/index.ts';
import type { ScoredToken } from '../spec/index.ts';
import type { PairFolder } from './pair-folder.ts';
import type { OnPairProgress } from './progress.ts';
import type { TuningExamples } from './tuning-examples.ts';

/** Tokens of the base of which the composition's loss is computed; all others are one more. */
const mostCandidates = 256;

/** The base's and the twin's log-probs along the answers, for a loss inside the composition. */
export interface BaseRows {
  readonly file: string;
  /** Tokens of each record. */
  readonly candidates: number;
}

export interface WriteRowsOptions {
  /** A recipe with the base and the twin. */
  readonly loaded: LoadedRecipe;
  readonly base: string;
  readonly twin: string;
  readonly folder: PairFolder;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress: OnPairProgress;
}

/**
 * Writes what the base and the twin make of every token of the answers, by which an expert is tuned inside the
 * composition: see {@link rowRecord}. What was written before is kept.
 */
export async function writeRows(
  { training, development }: TuningExamples,
  { loaded, base, twin, folder, signal, onProgress }: WriteRowsOptions,
): Promise<BaseRows> {
  const file = path.join(folder.tuning, 'rows.bin');
  const sizes = loaded.models.map(({ vocabularySize }) => vocabularySize);
  const candidates = Math.min(mostCandidates, ...sizes);
  const examples = [...training, ...development];
  const written = await stat(file).then(
    ({ size }) => size,
    () => 0,
  );
  await using handle = await open(file, written === 0 ? 'w' : 'r+');
  const ending = signal === undefined ? {} : { signal };
  let offset = 0;
  for (const [i, { conversation, answer }] of examples.entries()) {
    signal?.throwIfAborted();
    onProgress({ stage: 'asking the base', done: i, of: examples.length });
    const size = answer.length * recordBytes(candidates);
    if (offset + size > written) {
      const { prompt } = conversation;
      const [ofBase, ofTwin] = await Promise.all([
        loaded.score(prompt, answer, { ...ending, only: base, topLogprobs: candidates }),
        loaded.score(prompt, answer, { ...ending, only: twin, allLogprobs: true }),
      ]);
      const records = ofBase.tokens.map((token, at) =>
        rowRecord(token, ofTwin.tokens[at]!.allLogprobs!),
      );
      await handle.write(Buffer.concat(records), 0, size, offset);
    }
    offset += size;
  }
  await handle.truncate(offset);
  return { file, candidates };
}

/** Three numbers of four bytes for each candidate, and one for the rest. */
function recordBytes(candidates: number): number {
  return 4 * (3 * candidates + 1);
}

/**
 * One token of an answer: the base's most probable tokens with the right one among them, as int32; their log-probs
 * of the base, then of the twin, as float32; the log of the base's probability of all others. Little-endian.
 * @param base - With as many of `topLogprobs` as there are candidates. @param twin - Log-probs, `[vocabSize]`.
 */
export function rowRecord(
  { tokenId, logprob, topLogprobs = [] }: ScoredToken,
  twin: Float32Array,
): Buffer {
  const isAmong = topLogprobs.some((token) => token.tokenId === tokenId);
  const candidates = isAmong ? topLogprobs : [...topLogprobs.slice(0, -1), { tokenId, logprob }];
  const count = candidates.length;
  const record = Buffer.alloc(recordBytes(count));
  let among = 0;
  candidates.forEach((token, i) => {
    record.writeInt32LE(token.tokenId, 4 * i);
    record.writeFloatLE(token.logprob, 4 * (count + i));
    // What is padding of the base is no token of the twin, and has no probability.
    record.writeFloatLE(twin[token.tokenId] ?? token.logprob, 4 * (2 * count + i));
    among += Math.exp(token.logprob);
  });
  record.writeFloatLE(Math.log(Math.max(1 - among, leastRest)), 12 * count);
  return record;
}

/** Sums of float32 say no less. */
const leastRest = 1e-7;
