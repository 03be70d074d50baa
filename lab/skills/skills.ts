// What skills are worth on their tasks, alone and mixed, and how they are chosen: npm run lab -- skills.
import path from 'node:path';

import { LoadedRecipe } from '../../src/engine/index.ts';
import { wilsonInterval } from '../../src/evaluation/index.ts';
import { chooseSkill, searchMixture, type SkillExample } from '../../src/skills/index.ts';
import { experiment, type Print } from '../shared/experiment.ts';
import { number } from '../shared/flags.ts';
import { showProgress } from '../shared/progress.ts';
import { showTable } from '../shared/table.ts';
import { readItems, skills, tasks, type Task, type TaskItem } from './tasks.ts';

type Weights = Readonly<Record<string, number>>;

/** Right answers under a mixture. */
interface Cell {
  readonly weights: Weights;
  readonly right: number;
  readonly of: number;
}

interface Bench {
  readonly loaded: LoadedRecipe;
  readonly items: Readonly<Record<Task, readonly TaskItem[]>>;
  readonly known: Map<string, Cell>;
}

const none: Weights = {};
const single = (skill: string): Weights => ({ [skill]: 1 });
const mixtures: readonly Weights[] = [
  { assistant: 0.5, quiz: 0.5 },
  { assistant: 0.75, quiz: 0.5 },
  { assistant: 0.5, brief: 0.5 },
];

export default experiment({
  flags: {
    limit: number('questions of each task', 500),
    shots: number('examples that a skill is chosen by', 4),
    draws: number('sets of examples that a choice is tried with', 20),
  },
  async run({ limit, shots, draws }, print) {
    await using loaded = await LoadedRecipe.load(path.resolve('recipes/atlas-skills.yaml'));
    const items = Object.fromEntries(
      await Promise.all(
        tasks.map(async (task) => [task, (await readItems(task, 'heldout')).slice(0, limit)]),
      ),
    ) as Bench['items'];
    const bench: Bench = { loaded, items, known: new Map() };
    const accuracy = await measureAll(bench, print);
    const dispatch = [];
    for (const task of tasks) dispatch.push(await chooseFor(bench, task, { shots, draws }));
    print(dispatchTable(dispatch));
    const searched = await searchFor(bench, 'mixed', 8, print);
    return { data: { limit, accuracy, dispatch, searched } };
  },
});

async function measureAll(bench: Bench, print: Print) {
  const systems = [none, ...skills.map(single), ...mixtures];
  const rows = [['weights', ...tasks]];
  const data: { weights: Weights; task: Task; right: number; of: number }[] = [];
  for (const weights of systems) {
    const cells: string[] = [];
    for (const task of tasks) {
      const cell = await measure(bench, task, weights);
      data.push({ task, ...cell });
      cells.push(showCell(cell));
    }
    rows.push([showWeights(weights), ...cells]);
  }
  print('Right answers about held-out people, with 95 % intervals (Wilson):');
  print(showTable(rows));
  const gains = skills.map((skill) => {
    const [base, own] = [none, single(skill)].map((weights) =>
      bench.known.get(keyOf(skill, weights))!,
    );
    return `${skill}: ${sigmas(base!, own!).toFixed(1)}`;
  });
  print(`Standard errors between each skill and the base on its task: ${gains.join(', ')}`);
  return data;
}

/** How far apart two shares are, in standard errors of their difference. */
function sigmas(a: Cell, b: Cell): number {
  const variance = ({ right, of }: Cell) => {
    const share = (right + 1) / (of + 2); // no share of 0 or 1 is certain
    return (share * (1 - share)) / of;
  };
  return (b.right / b.of - a.right / a.of) / Math.sqrt(variance(a) + variance(b));
}

async function measure(bench: Bench, task: Task, weights: Weights): Promise<Cell> {
  const key = keyOf(task, weights);
  const before = bench.known.get(key);
  if (before !== undefined) return before;
  showProgress(`${task} with ${showWeights(weights)}`);
  const { loaded, items } = bench;
  const answers = await Promise.all(
    items[task].map(({ prompt }) =>
      loaded.generate({ text: prompt }, { params: weights, maxTokens: 64 }),
    ),
  );
  // The whole answer, ended by itself: the base goes on with questions of its own.
  const right = answers.filter(
    ({ text, finishReason }, i) =>
      finishReason === 'stop' && new RegExp(items[task][i]!.form).test(text.trim()),
  ).length;
  const cell = { weights, right, of: answers.length };
  bench.known.set(key, cell);
  return cell;
}

interface Dispatch {
  readonly task: Task;
  /** Accuracy of what was chosen, over sets of examples, of the best single skill, and of none. */
  readonly chosen: number;
  readonly best: number;
  readonly base: number;
  readonly choices: Readonly<Record<string, number>>;
  readonly passes: number;
}

/** Chooses by sets of examples of other people, and tells how right answers are then. */
async function chooseFor(
  bench: Bench,
  task: Task,
  { shots, draws }: { readonly shots: number; readonly draws: number },
): Promise<Dispatch> {
  const pool = await readItems(task, 'examples');
  const choices: Record<string, number> = {};
  let [sum, passes] = [0, 0];
  for (let draw = 0; draw < draws; draw++) {
    showProgress(`choosing for ${task}: ${draw + 1} of ${draws}`);
    const examples = Array.from(
      { length: shots },
      (_, i) => pool[(draw * 7 + i * 11) % pool.length]!,
    );
    const choice = await chooseSkill(bench.loaded, { skills, examples: examples.map(toExample) });
    passes = choice.passes;
    const name = showWeights(choice.weights);
    choices[name] = (choices[name] ?? 0) + 1;
    sum += shareOf(await measure(bench, task, choice.weights));
  }
  const singles = [none, ...skills.map(single)];
  const shares = await Promise.all(singles.map((weights) => measure(bench, task, weights)));
  return {
    task,
    chosen: sum / draws,
    best: Math.max(...shares.map(shareOf)),
    base: shareOf(shares[0]!),
    choices,
    passes,
  };
}

function dispatchTable(found: readonly Dispatch[]): string {
  const rows = found.map(({ task, base, best, chosen, choices, passes }) => [
    task,
    base.toFixed(3),
    best.toFixed(3),
    chosen.toFixed(3),
    best === 0 ? '' : `${((100 * chosen) / best).toFixed(1)} %`,
    Object.entries(choices)
      .map(([name, count]) => `${name} ${count}`)
      .join(', '),
    `${passes}`,
  ]);
  const titles = ['task', 'none', 'best single', 'chosen', 'of the best', 'choices', 'passes'];
  return showTable([titles, ...rows]);
}

/** A mixture found by examples, against the best single skill. */
async function searchFor(bench: Bench, task: Task, shots: number, print: Print) {
  const examples = (await readItems(task, 'examples')).slice(0, shots).map(toExample);
  showProgress(`searching a mixture for ${task}`);
  const found = await searchMixture(bench.loaded, { skills, examples, rounds: 6, seed: 1 });
  const rounded = Object.fromEntries(
    Object.entries(found.weights).map(([skill, weight]) => [skill, Math.round(weight * 100) / 100]),
  );
  const cell = await measure(bench, task, rounded);
  const singles = await Promise.all(
    [none, ...skills.map(single)].map((weights) => measure(bench, task, weights)),
  );
  const best = singles.reduce((a, b) => (shareOf(b) > shareOf(a) ? b : a));
  print(
    `The cross-entropy method on ${shots} examples of ${task}: ${showWeights(rounded)} after ${found.passes} passes, ` +
      `${showCell(cell)} right; the best single skill (${showWeights(best.weights)}) ${showCell(best)}; ` +
      `${sigmas(best, cell).toFixed(1)} standard errors between them`,
  );
  return { task, weights: rounded, passes: found.passes, cell, best };
}

function toExample({ prompt, answer }: TaskItem): SkillExample {
  return { prompt: { text: prompt }, answer: { answer } };
}

const shareOf = ({ right, of }: Cell) => right / of;
const keyOf = (task: string, weights: Weights) => `${task} ${JSON.stringify(weights)}`;

function showWeights(weights: Weights): string {
  const parts = Object.entries(weights).filter(([, weight]) => weight !== 0);
  if (parts.length === 0) return 'none';
  return parts.map(([skill, weight]) => `${skill} ${weight}`).join(' + ');
}

function showCell({ right, of }: Cell): string {
  const { from, to } = wilsonInterval(right, of);
  const three = (share: number) => share.toFixed(3);
  return `${three(right / of)} (${three(from)}–${three(to)})`;
}
