/** `npm run check` sets it, to be quick; `npm test` and runs by hand test in full. */
const isQuick = process.env['TRIMTAB_TESTS'] === 'quick';

/** How many random cases to try of as many: a tenth in `npm run check`, each time other ones. */
export function runs(count: number): number {
  return isQuick ? Math.ceil(count / 10) : count;
}
