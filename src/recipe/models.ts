import { resolve } from 'node:path';

import { isHubName } from '../hub/hub-name.ts';
import { InvalidOptionError, type ModelSource } from '../spec/index.ts';
import { toAdapter } from './adapters.ts';
import { toPlace } from './file-place.ts';
import type { PromptView, RecipeModel } from './recipe.ts';
import type { CheckedDocument } from './schema.ts';
import { patternWithout } from './withhold.ts';

export interface ResolveModelOptions {
  /** What paths are relative to. */
  readonly directory: string;
  /** The local model whose tokens a server's are where it names none; `null` where none is local. */
  readonly lender: string | null;
}

/** A model's declaration with its defaults, and paths from `directory`. @throws InvalidOptionError that names its place. */
export function resolveModel(
  name: string,
  entry: CheckedDocument['models'][string],
  { directory, lender }: ResolveModelOptions,
): RecipeModel {
  if (typeof entry === 'string') {
    return resolveModel(name, { file: entry }, { directory, lender });
  }
  if ('server' in entry) return resolveServed(name, entry, { directory, lender });
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
    adapters: adapters.map((adapter, i) =>
      toAdapter(adapter, directory, `models.${name}.adapters.${i}`),
    ),
  };
}

type ServedEntry = Extract<CheckedDocument['models'][string], { server: string }>;

function resolveServed(
  name: string,
  entry: ServedEntry,
  { directory, lender }: ResolveModelOptions,
): RecipeModel {
  const { prompt = 'chat', markup = 'text', system, caFile, tokenizer = lender } = entry;
  const at = `models.${name}`;
  requireAddress(`${at}.server`, entry.server);
  if (tokenizer === null) {
    throw new InvalidOptionError(
      `${at}.server`,
      `${at} is on a server, and no model of the recipe is here: its tokens are those of a local one. Add the pair that steers it.`,
    );
  }
  return {
    name,
    source: {
      kind: 'server',
      url: entry.server,
      server: entry.kind,
      model: entry.model ?? null,
      keyEnv: entry.keyEnv ?? null,
      caFile: caFile === undefined ? null : resolve(directory, caFile),
      tokenizer,
      maxLogprobs: entry.maxLogprobs ?? null,
      maxRequests: entry.maxRequests ?? serverDefaults.maxRequests,
      timeoutMs: (entry.timeout ?? serverDefaults.timeoutSeconds) * 1000,
      isPrivate: entry.private ?? false,
      sayable: entry.withhold === undefined ? null : patternWithout(entry.withhold),
    },
    view: toView(prompt),
    markup,
    system,
    gpuLayers: 0,
    adapters: [],
  };
}

const serverDefaults = { maxRequests: 8, timeoutSeconds: 60 };

/** @throws InvalidOptionError for what is no address, or has a secret in it. */
function requireAddress(at: string, address: string): void {
  const url = URL.canParse(address) ? new URL(address) : null;
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw new InvalidOptionError(at, `${at} must be an address such as http://base:8000.`);
  }
  if (url.username === '' && url.password === '' && url.search === '' && url.hash === '') return;
  throw new InvalidOptionError(
    at,
    `${at} has a user, a password or a query in it: a recipe holds no secrets. Name the key's variable in keyEnv.`,
  );
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
