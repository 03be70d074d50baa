import { didYouMean } from '../faults/index.ts';
import { HubError } from '../spec/index.ts';
import { formatHubName, type HubName } from './hub-name.ts';

/** Taken of a model whose name says no quant. */
const defaultQuant = 'Q4_K_M';

/** One model of a repository: a file, or the parts of one that was split. */
export interface ModelFiles {
  /** `null` where its name does not say. */
  readonly quant: string | null;
  /** Paths in the repository, in order: llama.cpp is given the first. */
  readonly files: readonly string[];
}

/**
 * The files that a name means, of those there are. Without quant and file: Q4_K_M, or the only one.
 * @throws HubError `not-found` or `ambiguous`, which list what there is.
 */
export function chooseFiles(name: HubName, paths: readonly string[]): readonly string[] {
  return name.file === null ? byQuant(name, paths) : byFile(name, name.file, paths);
}

function byFile(name: HubName, file: string, paths: readonly string[]): readonly string[] {
  if (!paths.includes(file)) {
    const models = listModels(paths).map(({ files }) => files[0]!);
    const hint = didYouMean(file, paths) || inventory(models);
    throw new HubError('not-found', `${formatHubName(name)}: there is no file ${file}.${hint}`);
  }
  const split = splitOf(file);
  if (split === null) return [file];
  return wholeOf(name, partsOf(split, paths), split.count);
}

function byQuant(name: HubName, paths: readonly string[]): readonly string[] {
  const models = listModels(paths);
  const shown = formatHubName(name);
  if (models.length === 0) {
    throw new HubError('not-found', `${shown} has no GGUF file: look for a repository that has.`);
  }
  const wanted = name.quant ?? defaultQuant;
  const found = models.filter(({ quant }) => quant?.toUpperCase() === wanted.toUpperCase());
  const chosen = found.length === 0 && name.quant === null ? models : found;
  if (chosen.length === 1) return whole(name, chosen[0]!);
  if (chosen.length > 1) {
    const first = chosen.map(({ files }) => files[0]!);
    const why =
      name.quant === null && found.length === 0
        ? `has several models and none in ${defaultQuant}: name a quant or a file`
        : `fits ${chosen.length} models: name the file`;
    throw new HubError('ambiguous', `${shown} ${why}.${inventory(first, models)}`);
  }
  const quants = models.flatMap(({ quant }) => quant ?? []);
  const hint = didYouMean(wanted, quants);
  throw new HubError(
    'not-found',
    `${shown}: there is no ${wanted}.${hint}${inventory([], models)}`,
  );
}

/** ` There are …`: quants where they tell models apart, else files. */
function inventory(files: readonly string[], models: readonly ModelFiles[] = []): string {
  const quants = models.flatMap(({ quant }) => quant ?? []);
  const isTelling = quants.length === models.length && new Set(quants).size === quants.length;
  const names = isTelling && quants.length > 0 ? quants : files;
  const shown = names.length > 0 ? names : models.map((model) => model.files[0]!);
  return shown.length === 0 ? '' : ` There are ${shown.join(', ')}.`;
}

function whole(name: HubName, { files }: ModelFiles): readonly string[] {
  return wholeOf(name, files, splitOf(files[0]!)?.count ?? 1);
}

function wholeOf(name: HubName, files: readonly string[], count: number): readonly string[] {
  if (files.length === count) return files;
  throw new HubError(
    'not-found',
    `${formatHubName(name)}: of ${count} parts there are ${files.length}, from ${files[0]} on: the model is not whole there.`,
  );
}

/** Every model among the paths of a repository, in the order of the first file of each. */
export function listModels(paths: readonly string[]): ModelFiles[] {
  const models = new Map<string, ModelFiles>();
  for (const path of paths.filter(isModelFile).toSorted()) {
    const split = splitOf(path);
    const key = split === null ? path : `${split.stem}\0${split.count}`;
    if (models.has(key)) continue;
    const files = split === null ? [path] : partsOf(split, paths);
    models.set(key, { quant: quantOf(path), files });
  }
  return [...models.values()];
}

/** Projectors of images and matrices of importance are GGUF files, and no models. */
function isModelFile(path: string): boolean {
  const name = path.slice(path.lastIndexOf('/') + 1).toLowerCase();
  return name.endsWith('.gguf') && !name.startsWith('mmproj') && !name.includes('imatrix');
}

/** A part of a model that was split, as llama.cpp names them. */
interface Split {
  readonly stem: string;
  /** Parts in all. */
  readonly count: number;
  /** The number as the name says it, e.g. `00003`. */
  readonly written: string;
}

function splitOf(path: string): Split | null {
  const [, stem, , written] = /^(.*)-(\d{5})-of-(\d{5})\.gguf$/i.exec(path) ?? [];
  if (stem === undefined || written === undefined) return null;
  return { stem, count: Number(written), written };
}

/** Those of its parts that are there, in order. */
function partsOf({ stem, written }: Split, paths: readonly string[]): string[] {
  const isPart = new RegExp(`^-\\d{5}-of-${written}\\.gguf$`, 'i');
  return paths
    .filter((path) => path.startsWith(stem) && isPart.test(path.slice(stem.length)))
    .toSorted();
}

const quantPattern = /(?:^|[-._])((?:UD-)?(?:I?Q\d\w*|TQ\d\w*|MXFP\d\w*|NVFP\d\w*|B?F16|F32))$/i;

/** How a file's weights are quantised, by its name or its folder's. */
export function quantOf(path: string): string | null {
  const stem = (splitOf(path)?.stem ?? path.replace(/\.gguf$/i, '')).split('/');
  for (const part of stem.toReversed().slice(0, 2)) {
    const [, quant] = quantPattern.exec(part) ?? [];
    if (quant !== undefined) return quant.toUpperCase();
  }
  return null;
}
