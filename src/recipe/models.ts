import { isHubName } from '../hub/hub-name.ts';
import type { ModelSource } from '../spec/index.ts';
import { toPlace } from './file-place.ts';
import type { PromptView, RecipeModel } from './recipe.ts';
import type { CheckedDocument } from './schema.ts';

/** A model's declaration with its defaults, and paths from `directory`. @throws InvalidOptionError that names its place. */
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
    source: toSource(file, directory, `models.${name}.file`),
    view: toView(prompt),
    markup,
    system,
    gpuLayers: gpuLayers === 'all' ? -1 : gpuLayers,
    adapters: adapters.map((adapter, i) => ({
      kind: 'lora',
      file: toPlace(adapter.file, directory, `models.${name}.adapters.${i}.file`),
      scale: adapter.scale ?? 1,
    })),
  };
}

function toSource(file: string, directory: string, at: string): ModelSource {
  const place = toPlace(file, directory, at);
  return isHubName(file) ? { kind: 'hub', name: place } : { kind: 'file', path: place };
}

type PromptEntry = Exclude<CheckedDocument['models'][string], string>['prompt'];

function toView(prompt: NonNullable<PromptEntry>): PromptView {
  if (prompt === 'raw') return { kind: 'raw' };
  if (prompt === 'chat') return { kind: 'chat', template: null };
  if ('template' in prompt) return { kind: 'chat', template: prompt.template };
  return { kind: 'chat', template: null, templateOf: prompt.templateOf };
}
