import { describe, expect, it } from 'vitest';

import { InvalidOptionError } from '../spec/index.ts';
import { summarizePreferences, type Attribute } from './summary.ts';

const attributes: Attribute[] = [
  { name: 'length', positive: 'long answers', negative: 'brevity' },
  { name: 'tone', positive: 'formality', negative: 'ease' },
  { name: 'warmth', positive: 'warmth', negative: 'coolness' },
  { name: 'emoji', positive: 'emoji', negative: 'plain text' },
  { name: 'lists', positive: 'lists', negative: 'prose' },
];

function diagonal(sds: readonly number[]): number[][] {
  return sds.map((sd, i) => sds.map((_, j) => (i === j ? sd ** 2 : 0)));
}

describe('summarizePreferences', () => {
  const summary = summarizePreferences(
    { mean: [-2, 0.3, 1.5, 0.1, 3], covariance: diagonal([0.5, 1, 1, 0.1, 1]) },
    attributes,
  );

  it('says it in one line, the clearest first', () => {
    expect(summary.text).toBe(
      'clearly prefers brevity and lists; probably prefers warmth; does not mind emoji; unsure about tone',
    );
  });

  it('says it of every attribute, with the interval that holds 80 %', () => {
    expect(summary.attributes.map(({ text }) => text)).toEqual([
      'clearly prefers brevity',
      'unsure about tone',
      'probably prefers warmth',
      'does not mind emoji',
      'clearly prefers lists',
    ]);
    const [length] = summary.attributes;
    expect(length).toMatchObject({ name: 'length', mean: -2, sd: 0.5, verdict: 'clear' });
    expect(length!.interval[0]).toBeCloseTo(-2.6408, 4);
    expect(length!.interval[1]).toBeCloseTo(-1.3592, 4);
  });

  it('draws its lines where the intervals leave 0', () => {
    const verdict = (mean: number, sd: number) =>
      summarizePreferences({ mean: [mean], covariance: [[sd ** 2]] }, attributes.slice(0, 1))
        .attributes[0]!.verdict;
    expect(verdict(1.28, 1)).toBe('unsure');
    expect(verdict(-1.29, 1)).toBe('probable');
    expect(verdict(1.95, 1)).toBe('probable');
    expect(verdict(-1.97, 1)).toBe('clear');
    expect(verdict(0, 0.19)).toBe('indifferent');
    expect(verdict(0, 0.2)).toBe('unsure');
    expect(verdict(0.2, 0.01)).toBe('indifferent'); // surely positive, and too little to matter
  });

  it('refuses names that are not as many as the dimensions', () => {
    expect(() => summarizePreferences({ mean: [0], covariance: [[1]] }, attributes)).toThrow(
      InvalidOptionError,
    );
  });
});
