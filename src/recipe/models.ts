import { resolve } from 'node:path';

import type { PromptView, RecipeModel } from './recipe.ts';
import type { CheckedDocument } from './schema.ts';

/** A model's declaration with its defaults, and paths from `directory`. */
export function resolveModel(
  name: string,
  entry: CheckedDocument['models'][string],
  directory: string,
): RecipeModel {
  if (typeof entry === 'string') return resolveModel(name, { file: entry }, directory);
  const {
    file,
    prompt = 'chat',
    markup = 'text',
    system,
    gpuLayers = 'all',
    adapters = [],
  } = entry;
  return {
    name,
    source: { kind: 'file', path: resolve(directory, file) },
    view: toView(prompt),
    markup,
    system,
    gpuLayers: gpuLayers === 'all' ? -1 : gpuLayers,
    adapters: adapters.map((adapter) => ({
      kind: 'lora',
      file: resolve(directory, adapter.file),
      scale: adapter.scale ?? 1,
    })),
  };
}

function toView(prompt: 'raw' | 'chat' | { readonly template: string }): PromptView {
  if (prompt === 'raw') return { kind: 'raw' };
  return { kind: 'chat', template: prompt === 'chat' ? null : prompt.template };
}
