import { readFile, stat } from 'node:fs/promises';

import { largestBasisBytes, linearDimension, parseBasisText } from '../../preference/index.ts';
import { createLinearHead, type RewardHead } from '../../reward/index.ts';
import { InvalidOptionError } from '../../spec/index.ts';

/** Whether a file with heads is a learned basis, and not safetensors. */
export function isBasisFile(headFile: string): boolean {
  return headFile.endsWith('.json');
}

/**
 * The dimensions of a learned basis as heads, by their names.
 * @param embeddingLength - Of the model that gives the hidden states.
 * @throws InvalidOptionError with option `headFile` for a file that is no basis, or of another width.
 */
export async function readBasisHeads(file: string, embeddingLength: number): Promise<RewardHead[]> {
  const basis = await readBasis(file);
  const width = basis.center.length;
  if (width !== embeddingLength) {
    throw refuse(
      file,
      `reads hidden states of ${width} numbers, but the model's have ${embeddingLength}: it was ` +
        `learned from ${basis.provenance.features}`,
    );
  }
  return basis.names.map((name) => createLinearHead({ name, ...linearDimension(basis, name) }));
}

async function readBasis(file: string) {
  const { size } = await stat(file);
  if (size > largestBasisBytes) {
    throw refuse(file, `has ${size} bytes, and a basis has at most ${largestBasisBytes}`);
  }
  const text = await readFile(file, 'utf8');
  try {
    return parseBasisText(text);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new InvalidOptionError('headFile', `${file}: ${reason}`, { cause });
  }
}

function refuse(file: string, what: string): InvalidOptionError {
  return new InvalidOptionError('headFile', `The basis ${file} ${what}.`);
}
