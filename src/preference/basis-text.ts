import { InvalidOptionError } from '../spec/index.ts';
import { parseBasis, type Basis } from './basis.ts';

/** Of a file with a basis: one of ten dimensions over hidden states of eight thousand has one MB. */
export const largestBasisBytes = 64 * 2 ** 20;

/** Six digits: hidden states, in half precision or quantised, have fewer. */
const digits = 6;

/** A basis as the JSON of a file, its numbers of six digits and a vector to a line. */
export function formatBasis(basis: Basis): string {
  const rounded = JSON.stringify(
    basis,
    (_, value: unknown) => (typeof value === 'number' ? Number(value.toPrecision(digits)) : value),
    2,
  );
  // Inside of strings there are no newlines.
  const oneLine = rounded.replace(/\[\n[\s\d.,e+-]+\]/g, (vector) =>
    vector.replace(/\s+/g, ' ').replace('[ ', '[').replace(' ]', ']'),
  );
  return `${oneLine}\n`;
}

/**
 * A basis from a file's text, which may be anything.
 * @throws InvalidOptionError whose `option` is the field at fault, `basis` if it is no JSON.
 */
export function parseBasisText(text: string): Basis {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new InvalidOptionError(
      'basis',
      'This is no basis that can be used: it is no JSON. `trimtab profile learn-basis` writes one.',
      { cause },
    );
  }
  return parseBasis(value);
}
