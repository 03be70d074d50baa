import type { AttributeView, ProfileView } from '../../profiles/index.ts';
import { escapeLine } from './escape.ts';
import { formatSigned } from './numbers.ts';
import type { Palette } from './palette.ts';
import { renderTable, rightAligned } from './table.ts';

/** Cells of a bar on each side of 0. */
const halfWidth = 12;

const empty = `${'·'.repeat(halfWidth)}│${'·'.repeat(halfWidth)}`;
const filled = `${'─'.repeat(halfWidth)}┼${'─'.repeat(halfWidth)}`;

/** Log-odds that a bar shows on each side, at least: a preference that decides 19 choices of 20. */
const leastRange = 3;

/**
 * What is known of a user: a bar per attribute with the central 80 % of what its weight may be, the
 * numbers behind it, and all of it in words.
 */
export function renderProfile({ attributes, text }: ProfileView, palette: Palette): string[] {
  const range = Math.max(
    leastRange,
    ...attributes.flatMap(({ interval }) => interval.map(Math.abs)),
  );
  const table = renderTable(
    [
      { title: '' },
      rightAligned('likes'),
      { title: '' },
      { title: 'likes' },
      rightAligned('80 %'),
      rightAligned('steers'),
    ],
    attributes.map((attribute) => [
      escapeLine(attribute.name),
      escapeLine(attribute.low),
      renderBar(attribute, range, palette),
      escapeLine(attribute.high),
      attribute.interval.map((end) => formatSigned(end, 1)).join(' to '),
      showWeight(attribute),
    ]),
    palette.dim,
  );
  return [...table, escapeLine(text)];
}

/** `·····┼──●──···`: 0 in the middle, the interval, and the mean. */
function renderBar(
  { mean, interval: [from, to], verdict }: Pick<AttributeView, 'mean' | 'interval' | 'verdict'>,
  range: number,
  { dim, accent }: Palette,
): string {
  const cellOf = (value: number) => halfWidth + Math.round((value / range) * halfWidth);
  const [start, middle, end] = [cellOf(from), cellOf(mean), cellOf(to) + 1];
  const isKnown = verdict === 'clear' || verdict === 'probable';
  const style = isKnown ? accent : dim;
  return [
    dim(empty.slice(0, start)),
    style(filled.slice(start, middle)),
    isKnown ? accent('●') : '○',
    style(filled.slice(middle + 1, end)),
    dim(empty.slice(end)),
  ].join('');
}

function showWeight({ weight, override }: AttributeView): string {
  return formatSigned(weight, 2) + (override === null ? '' : ' (set)');
}
