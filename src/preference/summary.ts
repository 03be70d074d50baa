import { InvalidOptionError } from '../spec/index.ts';
import type { Gaussian } from './gaussian.ts';

/** One dimension of λ in a person's words. */
export interface Attribute {
  /** What is unclear where nothing is known, e.g. `length`. */
  readonly name: string;
  /** What a positive weight prefers, e.g. `long answers`. */
  readonly positive: string;
  /** What a negative weight prefers, e.g. `brevity`. */
  readonly negative: string;
}

/**
 * What the posterior says of an attribute. `clear`: its 95 % interval lies on one side of 0;
 * `probable`: its 80 % interval does; `indifferent`: its 80 % interval holds only weights too small to
 * be noticed; else `unsure`.
 */
export type PreferenceVerdict = 'clear' | 'probable' | 'indifferent' | 'unsure';

/** One attribute's weight: log-odds of a choice for one more standard deviation of it. */
export interface AttributeSummary {
  readonly name: string;
  readonly mean: number;
  readonly sd: number;
  /** The central 80 %. */
  readonly interval: readonly [from: number, to: number];
  readonly verdict: PreferenceVerdict;
  /** `clearly prefers brevity`. */
  readonly text: string;
}

export interface PreferenceSummary {
  /** In the order of the dimensions. */
  readonly attributes: readonly AttributeSummary[];
  /** One line, the clearest first: `clearly prefers brevity; unsure about formality`. */
  readonly text: string;
}

/** Quantiles of the standard normal distribution: what bounds its central 80 % and 95 %. */
const Z_80 = 1.2815515655446004;
const Z_95 = 1.959963984540054;

/** Log-odds that nobody notices: two answers that differ so are chosen 56 to 44 at most. */
const INDIFFERENT = 0.25;

const phrases: Readonly<Record<PreferenceVerdict, string>> = {
  clear: 'clearly prefers',
  probable: 'probably prefers',
  indifferent: 'does not mind',
  unsure: 'unsure about',
};

/**
 * A posterior in words, with its intervals.
 * @param attributes - One per dimension, in order.
 */
export function summarizePreferences(
  { mean, covariance }: Gaussian,
  attributes: readonly Attribute[],
): PreferenceSummary {
  if (attributes.length !== mean.length) {
    throw new InvalidOptionError(
      'attributes',
      `attributes names ${attributes.length} dimensions of a profile of ${mean.length}.`,
    );
  }
  const summaries = attributes.map((attribute, k) =>
    summarizeAttribute(attribute, mean[k]!, Math.sqrt(covariance[k]![k]!)),
  );
  return { attributes: summaries, text: sentence(summaries, attributes) };
}

function summarizeAttribute(attribute: Attribute, mean: number, sd: number): AttributeSummary {
  const interval = [mean - Z_80 * sd, mean + Z_80 * sd] as const;
  const verdict = judge(mean, sd);
  const text = `${phrases[verdict]} ${objectOf(attribute, verdict, mean)}`;
  return { name: attribute.name, mean, sd, interval, verdict, text };
}

function judge(mean: number, sd: number): PreferenceVerdict {
  const distance = Math.abs(mean);
  if (distance + Z_80 * sd <= INDIFFERENT) return 'indifferent';
  if (distance > Z_95 * sd) return 'clear';
  return distance > Z_80 * sd ? 'probable' : 'unsure';
}

/** What the verdict's verb is followed by. */
function objectOf(
  { name, positive, negative }: Attribute,
  verdict: PreferenceVerdict,
  mean: number,
): string {
  if (verdict === 'indifferent' || verdict === 'unsure') return name;
  return mean > 0 ? positive : negative;
}

function sentence(
  summaries: readonly AttributeSummary[],
  attributes: readonly Attribute[],
): string {
  const verdicts = Object.keys(phrases) as PreferenceVerdict[];
  return verdicts
    .flatMap((verdict) => {
      const objects = summaries.flatMap((summary, k) =>
        summary.verdict === verdict ? [objectOf(attributes[k]!, verdict, summary.mean)] : [],
      );
      return objects.length === 0 ? [] : [`${phrases[verdict]} ${listWords(objects)}`];
    })
    .join('; ');
}

/** `a`, `a and b`, `a, b and c`. */
function listWords(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
}
