// What rewards do to the embedded models' answers, and what they cost.
import { loadavg } from 'node:os';

import { readAttributes } from '../../test/support/atlas-attributes.ts';
import { readQuestions, spreadQuestions } from '../../test/support/atlas-questions.ts';
import { experiment } from '../shared/experiment.ts';
import { number, onOff, text } from '../shared/flags.ts';
import { machineFacts, showMachine } from '../shared/measure.ts';
import { showProgress } from '../shared/progress.ts';
import { tableOf } from '../shared/table.ts';
import { measureSetting, type Outcome } from './measure.ts';
import { kinds, loadCounted, rewardsRecipe, type Normalizations } from './recipe.ts';
import { measureScales, showScales } from './scales.ts';
import { steeredSettings, unsteered, type Setting } from './settings.ts';

interface Row extends Outcome {
  readonly setting: Setting;
}

export default experiment({
  flags: {
    questions: number('how many held-out questions each setting answers', 20),
    kinds: text('KINDS', 'of rewards, with commas between them', kinds.join()),
    quick: onOff('one weight, nothing varied'),
    full: onOff('every combination'),
  },
  async run({ questions: count, kinds: asked, quick, full }, print) {
    const load = loadavg()[0]!;
    print(`${showMachine()}\nLoad average at the start: ${load.toFixed(1)}.\n`);
    const scales = await measureScales();
    const { cheerful } = await readAttributes();
    await using counted = await loadCounted(rewardsRecipe(cheerful!, scales));
    const questions = spreadQuestions(await readQuestions('heldout'), count);
    const steered = steeredSettings(
      full ? 'full' : quick ? 'quick' : 'usual',
      kinds.filter((kind) => asked.split(',').includes(kind)),
    );
    const settings = new Map(
      steered
        .flatMap((each) => [unsteered(each), each])
        .map((each) => [JSON.stringify(each), each]),
    );
    const rows: Row[] = [];
    for (const setting of settings.values()) {
      showProgress(`setting ${rows.length + 1} of ${settings.size}`);
      const subject = { counted, questions, attribute: cheerful! };
      rows.push({ setting, ...(await measureSetting(subject, setting)) });
    }
    print(showTables(scales, questions.length, rows));
    return { data: { machine: machineFacts(), load, scales, questions: questions.length, rows } };
  },
});

function showTables(scales: Normalizations, questions: number, rows: readonly Row[]): string {
  return [
    `${questions} questions about held-out people. guide: the reward that guides, of the whole answer;`,
    'judge: one that takes no part; attribute: what both try to measure, 0 to 1; facts: share of right',
    'answers; perplexity: under the large model; distinct: different words, and pairs, over all; tokens:',
    'per answer; KL: nats a token from the large model, under a budget; ms: of processor time per token;',
    "reward tokens: that reward models decode per step. Weights are per standard deviation of the kind's",
    'values below; of auto, which is a term of the formula, the coefficient 1 / beta.',
    '',
    showScales(scales),
    '',
    showRows(rows),
  ].join('\n');
}

/** One line a setting, those of one kind below their answers without a reward. */
function showRows(rows: readonly Row[]): string {
  const setting = (show: (setting: Setting) => string) => (row: Row) => show(row.setting);
  return tableOf(rows, {
    reward: setting(({ kind }) => kind),
    weight: setting(({ weight }) => String(weight)),
    k: setting(({ kind, weight, candidates }) =>
      kind === 'auto' || weight === 0 ? '' : String(candidates),
    ),
    T: setting(({ temperature }) => String(temperature)),
    formula: setting(({ isProxied }) => (isProxied ? 'proxied' : 'large')),
    'KL budget': setting(({ klPerToken }) => (klPerToken === null ? '' : String(klPerToken))),
    guide: ({ guide }) => guide.toFixed(2),
    judge: ({ judge }) => judge.toFixed(2),
    attribute: ({ attribute }) => attribute.toFixed(3),
    facts: ({ fact }) => fact.toFixed(2),
    perplexity: (row) => row.perplexity.toFixed(2),
    'distinct 1 / 2': ({ distinct }) => distinct.map((share) => share.toFixed(2)).join(' / '),
    tokens: ({ tokensPerAnswer }) => tokensPerAnswer.toFixed(1),
    KL: ({ kl }) => kl?.toFixed(2) ?? '',
    ms: ({ processorMs }) => processorMs.toFixed(2),
    'reward tokens': ({ rewardTokens }) => rewardTokens.toFixed(1),
  });
}
