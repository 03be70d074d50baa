// Which small faults in the code nobody would notice: npm run lab -- mutations.
import path from 'node:path';

import { experiment } from '../shared/experiment.ts';
import { number, text } from '../shared/flags.ts';
import { showProgress } from '../shared/progress.ts';
import { drawMutations } from './draw.ts';
import { Journal, type Outcome } from './journal.ts';
import { mutated, type Mutation } from './operators.ts';
import { readImporters, relatedTests } from './related-tests.ts';
import { changeOf, isSurvivor, showRooms, showSurvivor, type Tried } from './report.ts';
import { copyCheckout, type ScratchCopy } from './scratch-copy.ts';
import { staticFault } from './static-checks.ts';
import { HangError, UnitTests } from './unit-tests.ts';

const root = path.join(import.meta.dirname, '../..');

export default experiment({
  flags: {
    count: number('mutations to draw', 200),
    seed: number('which are drawn', 1),
    only: text('PATH', 'files whose paths begin with this, such as src/server', 'src/'),
    guard: number('seconds of silence after which tests hang', 120),
  },
  async run({ count, seed, only, guard }, print) {
    await using copy = await copyCheckout(root);
    const drawn = (await drawMutations(copy.root, only, seed)).slice(0, count);
    const importers = await readImporters(copy.root);
    const folder = path.join(root, 'node_modules/.cache/trimtab-mutations');
    const journal = await Journal.open(folder, copy.digest);
    using tests = new UnitTests(copy.root, guard * 1000);
    const tried: Tried[] = [];
    for (const [i, mutation] of drawn.entries()) {
      const survivors = tried.filter(isSurvivor).length;
      showProgress(`${i} of ${drawn.length}, ${survivors} survived: ${mutation.file}`);
      const related = relatedTests(importers, mutation.file);
      const known = journal.of(mutation);
      const outcome = known ?? (await tryMutation(mutation, copy, tests, related));
      if (known === undefined) await journal.add(mutation, outcome);
      tried.push({
        ...mutation,
        ...outcome,
        ...changeOf(await copy.read(mutation.file), mutation),
      });
      if (outcome.fate === 'survived') print(showSurvivor(tried.at(-1)!));
    }
    print(showRooms(tried));
    return { data: { seed, only, tried: tried } };
  },
});

/** Tests first, since they alone are about what code does; of what they miss, types and lint are asked. */
async function tryMutation(
  mutation: Mutation,
  copy: ScratchCopy,
  tests: UnitTests,
  related: readonly string[],
): Promise<Outcome> {
  const { file } = mutation;
  const whole = await copy.read(file);
  await requireGreen(tests, related);
  try {
    await copy.write(file, mutated(whole, mutation));
    tests.noteChange(file);
    const failure = await tests.run(related);
    if (failure !== null) return { fate: 'tests', by: failure };
    const fault = await staticFault(copy.root, file);
    if (fault === null) return { fate: 'survived', by: null };
    return { fate: fault.startsWith('typescript(TS') ? 'types' : 'lint', by: fault };
  } catch (error) {
    if (error instanceof HangError) return { fate: 'hang', by: error.message };
    throw error;
  } finally {
    await copy.write(file, whole);
    tests.noteChange(file);
  }
}

const green = new WeakMap<UnitTests, Set<string>>();

/** Tests that fail by themselves would notice everything. */
async function requireGreen(tests: UnitTests, files: readonly string[]): Promise<void> {
  const known = green.get(tests) ?? new Set();
  green.set(tests, known);
  const unknown = files.filter((file) => !known.has(file));
  if (unknown.length === 0) return;
  const failure = await tests.run(unknown);
  if (failure !== null) throw new Error(`A test fails without any mutation: ${failure}`);
  for (const file of unknown) known.add(file);
}
