import {
  InvalidOptionError,
  type GenerateServiceRequest,
  type InferenceService,
  type ServedRecipe,
  type ServiceStream,
} from '../../spec/index.ts';
import type { EvaluationItem, EvaluationTask } from '../task.ts';

type Scoring = Pick<InferenceService, 'score' | 'tokenize'>;

/** What a service knows of a recipe; one far away may not know its models. */
export type LoadedRecipe = Pick<ServedRecipe, 'sampling'> & Partial<Pick<ServedRecipe, 'models'>>;

/** What an evaluation asks of a service. One that only generates measures generated answers. */
export interface EvaluationService extends Partial<Scoring> {
  /** Resolves with what is known of the recipe. */
  load(recipe: string, signal?: AbortSignal): Promise<LoadedRecipe | undefined>;
  stream(request: GenerateServiceRequest): Pick<ServiceStream, 'result'>;
}

/** Kinds that are measured by log-likelihood. */
const scoredKinds: ReadonlySet<EvaluationItem['kind']> = new Set([
  'choice',
  'cloze',
  'pair',
  'text',
]);

/** @throws InvalidOptionError for a task that is to be scored by a service that only generates. */
export function requireMeasurable(
  service: EvaluationService,
  tasks: readonly EvaluationTask[],
): void {
  if (canScore(service)) return;
  for (const { name, items } of tasks) {
    const item = items.find(({ kind }) => scoredKinds.has(kind));
    if (item !== undefined)
      throw cannotScore(`The task ${name} has items of the kind ${item.kind}`);
  }
}

/** @throws InvalidOptionError if it only generates. */
export function requireScoring(service: EvaluationService): Scoring {
  if (canScore(service)) return service;
  throw cannotScore('Likelihoods are asked for');
}

function canScore(service: EvaluationService): service is EvaluationService & Scoring {
  return service.score !== undefined && service.tokenize !== undefined;
}

function cannotScore(what: string): InvalidOptionError {
  return new InvalidOptionError(
    'tasks',
    `${what}, which are measured by the log-likelihood of given texts, but the service only ` +
      'generates: a server does not tell likelihoods after a prompt. Run the recipe on this machine.',
  );
}
