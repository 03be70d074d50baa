import { z } from 'zod';

import { EngineUnavailableError, type EngineStats, type ServedRecipe } from '../../spec/index.ts';
import { noStats } from '../no-stats.ts';
import type { Dialect } from './request-body.ts';
import type { ServerClient } from './server-client.ts';

/** What a server serves, and how it is spoken to. */
export interface Served {
  readonly dialect: Dialect;
  readonly recipes: ReadonlyMap<string, ServedRecipe>;
}

/** What is relied on; the rest of a recipe is as a server of this version says it. */
const recipesSchema = z.object({
  data: z.array(
    z.looseObject({ name: z.string(), base: z.string(), modelNames: z.array(z.string()) }),
  ),
});

const modelsSchema = z.object({ data: z.array(z.looseObject({ id: z.string() })) });

/** Asks for the recipes of a Trimtab server, or for the models of any other one. */
export async function readServed(client: ServerClient, signal: AbortSignal): Promise<Served> {
  const ours = await client.find('/v1/recipes', signal);
  if (ours !== undefined) {
    const { data } = parse(recipesSchema, ours, client.url, '/v1/recipes');
    const recipes = data as unknown as readonly ServedRecipe[];
    return { dialect: 'trimtab', recipes: byName(recipes) };
  }
  const others = await client.get('/v1/models', signal);
  const { data } = parse(modelsSchema, others, client.url, '/v1/models');
  return { dialect: 'openai', recipes: byName(data.map(({ id }) => toRecipe(id))) };
}

function byName(recipes: readonly ServedRecipe[]): ReadonlyMap<string, ServedRecipe> {
  return new Map(recipes.map((recipe) => [recipe.name, recipe]));
}

/** A model of a server that knows no recipes: it is its own base, and nothing steers it. */
function toRecipe(id: string): ServedRecipe {
  return {
    name: id,
    description: null,
    state: 'ready',
    failure: null,
    base: id,
    expert: null,
    antiExpert: null,
    formula: id,
    params: {},
    rewards: {},
    guidance: { method: 'args', candidates: 1 },
    klBudget: null,
    constraint: null,
    profile: null,
    sampling: {},
    modelNames: [id],
    models: [],
  };
}

function parse<Value>(schema: z.ZodType<Value>, value: unknown, url: string, path: string): Value {
  const { data, error } = schema.safeParse(value);
  if (data !== undefined) return data;
  throw new EngineUnavailableError(
    `${url} answers ${path} with another list than a server of the OpenAI API.`,
    { cause: error },
  );
}

/** What a Trimtab server tells of its engine. */
export interface ServedStatus {
  readonly isReady: boolean;
  readonly restarts: number;
  readonly stats: EngineStats;
}

const metricNames: Readonly<Record<Exclude<keyof EngineStats, 'remote'>, string>> = {
  running: 'running',
  queued: 'queued',
  decodes: 'decodes_total',
  decodedTokens: 'decoded_tokens_total',
  promptTokens: 'prompt_tokens_total',
  cachedPromptTokens: 'cached_prompt_tokens_total',
  kvCellsUsed: 'kv_cells_used',
  kvCells: 'kv_cells',
  threads: 'threads',
  mostThreads: 'threads_most',
  residentBytes: 'resident_bytes',
};

/** From the server's metrics; of one that has none, or others, nothing is known but that it answers. */
export async function readStatus(client: ServerClient, signal: AbortSignal): Promise<ServedStatus> {
  const text = await client.getText('/metrics', signal);
  const lines = [...text.matchAll(/^trimtab_engine_(\w+) (\S+)$/gm)];
  const metrics = new Map(lines.map(([, name, value]) => [name!, Number(value)]));
  const entries = Object.entries(metricNames) as [keyof EngineStats, string][];
  const stats = entries.map(([name, metric]) => [name, metrics.get(metric) ?? noStats[name]]);
  return {
    isReady: metrics.get('ready') !== 0,
    restarts: metrics.get('restarts_total') ?? 0,
    stats: Object.fromEntries(stats) as unknown as EngineStats,
  };
}
