import { setImmediate } from 'node:timers/promises';

import { readGgufHeader, readTensor, type GgufHeader } from '../gguf/index.ts';
import { ModelLoadError } from '../spec/index.ts';
import { decompose, workOf, type Decomposition, type WeightMatrix } from './decompose.ts';
import type { SvfExpert } from './expert-file.ts';

/** A matrix of a model, decomposed, and each expert's z of it; `null` of an expert that leaves it alone. */
export interface DecomposedMatrix {
  readonly name: string;
  readonly weights: WeightMatrix;
  readonly decomposition: Decomposition;
  readonly zs: readonly (Float32Array | null)[];
}

export interface DecomposeOptions {
  /** Multiplications that it may take, about; no bound by default. */
  readonly mostWork?: number;
  readonly onProgress?: ((done: number, of: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Of the largest singular value: how far an expert's may be from the model's. */
const sigmaTolerance = 1e-3;

/**
 * Decomposes the matrices of a model that experts change, one after the other.
 * @throws ModelLoadError for an expert of another model, GgufError for weights that cannot be read as numbers.
 */
export async function* decomposeFor(
  file: string,
  experts: readonly SvfExpert[],
  { mostWork = Infinity, onProgress, signal }: DecomposeOptions = {},
): AsyncGenerator<DecomposedMatrix> {
  const header = await readGgufHeader(file);
  const names = [...new Set(experts.flatMap(({ matrices }) => [...matrices.keys()]))];
  requireWork(file, header, experts, names, mostWork);
  for (const [i, name] of names.entries()) {
    signal?.throwIfAborted();
    const { shape } = header.tensors.get(name)!;
    const values = Float32Array.from(await readTensor(file, header, name));
    const weights = { values, columns: shape[0]!, rows: shape[1]! };
    const decomposition = decompose(weights);
    for (const expert of experts) requireSigma(file, name, expert, decomposition.sigma);
    const zs = experts.map(({ matrices }) => matrices.get(name)?.z ?? null);
    yield { name, weights, decomposition, zs };
    onProgress?.(i + 1, names.length);
    await setImmediate(); // others have their turn
  }
}

/** @throws ModelLoadError for a matrix that the model has not, or not of that shape, and for more work than may be. */
function requireWork(
  file: string,
  { tensors }: GgufHeader,
  experts: readonly SvfExpert[],
  names: readonly string[],
  mostWork: number,
): void {
  let work = 0;
  for (const name of names) {
    const shape = tensors.get(name)?.shape;
    for (const expert of experts) {
      const length = expert.matrices.get(name)?.sigma.length;
      if (length === undefined) continue;
      if (shape?.length === 2 && Math.min(...shape) === length) continue;
      throw misfit(
        file,
        expert,
        shape === undefined
          ? `the model has no matrix ${name}`
          : `it has ${length} singular values of ${name}, which is ${shape.join(' × ')}`,
      );
    }
    work += workOf(shape![1]!, shape![0]!);
  }
  if (work <= mostWork) return;
  throw new ModelLoadError(
    `Decomposing ${names.length} matrices of ${file} takes minutes, which loading does not wait for. Make an adapter of ` +
      `${experts.map((expert) => expert.file).join(' and ')} once, with \`trimtab skills mix\`, and name that.`,
  );
}

function requireSigma(file: string, name: string, expert: SvfExpert, sigma: Float32Array): void {
  const own = expert.matrices.get(name)?.sigma;
  if (own === undefined) return;
  const far = own.reduce((most, s, i) => Math.max(most, Math.abs(s - sigma[i]!)), 0) / sigma[0]!;
  if (far <= sigmaTolerance) return;
  throw misfit(
    file,
    expert,
    `its singular values of ${name} are up to ${(100 * far).toPrecision(2)} % of the largest away from the model's`,
  );
}

function misfit(
  file: string,
  { file: expert, provenance }: SvfExpert,
  why: string,
): ModelLoadError {
  const { baseName, baseSha256 } = provenance;
  return new ModelLoadError(
    `The SVF expert ${expert} does not fit the model ${file}: ${why}. It was made for ` +
      `${baseName ?? 'a file'} of the SHA-256 ${baseSha256.slice(0, 16)}….`,
  );
}
