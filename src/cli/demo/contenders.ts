import type { GenerateOptions, Recipe } from '../../index.ts';

/** One of the three that the demo puts side by side. */
export interface DemoContender {
  readonly title: string;
  /** In tables. */
  readonly short: string;
  readonly options: GenerateOptions;
}

/** Answers of the embedded models are a sentence or two. */
const demoMaxTokens = 48;

function alone(model: string | null): GenerateOptions {
  return model === null ? {} : { only: model };
}

/** The base as it is, its expert, and the base steered by it. */
export function demoContenders({ base, expert }: Recipe): DemoContender[] {
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
