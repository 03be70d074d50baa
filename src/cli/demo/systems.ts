import type { GenerateServiceRequest, InferenceService, ServedRecipe } from '../../index.ts';
import { localOwner } from '../profiles/local-owner.ts';

/** One of the three that the demo puts side by side. */
export interface DemoSystem {
  readonly title: string;
  /** In tables. */
  readonly short: string;
  readonly options: GenerateServiceRequest['options'];
}

/** Answers of the embedded models are a sentence or two. */
const demoMaxTokens = 48;

function alone(model: string | null): DemoSystem['options'] {
  return model === null ? {} : { only: model };
}

/** The base as it is, its expert, and the base steered by it. */
export function demoSystems({ base, expert }: ServedRecipe): DemoSystem[] {
  return [
    { title: 'large, untouched', short: 'large', options: alone(base) },
    { title: 'small tuned expert', short: 'expert', options: alone(expert) },
    { title: 'large, steered', short: 'steered', options: {} },
  ].map(({ title, short, options }) => ({
    title,
    short,
    options: { ...options, maxTokens: demoMaxTokens, stop: '\n', temperature: 0 },
  }));
}

/** What one of them is asked. */
export function requestOf(
  service: InferenceService,
  { options }: DemoSystem,
  prompt: string,
  signal: AbortSignal,
): GenerateServiceRequest {
  return { recipe: service.recipes()[0]!.name, prompt, owner: localOwner, options, signal };
}
