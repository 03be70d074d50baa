import {
  model as modelTerm,
  planComposition,
  type CompositionPlan,
  type Formula,
  type VocabularyAlignment,
} from '../../compose/index.ts';
import { didYouMean } from '../../faults/index.ts';
import type { ChatRenderer } from '../../prompt/index.ts';
import { resolveParams, resolveSchedules, type Recipe } from '../../recipe/index.ts';
import {
  InvalidOptionError,
  type ParamSchedules,
  type Prompt,
  type TokenId,
  type Vocabulary,
} from '../../spec/index.ts';
import type { LoadedModel, LoadedModels } from '../load/models.ts';
import { viewModel, viewPrompt, type ViewOptions } from './prompts.ts';
import type { ViewedModel } from '../decode/task-lanes.ts';

/** What a request composes, however it was asked: the formula, or one model alone. */
export interface ResolvedRequest {
  readonly plan: CompositionPlan;
  /** The plan's models, each with its own view of the prompt. */
  readonly models: readonly ViewedModel[];
  /** How models that are added see it. */
  readonly views: ViewOptions;
  /** The prompt as the base sees it, in the output's token ids. */
  readonly basePrompt: readonly TokenId[];
  /** The output's vocabulary: the base's, or that of the model asked alone. */
  readonly vocabulary: Vocabulary;
}

export interface RequestOptions {
  readonly params?: Readonly<Record<string, number>> | undefined;
  readonly schedules?: ParamSchedules | null | undefined;
  readonly only?: string | undefined;
  readonly keepRows: boolean;
  /** Whether the shift from the base is to be limited. */
  readonly limitsShift?: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** @throws InvalidOptionError, ContextLengthError, TemplateError */
export async function resolveRequest(
  recipe: Recipe,
  loaded: LoadedModels,
  renderer: ChatRenderer,
  prompt: Prompt,
  options: RequestOptions,
): Promise<ResolvedRequest> {
  const { signal } = options;
  const params = resolveParams(recipe, options.params ?? {});
  const steering =
    options.only === undefined ? composed(recipe, loaded) : alone(loaded, options.only);
  const { keepRows, limitsShift = false } = options;
  const schedules = resolveSchedules(recipe, options.only === undefined ? options.schedules : null);
  const rows = { keepRows, keepShift: limitsShift };
  const plan = planComposition({ ...steering, params, schedules, ...rows });
  // A model asked alone is as its file is: skills steer, too.
  const views = { renderer, params: options.only === undefined ? params : null, signal };
  const models: ViewedModel[] = [];
  for (const name of plan.models) {
    const model = steering.models.get(name)!;
    models.push(await viewModel(prompt, model, views));
  }
  const base = steering.models.get(plan.base)!;
  const basePrompt =
    models.find(({ name }) => name === plan.base)?.prompt ??
    (await viewPrompt(prompt, base, renderer, signal));
  return { plan, models, views, basePrompt, vocabulary: base.weights.vocabulary };
}

/** Whether the base tells its best tokens alone. */
export function hasSparseBase({ models, plan }: ResolvedRequest): boolean {
  const base = models.find(({ name }) => name === plan.base);
  return base?.model.weights.capabilities.rows === 'sparse';
}

/** The request with more models to run, e.g. of rewards; they see the prompt through their own views. */
export function withModels(
  request: ResolvedRequest,
  models: readonly ViewedModel[],
): ResolvedRequest {
  const added = models.filter(({ name }) => !request.models.some((own) => own.name === name));
  return { ...request, models: [...request.models, ...added] };
}

/** @throws InvalidOptionError */
export function requireModel(models: ReadonlyMap<string, LoadedModel>, name: string): LoadedModel {
  const model = models.get(name);
  if (model !== undefined) return model;
  throw new InvalidOptionError(
    'only',
    `The recipe has no model ${JSON.stringify(name)}.${didYouMean(name, models.keys())} ` +
      `It has ${[...models.keys()].join(', ')}.`,
  );
}

interface Steering {
  readonly formula: Formula;
  readonly base: string;
  readonly plausibility: Recipe['plausibility'];
  readonly models: ReadonlyMap<string, LoadedModel>;
  readonly alignments: ReadonlyMap<string, VocabularyAlignment>;
}

function composed(recipe: Recipe, { models }: LoadedModels): Steering {
  const alignments = new Map([...models].map(([name, { alignment }]) => [name, alignment]));
  const { formula, base, plausibility } = recipe;
  return { formula, base, plausibility, models, alignments };
}

/** A model of its own: its own vocabulary, nothing that steers it. */
function alone({ models }: LoadedModels, name: string): Steering {
  const model = requireModel(models, name);
  const { size } = model.weights.vocabulary;
  const alignment: VocabularyAlignment = {
    kind: 'equal',
    baseSize: size,
    otherSize: size,
    lacking: [],
    report: `${name} is asked alone.`,
  };
  return {
    formula: modelTerm(name),
    base: name,
    plausibility: null,
    models: new Map([[name, { ...model, alignment }]]),
    alignments: new Map(),
  };
}

/** A regular expression of the answers that a server may read which is asked for this one; `null`: all. */
export function sayableOf({ models }: ResolvedRequest): string | null {
  const sources = models.map(({ model }) => model.declaration.source);
  return sources.find((source) => source.kind === 'server')?.sayable ?? null;
}
