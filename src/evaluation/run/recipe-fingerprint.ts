import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';

import {
  modelPath,
  placeRecipe,
  type ProfileDeclaration,
  type Recipe,
  type RecipeModel,
  type RewardDeclaration,
} from '../../recipe/index.ts';
import { contentId } from '../content-id.ts';

/** Fields of a recipe that name a file which decides what it answers. */
const fileFields: ReadonlySet<string> = new Set(['file', 'headFile']);

/** Fields of a recipe that decide nothing. */
const ignored = {
  name: '',
  description: null,
  file: null,
  directory: '',
  warnings: [],
  keepAliveMs: undefined,
  speculation: undefined,
};

/** Bytes that are read of either end of a file. */
const SAMPLE_BYTES = 2 ** 20;

/**
 * Hash of what a recipe answers with: its document as resolved, and its files by size and the bytes of
 * both ends, wherever they lie. Its name and description do not count. A method of one's own counts by its name and its
 * text: what else it uses is not seen, so give another name to what answers otherwise.
 * @throws RecipeError for a model of the hub that is not in the cache; the file system's error for a file that cannot be
 *   read.
 */
export async function recipeFingerprint(given: Recipe): Promise<string> {
  const recipe = await placeRecipe(given);
  const models = [...recipe.models].map(([name, model]) => [name, written(model)]);
  const rewards = [...recipe.rewards].map(([name, reward]) => [name, writtenReward(reward)]);
  // What was written down before there were skills stays what it is.
  const skills = recipe.skills.size === 0 ? undefined : recipe.skills;
  const profile = recipe.profile && writtenProfile(recipe.profile);
  return contentId(await outline({ ...recipe, ...ignored, models, skills, rewards, profile }, ''));
}

/** As documents write it, so that what earlier evaluations wrote down stays what it is. */
function written({ source, adapters, ...model }: RecipeModel): object {
  return {
    ...model,
    file: modelPath(source),
    adapters: adapters.map(({ kind, ...adapter }) =>
      kind === 'lora' ? adapter : { kind, ...adapter },
    ),
  };
}

/** Without bounds, which decide on what is computed, and on no answer. */
function writtenReward({ source, ...reward }: RewardDeclaration): object {
  const isSum = source.kind === 'attribute' && source.answerTokens === null;
  return {
    ...reward,
    bounds: undefined,
    source: isSum ? { ...source, answerTokens: undefined } : source,
  };
}

/** Without what decides on questions alone, or follows from the rewards. */
function writtenProfile({ attributes, ...profile }: ProfileDeclaration): object {
  const measured = attributes.map((attribute) => ({ ...attribute, isPerToken: undefined }));
  return { ...profile, maxTokens: undefined, attributes: measured };
}

/** As JSON: maps as lists of their entries, files by their content. */
async function outline(value: unknown, field: string): Promise<unknown> {
  if (typeof value === 'string') return fileFields.has(field) ? fileFingerprint(value) : value;
  if (typeof value === 'function') return Function.prototype.toString.call(value);
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  // A module's own options are any JSON: a file that they name is not ours to find.
  if (typeof value !== 'object' || value === null || field === 'options') return value;
  if (value instanceof Map) return outline([...value], field);
  if (Array.isArray(value)) {
    return Promise.all(value.map((part: unknown) => outline(part, field)));
  }
  const parts = await Promise.all(
    Object.entries(value).map(async ([name, part]) => [name, await outline(part, name)] as const),
  );
  return Object.fromEntries(parts);
}

/** Of all parts of a model that is split. */
async function fileFingerprint(file: string): Promise<string> {
  const [, stem, count] = /^(.*)-00001-of-(\d{5})\.gguf$/i.exec(file) ?? [];
  if (stem === undefined || Number(count) === 1) return partFingerprint(file);
  const parts = Array.from({ length: Number(count) }, (_, i) => {
    const number = String(i + 1).padStart(5, '0');
    return `${stem}-${number}-of-${count}.gguf`;
  });
  return contentId(await Promise.all(parts.map(partFingerprint)));
}

async function partFingerprint(file: string): Promise<string> {
  await using handle = await open(file);
  const { size } = await handle.stat();
  const hash = createHash('sha256').update(`${size}`);
  for (const start of new Set([0, Math.max(0, size - SAMPLE_BYTES)])) {
    const { buffer, bytesRead } = await handle.read({
      buffer: Buffer.alloc(SAMPLE_BYTES),
      position: start,
    });
    hash.update(buffer.subarray(0, bytesRead));
  }
  return hash.digest('hex');
}
