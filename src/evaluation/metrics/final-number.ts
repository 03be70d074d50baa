/**
 * Digits, in groups of three or all together, with decimals; a sign that does not follow a letter, a
 * digit or a bracket (`5-3` holds 5 and 3); a dollar sign on either side of it.
 */
const numbers =
  /(?:(?<![\p{L}\p{N})])(?<sign>[-−]))?\$?(?<inner>(?<=\$)[-−])?(?<digits>\d{1,3}(?:,\d{3})+(?!\d)(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+)/gu;

/** The last number of a text, or `null` if it holds none: `That makes $1,234.50.` is 1234.5. */
export function lastNumber(text: string): number | null {
  const last = [...text.matchAll(numbers)].at(-1)?.groups;
  if (last === undefined) return null;
  const value = Number(last['digits']!.replaceAll(',', ''));
  return last['sign'] === undefined && last['inner'] === undefined ? value : -value;
}

/**
 * 1 if the answer's last number equals that of one of the references, by its value: `57.00` is 57, and
 * `100 - 200 = -100` is -100; else 0. The scoring that was released with proxy-tuning compares spellings
 * and reads no sign before whole numbers: that is `gsm-exact-match`.
 * @see Cobbe et al. 2021, "Training Verifiers to Solve Math Word Problems", arXiv:2110.14168
 */
export function finalNumberMatch(text: string, references: readonly string[]): number {
  const number = lastNumber(text);
  if (number === null) return 0;
  return references.some((reference) => lastNumber(reference) === number) ? 1 : 0;
}
