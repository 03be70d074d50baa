import { dimensionStrengths, type Basis, type HeldOutAccuracy } from '../../preference/index.ts';
import { escapeLine } from './escape.ts';
import { formatInteger, formatPercent } from './numbers.ts';
import { renderPairs, renderTable, rightAligned } from './table.ts';

/** What a basis was learned from, and how good it is. @param file - Where it was written. */
export function renderBasis(basis: Basis, file: string, dim: (text: string) => string): string[] {
  const { names, provenance, prior } = basis;
  const { users, pairs, answers, heldOut } = provenance;
  const strengths = dimensionStrengths(basis);
  const facts = renderPairs(
    [
      ['written', escapeLine(file)],
      ['users', formatInteger(users)],
      ['pairs', formatInteger(pairs)],
      ['answers', formatInteger(answers)],
      ['held out', showAccuracy(heldOut)],
    ],
    dim,
  );
  const dimensions = renderTable(
    [{ title: 'dimension' }, ...['singular value', 'mean weight', 'sd'].map(rightAligned)],
    names.map((name, k) => [
      name,
      ...[strengths[k]!, prior.mean[k]!, Math.sqrt(prior.covariance[k]![k]!)].map((value) =>
        value.toFixed(2),
      ),
    ]),
    dim,
  );
  return [
    ...facts,
    '',
    ...dimensions,
    dim('In log-odds for a standard deviation of the dimension.'),
  ];
}

function showAccuracy({ answers, accuracy, accuracyOfMean }: HeldOutAccuracy): string {
  if (accuracy === null || accuracyOfMean === null) return 'nothing';
  return (
    `${formatPercent(accuracy)} of ${formatInteger(answers)} answers foretold; ` +
    `${formatPercent(accuracyOfMean)} by the mean user`
  );
}
