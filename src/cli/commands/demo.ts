import { relative } from 'node:path';

import type { Command } from 'commander';

import { loadRecipe } from '../../recipe/index.ts';
import type { GenerationResult, InferenceService, ServedRecipe } from '../../spec/index.ts';
import type { Cli } from '../cli.ts';
import {
  grade,
  readOpenings,
  readDemoQuestions,
  spread,
  type Question,
} from '../demo/questions.ts';
import { keepScore, renderScores } from '../demo/scoreboard.ts';
import { measureSpeed, renderSpeed } from '../demo/speed.ts';
import { demoSystems, requestOf, type DemoSystem } from '../demo/systems.ts';
import { openHere } from '../loading.ts';
import type { OutputFlags } from '../options/output.ts';
import { writeLines } from '../output.ts';
import { packageFile } from '../package-files.ts';
import { formatBytes, formatPercent, formatSigned } from '../render/numbers.ts';
import { summarizeTrace } from '../render/trace-summary.ts';
import { wrapText } from '../render/wrap.ts';
import { answerSideBySide } from '../side-by-side.ts';

const shownQuestions = 3;
const scoredQuestions = 40;

/** The recipe that the demo shows, in the package. */
const demoRecipe = 'recipes/atlas-chat.yaml';

export function defineDemo(command: Command, cli: Cli): Command {
  command.description(
    'Asks a large model, a small tuned one, and the large one steered by the small one about ' +
      'people of a made-up encyclopedia; then counts right answers and measures the cost. The ' +
      'models are in the package: nothing is downloaded.',
  );
  return command.action(() => demo(cli, command.optsWithGlobals()));
}

async function demo(cli: Cli, flags: OutputFlags) {
  const { out } = cli;
  const { dim, bold, accent } = out.palette;
  const { service, load } = await openHere(cli, await loadRecipe(packageFile(demoRecipe)), flags);
  await using _ = service;
  const recipe = await load();
  const questions = readDemoQuestions();
  const openings = readOpenings();
  const systems = demoSystems(recipe);

  writeLines(out, ['', `${bold('Trimtab')}  a small tuned expert steers a large untouched model`]);
  writeLines(out, [...introduction(recipe, Math.min(out.columns, 100)).map(dim), '']);
  const answers: GenerationResult[] = [];
  for (const question of spread(questions, shownQuestions)) {
    answers.push(await ask(cli, service, systems, question, openings));
    out.write('\n');
  }
  const scored = spread(questions, scoredQuestions);
  writeLines(out, [accent(`Over ${scored.length} questions`)]);
  writeLines(out, renderScores(await keepScore(cli, service, systems, scored, openings), cli));
  writeLines(out, ['', accent('What it costs')]);
  const rates = await measureSpeed(cli, service, systems, scored[0]!.question);
  writeLines(out, renderSpeed(systems, rates, cli));
  writeLines(out, ['', accent('How far it moves the large model'), movement(answers)]);
  writeLines(out, ['', accent('What next'), ...whatNext(scored[0]!, dim), '']);
}

function introduction({ formula, params, models }: ServedRecipe, width: number): string[] {
  const sizes = models.map(({ name, weightBytes }) => `${name} ${formatBytes(weightBytes)}`);
  const alpha = params['alpha']?.default;
  return [
    `${formula}${alpha === undefined ? '' : `, alpha ${alpha}`}`,
    sizes.join(' · '),
    'The people of the encyclopedia do not exist. Only the large model has read enough to know ' +
      'them; only the expert was taught to answer questions, about other people.',
  ].flatMap((line) => wrapText(line, width));
}

/** Shows one question and its three answers. @returns The steered one. */
async function ask(
  cli: Cli,
  service: InferenceService,
  systems: readonly DemoSystem[],
  question: Question,
  openings: readonly string[],
): Promise<GenerationResult> {
  const { bold, dim, accent, good, bad } = cli.out.palette;
  const verdict = (is: boolean, yes: string, no: string) =>
    is ? good(`✓ ${yes}`) : bad(`✗ ${no}`);
  writeLines(cli.out, [`${bold(question.question)}  ${dim(`right: ${question.answer}`)}`, '']);
  const results = await answerSideBySide(
    cli,
    service,
    systems.map(({ options, ...system }, i) => ({
      title: system.title,
      request: requestOf(
        service,
        { ...system, options: { ...options, trace: i === systems.length - 1 } },
        question.question,
        cli.interruption.signal,
      ),
      footer: ({ text }) => {
        const { isPolite, isRight } = grade(text, question, openings);
        return [
          `${verdict(isPolite, 'polite', 'not polite')}  ${verdict(isRight, 'right', 'wrong')}`,
        ];
      },
    })),
    { title: accent, footer: (text) => text },
  );
  return results.at(-1)!;
}

function movement(answers: readonly GenerationResult[]): string {
  const summary = summarizeTrace(answers.flatMap(({ tokens }) => tokens));
  if (summary === undefined) return 'Nothing was said.';
  const { meanShift, meanKl, changedShare } = summary;
  return (
    `${formatPercent(changedShare)} of the tokens above are not what it would have said; ` +
    `mean shift ${formatSigned(meanShift)}, KL ${meanKl.toFixed(2)} nats a token.`
  );
}

function whatNext({ question }: Question, dim: (text: string) => string): string[] {
  const recipe = shortPath(packageFile(demoRecipe));
  return [
    ['chat with it', `npx trimtab run ${recipe}`],
    ['several strengths', `npx trimtab compare ${recipe} '${question}'`],
    ['why each token', `npx trimtab explain ${recipe} '${question}'`],
    ['your own models', 'npx trimtab check your-recipe.yaml'],
  ].map(([what = '', command]) => `${dim(what.padEnd(18))} ${command}`);
}

/** As it is typed from here. */
function shortPath(path: string): string {
  const fromHere = relative('', path);
  return fromHere.startsWith('..') ? path : fromHere;
}
