import type { Guidance, KlBudget, Recipe } from '../../index.ts';
import { rewardScope, type RewardDeclaration, type RewardSource } from '../../recipe/index.ts';
import { escapeLine } from './escape.ts';
import { renderTable, rightAligned } from './table.ts';

/** One line per reward of a recipe; none where it has none. */
export function renderRewards(
  { rewards }: Pick<Recipe, 'rewards'>,
  styleTitle: (title: string) => string,
): string[] {
  if (rewards.size === 0) return [];
  return renderTable(
    [
      { title: 'reward' },
      { title: 'kind' },
      rightAligned('weight'),
      ...['scale', 'judges', 'of'].map((title) => ({ title })),
    ],
    [...rewards.values()].map(({ name, source, weight, normalization }) => [
      escapeLine(name),
      source.kind,
      String(weight),
      normalization === null ? 'as it is' : showScale(normalization),
      scopes[rewardScope(source)],
      escapeLine(describeSource(source)),
    ]),
    styleTitle,
  );
}

const scopes = { prefix: 'beginnings', answer: 'whole answers', both: 'both' } as const;

/** `(value − 0.1) / 0.4`. */
function showScale({ mean, deviation }: NonNullable<RewardDeclaration['normalization']>): string {
  return `(value ${mean < 0 ? '+' : '−'} ${Math.abs(mean)}) / ${deviation}`;
}

/** What a reward of each kind goes by. */
const sources: {
  readonly [Kind in RewardSource['kind']]: (
    source: Extract<RewardSource, { readonly kind: Kind }>,
  ) => string;
} = {
  scalar: ({ model, head, headFile }) =>
    model + (head === null ? '' : `, head ${head}`) + (headFile === null ? '' : ` in ${headFile}`),
  'next-token': ({ model }) => model,
  attribute: ({ model, neutral }) => `${model} against ${neutral}`,
  words: ({ words }) => listSome([...words.keys()]),
  patterns: ({ patterns }) => listSome([...patterns.keys()]),
  length: ({ target, unit }) => `${target} ${unit}`,
  readability: ({ grade }) => `grade ${grade}`,
  module: ({ file }) => file,
  given: () => 'code',
};

function describeSource(source: RewardSource): string {
  return (sources[source.kind] as (source: RewardSource) => string)(source);
}

/** Words or patterns shown. */
const shownKeys = 4;

function listSome(keys: readonly string[]): string {
  const more = keys.length > shownKeys ? `, … (${keys.length})` : '';
  return keys.slice(0, shownKeys).join(', ') + more;
}

/** `args, candidates 10`. */
export function showGuidance({ method, ...settings }: Guidance): string {
  return [method, ...Object.entries(settings).map(([name, value]) => `${name} ${value}`)].join(
    ', ',
  );
}

/** `0.5 nats a token, 20 an answer`. */
export function showKlBudget({ perToken, perAnswer }: KlBudget): string {
  if (perAnswer === undefined) return `${perToken} nats a token`;
  return perToken === undefined
    ? `${perAnswer} nats an answer`
    : `${perToken} nats a token, ${perAnswer} an answer`;
}
