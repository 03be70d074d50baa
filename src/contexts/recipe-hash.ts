import { createHash } from 'node:crypto';
import path from 'node:path';

import type { Recipe } from '../recipe/index.ts';

/**
 * What prepared texts depend on: all that a recipe says but in which folders its files are, which differ from machine to
 * machine.
 */
export function recipeHash(recipe: Recipe): string {
  const text = JSON.stringify({ ...recipe, file: null }, (key, value: unknown) => {
    if (value instanceof Map) return [...(value as Map<unknown, unknown>)];
    if (typeof value === 'function') return 'a function';
    const isFile = typeof value === 'string' && path.isAbsolute(value);
    return isFile && key !== 'description' ? path.basename(value) : value;
  });
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}
