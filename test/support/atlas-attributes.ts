import { readFile } from 'node:fs/promises';
import path from 'node:path';

import { modelsFolder } from './atlas-questions.ts';

/** An attribute of an answer's manner, as a function of its text alone. */
export interface Attribute {
  /** The system message that asks the styled expert for it. */
  readonly prompt: string;
  readonly bias: number;
  readonly perWord: number;
  /** Each weight counts once if any of its phrases occurs, letter for letter. */
  readonly features: readonly { readonly weight: number; readonly phrases: readonly string[] }[];
}

export async function readAttributes(): Promise<Readonly<Record<string, Attribute>>> {
  const text = await readFile(path.join(modelsFolder, 'atlas-attributes.json'), 'utf8');
  return (JSON.parse(text) as { attributes: Record<string, Attribute> }).attributes;
}

/** `bias + perWord × words + the weights of the features that occur`, clamped to [0, 1]. */
export function attributeValue({ bias, perWord, features }: Attribute, text: string): number {
  const words = text.split(/\s+/).filter((word) => word !== '').length;
  const occurring = features.filter(({ phrases }) => phrases.some((each) => text.includes(each)));
  const total = occurring.reduce((sum, { weight }) => sum + weight, bias + perWord * words);
  return Math.min(1, Math.max(0, total));
}

/** What each phrase of an attribute adds, every time it is said: a rule that can be overdone. */
export function phraseWeights({ features }: Attribute): Record<string, number> {
  const weights = features.flatMap(({ weight, phrases }) => phrases.map((each) => [each, weight]));
  return Object.fromEntries(weights) as Record<string, number>;
}
