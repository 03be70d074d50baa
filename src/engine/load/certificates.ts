import type { Recipe } from '../../recipe/index.ts';
import type { Certificate, GenerateOptions } from '../../spec/index.ts';
import { LoadedRecipe } from '../loaded-recipe.ts';

/** What could be certified of some answers. */
export interface CertifiedSample {
  /** How they were sampled, for people. */
  readonly sampling: string;
  readonly tokens: number;
  /** To the base's server. */
  readonly requests: number;
  readonly certificate: Omit<Certificate, 'logprobError'>;
}

/** Prompts to answer, of several kinds. */
const prompts = [
  'What is a trim tab, and what is it for?',
  'Write three lines about the sea.',
  'List the first ten numbers that are prime.',
  'Explain to a child why the sky is blue.',
];

const samplings: Readonly<Record<string, GenerateOptions>> = {
  greedy: { temperature: 0 },
  'temperature 1': { temperature: 1, seed: 1 },
};

/** Answers sample prompts with a base on a server. @throws What loading and answering throw. */
export async function measureCertificates(
  recipe: Recipe,
  signal?: AbortSignal,
): Promise<CertifiedSample[]> {
  await using loaded = await LoadedRecipe.load(recipe, signal && { signal });
  const samples: CertifiedSample[] = [];
  for (const [sampling, options] of Object.entries(samplings)) {
    const before = loaded.stats.remote!.requests;
    const asked = { ...options, maxTokens: 32, ...(signal && { signal }) };
    const results = await Promise.all(prompts.map((prompt) => loaded.generate(prompt, asked)));
    const certificates = results.map(({ certificate }) => certificate!);
    const uncertain = certificates.reduce((sum, { uncertainTokens }) => sum + uncertainTokens, 0);
    samples.push({
      sampling,
      tokens: results.reduce((sum, { tokens }) => sum + tokens.length, 0),
      requests: loaded.stats.remote!.requests - before,
      certificate: {
        exact: uncertain === 0,
        uncertainTokens: uncertain,
        totalVariation: Math.max(...certificates.map(({ totalVariation }) => totalVariation)),
      },
    });
  }
  return samples;
}
