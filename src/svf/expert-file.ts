import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';

import { readGgufHeader, readTensor, type GgufHeader } from '../gguf/index.ts';
import { GgufError } from '../spec/index.ts';

/** An expert: what each singular value of some matrices of a model is multiplied by. */
export interface SvfExpert {
  readonly file: string;
  readonly provenance: SvfProvenance;
  /** By the name of the matrix in the model's file. */
  readonly matrices: ReadonlyMap<string, SvfMatrix>;
}

export interface SvfMatrix {
  /** Shape `[r]`. */
  readonly z: Float32Array;
  /** The singular values of the matrix that it was made for, shape `[r]`, descending. */
  readonly sigma: Float32Array;
}

/** Where an expert comes from; `null` is what its file does not say. */
export interface SvfProvenance {
  /** SHA-256 of the model's file, in hexadecimal. */
  readonly baseSha256: string;
  readonly baseName: string | null;
  readonly task: string | null;
  readonly objective: string | null;
  readonly date: string | null;
}

/** What an expert's tensors are named by, behind the matrix. */
const [ofZ, ofSigma] = ['.z', '.sigma'];

/** z of an expert lies about 1; beyond this it is none. */
const largestZ = 1000;

/** Whether a GGUF file says that it is an SVF expert. */
export function isSvf({ metadata }: Pick<GgufHeader, 'metadata'>): boolean {
  return metadata.get('adapter.type')?.value === 'svf';
}

/** @throws GgufError for a file that is no sound expert. */
export async function readExpert(file: string): Promise<SvfExpert> {
  const header = await readGgufHeader(file);
  const text = (key: string): string | null => {
    const value = header.metadata.get(key)?.value;
    return typeof value === 'string' ? value : null;
  };
  if (!isSvf(header)) {
    throw new GgufError(
      'adapter.type',
      `${file} is no SVF expert: its adapter.type is ${text('adapter.type') ?? 'missing'}.`,
    );
  }
  const matrices = new Map<string, SvfMatrix>();
  const hash = createHash('sha256');
  for (const name of header.tensors.keys()) {
    if (name.endsWith(ofSigma)) continue;
    if (!name.endsWith(ofZ)) {
      throw new GgufError(
        name,
        `${file}: ${JSON.stringify(name)} is neither z nor sigma of a matrix.`,
      );
    }
    const matrix = name.slice(0, -ofZ.length);
    const z = await readTensor(file, header, name);
    const sigma = await readTensor(file, header, matrix + ofSigma);
    requireSound(file, matrix, { z, sigma });
    hash.update(new Uint8Array(sigma.buffer, sigma.byteOffset, sigma.byteLength));
    matrices.set(matrix, { z, sigma });
  }
  const baseSha256 = text('svf.base.sha256');
  if (
    matrices.size === 0 ||
    baseSha256 === null ||
    text('svf.sigma.sha256') !== hash.digest('hex')
  ) {
    throw new GgufError(
      'svf.sigma.sha256',
      `${file} is damaged: its singular values are not those that it was made with. Fetch it again.`,
    );
  }
  return {
    file,
    provenance: {
      baseSha256,
      baseName: text('svf.base.name'),
      task: text('svf.task'),
      objective: text('svf.objective'),
      date: text('svf.date'),
    },
    matrices,
  };
}

function requireSound(file: string, matrix: string, { z, sigma }: SvfMatrix): void {
  const isSound =
    z.length === sigma.length &&
    z.every((value) => Math.abs(value) <= largestZ) &&
    sigma.every((value, i) => value >= 0 && value <= (sigma[i - 1] ?? Infinity) * (1 + 1e-6)) &&
    Number.isFinite(sigma[0]);
  if (isSound) return;
  throw new GgufError(
    matrix,
    `${file}: z and sigma of ${matrix} must be ${sigma.length} numbers each, z within ±${largestZ} and sigma descending.`,
  );
}

/** SHA-256 of a file, in hexadecimal. */
export async function hashFile(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}
