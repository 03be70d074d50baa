// What rewards do to the embedded models' answers, and what they cost: npm run rewards
// -- --questions  how many held-out questions each setting answers: 20 by default
// -- --kinds      of rewards, e.g. scalar,attribute: all by default
// -- --quick      one weight, nothing varied; -- --full  every combination
// -- --out FILE   writes the whole table as Markdown; -- --json  prints data
// -- --calibrate  prints the scales of the rewards on the recipe's own answers
// -- --cost       prints what steps cost against the bare forwards that they need
// -- --exact      prints how far values of candidates are from scoring each from scratch
import { writeFile } from 'node:fs/promises';
import { loadavg } from 'node:os';
import { parseArgs } from 'node:util';

import { readQuestions, type Question } from '../shared/atlas-questions.ts';
import { machineFacts, showProgress } from '../shared/measure.ts';
import { showMachine } from '../speed/report.ts';
import { readAttributes } from './attributes.ts';
import { calibrate } from './calibration.ts';
import { measureCost, showCost } from './cost.ts';
import { measureExactness, showExactness } from './exactness.ts';
import { measureSetting } from './measure.ts';
import { kinds, loadCounted, rewardsRecipe, type Normalizations } from './recipe.ts';
import { showNormalizations, showRows, type Row } from './report.ts';
import { steeredSettings, unsteered, type Extent } from './settings.ts';

const { values: flags } = parseArgs({
  options: {
    questions: { type: 'string', default: '20' },
    kinds: { type: 'string', default: kinds.join() },
    quick: { type: 'boolean', default: false },
    full: { type: 'boolean', default: false },
    out: { type: 'string' },
    json: { type: 'boolean', default: false },
    calibrate: { type: 'boolean', default: false },
    cost: { type: 'boolean', default: false },
    exact: { type: 'boolean', default: false },
  },
});

/** Answers from which scales are estimated. */
const calibrationQuestions = 120;
/** Attributes of a person, a question each. */
const perPerson = 5;

if (flags.cost)
  await report(measureCost({ isQuick: flags.quick, onProgress: showProgress }), showCost);
else if (flags.exact) await report(measureExactness(), showExactness);
else if (flags.calibrate) await report(scales(), showNormalizations);
else await report(measureTable(), showTables);

async function report<Results>(
  measuring: Promise<Results>,
  show: (results: Results) => string,
): Promise<void> {
  const machine = machineFacts();
  const [load] = loadavg();
  const results = await measuring;
  showProgress('');
  const heading = `${showMachine(machine)}\nLoad average at the start: ${load!.toFixed(1)}.`;
  const text = `${heading}\n\n${show(results)}`;
  console.log(flags.json ? JSON.stringify({ machine, load, results }, null, 2) : text);
  if (flags.out !== undefined) await writeFile(flags.out, `${text}\n`);
}

async function scales(): Promise<Normalizations> {
  const { cheerful } = await readAttributes();
  await using counted = await loadCounted(rewardsRecipe(cheerful!, {}));
  return await calibrate(counted, spread(await readQuestions('validation'), calibrationQuestions));
}

interface Table {
  readonly normalizations: Normalizations;
  readonly questions: number;
  readonly rows: readonly Row[];
}

async function measureTable(): Promise<Table> {
  const normalizations = await scales();
  const { cheerful } = await readAttributes();
  await using counted = await loadCounted(rewardsRecipe(cheerful!, normalizations));
  const questions = spread(await readQuestions('heldout'), Number(flags.questions));
  const subject = { counted, questions, attribute: cheerful! };
  const extent: Extent = flags.full ? 'full' : flags.quick ? 'quick' : 'usual';
  const asked = flags.kinds.split(',');
  const steered = steeredSettings(
    extent,
    kinds.filter((kind) => asked.includes(kind)),
  );
  const settings = new Map(
    steered.flatMap((each) => [unsteered(each), each]).map((each) => [JSON.stringify(each), each]),
  );
  const rows: Row[] = [];
  for (const setting of settings.values()) {
    showProgress(`setting ${rows.length + 1} of ${settings.size}`);
    rows.push({ setting, ...(await measureSetting(subject, setting)) });
  }
  return { normalizations, questions: questions.length, rows };
}

function showTables({ normalizations, questions, rows }: Table): string {
  return [
    `${questions} questions about held-out people. guide: the reward that guides, of the whole answer;`,
    'judge: one that takes no part; attribute: what both try to measure, 0 to 1; facts: share of right',
    'answers; perplexity: under the large model; distinct: different words, and pairs, over all; tokens:',
    'per answer; KL: nats a token from the large model, under a budget; ms: of processor time per token;',
    "reward tokens: that reward models decode per step. Weights are per standard deviation of the kind's",
    'values below; of auto, which is a term of the formula, the coefficient 1 / beta.',
    '',
    showNormalizations(normalizations),
    '',
    showRows(rows),
  ].join('\n');
}

/** `count` of them, over people and attributes alike. */
function spread(questions: readonly Question[], count: number): Question[] {
  const people = questions.length / perPerson;
  return Array.from({ length: Math.min(count, questions.length) }, (_, i) => {
    const person = Math.floor((i * people) / count);
    return questions[perPerson * person + (i % perPerson)]!;
  });
}
