import { InvalidOptionError, type Adapter, type VectorAdapter } from '../spec/index.ts';
import { toPlace } from './file-place.ts';
import type { AdapterEntry } from './schema.ts';

/**
 * An adapter's declaration with paths from `directory`.
 * @param at - Where it is written.
 * @throws InvalidOptionError that names the place of what is wrong.
 */
export function toAdapter(
  { file, vector, scale = 1, layers }: AdapterEntry,
  directory: string,
  at: string,
): Adapter {
  if (file !== undefined && vector === undefined) {
    if (layers === undefined)
      return { kind: 'lora', file: toPlace(file, directory, `${at}.file`), scale };
    throw new InvalidOptionError(
      `${at}.layers`,
      `${at}.layers is for vectors: what an adapter changes is in its file.`,
    );
  }
  if (vector === undefined || file !== undefined) {
    throw new InvalidOptionError(
      at,
      `${at} says ${file === undefined ? 'neither file nor vector' : 'both file and vector'}: give the file of a LoRA ` +
        'adapter or SVF expert, or the vector of a control vector.',
    );
  }
  return {
    kind: 'vector',
    file: toPlace(vector, directory, `${at}.vector`),
    scale,
    layers: layers === undefined ? null : toLayers(layers, `${at}.layers`),
  };
}

/** @param layers - `12`, or `10-20`. */
function toLayers(layers: number | string, at: string): NonNullable<VectorAdapter['layers']> {
  const [first, last = first] = String(layers).split('-').map(Number);
  if (first! >= 1 && first! <= last!) return [first!, last!];
  throw new InvalidOptionError(
    at,
    `${at} is ${JSON.stringify(layers)}: give a layer of 1 or more, or the first and the last, e.g. 10-20.`,
  );
}
