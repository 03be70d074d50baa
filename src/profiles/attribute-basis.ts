import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';

import { z } from 'zod';

import type { ProfileDeclaration } from '../recipe/index.ts';

const basis = z.strictObject({
  format: z.literal('trimtab-attribute-basis'),
  version: z.literal(1),
  attributes: z.array(
    z.strictObject({
      name: z.string(),
      normalization: z.strictObject({ mean: z.number(), deviation: z.number() }),
      /** Of means over an answer's tokens, not of sums. */
      isPerToken: z.literal(true).optional(),
    }),
  ),
});

/** What the dimensions of a profile mean, as it is stored: the attributes, in order, and their units. */
export type AttributeBasis = z.output<typeof basis>;

export function attributeBasis({ attributes }: Pick<ProfileDeclaration, 'attributes'>) {
  const measured = attributes.map(({ name, normalization: { mean, deviation }, isPerToken }) => ({
    name,
    normalization: { mean, deviation },
    ...(isPerToken && { isPerToken }),
  }));
  return { format: 'trimtab-attribute-basis', version: 1, attributes: measured } as const;
}

/** An id that only the same basis has. */
export function basisId({ attributes }: AttributeBasis): string {
  const content = attributes.map(({ name, normalization: { mean, deviation }, isPerToken }) => [
    name,
    mean,
    deviation,
    ...(isPerToken === true ? ['per token'] : []),
  ]);
  const digest = createHash('sha256').update(JSON.stringify(content)).digest('hex');
  return `attributes-${digest.slice(0, 32)}`;
}

/** @returns `undefined` if the value is no basis of this version. */
export function readBasis(value: unknown): AttributeBasis | undefined {
  return basis.safeParse(value).data;
}

/** What is different between two bases, as sentences' parts: `it has no brief`. */
export function basisDifferences(own: AttributeBasis, other: AttributeBasis): string[] {
  const names = (of: AttributeBasis) => of.attributes.map(({ name }) => name);
  const lacking = (from: AttributeBasis, of: AttributeBasis) =>
    names(of).filter((name) => !names(from).includes(name));
  const differences = [
    ...lacking(own, other).map((name) => `it has no ${name}`),
    ...lacking(other, own).map((name) => `the recipe has no ${name}`),
    ...own.attributes.flatMap((attribute) => unitDifference(attribute, other)),
  ];
  if (differences.length > 0) return differences;
  return [`its attributes are in another order: ${names(own).join(', ')}`];
}

function unitDifference(
  own: AttributeBasis['attributes'][number],
  other: AttributeBasis,
): string[] {
  const same = other.attributes.find(({ name }) => name === own.name);
  if (same === undefined || isDeepStrictEqual(own, same)) return [];
  return [
    `its ${own.name} was measured with ${showUnit(own)}, the recipe's is with ${showUnit(same)}`,
  ];
}

function showUnit({
  normalization: { mean, deviation },
  isPerToken,
}: AttributeBasis['attributes'][number]): string {
  return `mean ${mean} and deviation ${deviation}${isPerToken === true ? ' per token' : ''}`;
}
