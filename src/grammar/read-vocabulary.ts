import type { Vocabulary } from '../spec/index.ts';
import { isIndexed, keepIndex } from './bind-constraint.ts';
import type { ConstraintCompiler } from './constraint-compiler.ts';
import { readPieces, toTokenIndex } from './token-index.ts';

/** Tokens read before the event loop turns. */
const slice = 2000;

const reading = new WeakMap<Vocabulary, Promise<void>>();

/**
 * Reads a vocabulary for its first constraint, in slices and with the help of a thread, so that nobody
 * waits for it but those who need it. Does nothing for one that was read before.
 */
export function readVocabulary(
  vocabulary: Vocabulary,
  compiler: ConstraintCompiler,
): Promise<void> {
  if (isIndexed(vocabulary)) return Promise.resolve();
  let read = reading.get(vocabulary);
  if (read === undefined) {
    read = readInSlices(vocabulary, compiler).finally(() => reading.delete(vocabulary));
    reading.set(vocabulary, read);
  }
  return read;
}

async function readInSlices(vocabulary: Vocabulary, compiler: ConstraintCompiler): Promise<void> {
  const steps = readPieces(vocabulary, slice);
  let step = steps.next();
  for (; step.done !== true; step = steps.next()) {
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
  }
  keepIndex(vocabulary, toTokenIndex(vocabulary, step.value, await compiler.index(step.value)));
}
