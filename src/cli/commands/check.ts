import type { Command } from 'commander';

import { serializeFormula } from '../../compose/index.ts';
import {
  describeShape,
  checkRecipe,
  type CheckedModel,
  type MemoryEstimate,
  type RecipeReport,
} from '../../engine/index.ts';
import { rewardScope, type Recipe } from '../../recipe/index.ts';
import type { Cli } from '../cli.ts';
import { describeFailure, FailureSaid } from '../failure.ts';
import { writeJson } from '../json.ts';
import { warn } from '../loading.ts';
import { givenWords, readGiven } from '../given-recipe.ts';
import { addJsonOption, type OutputFlags } from '../options/output.ts';
import { addModelOptions, recipeArgument, type ModelFlags } from '../options/models.ts';
import { addPullOption, type PullFlags } from '../options/pull.ts';
import { writeLines } from '../output.ts';
import { escapeControls, escapeLine } from '../render/escape.ts';
import { formatBytes, formatCount, formatInteger } from '../render/numbers.ts';
import { outlineConstraint } from '../render/recipe-constraint.ts';
import { renderCertificate } from '../render/steering.ts';
import { renderPrompts } from '../render/sample-prompts.ts';
import { renderRewards, showGuidance, showKlBudget } from '../render/recipe-rewards.ts';
import { explainSchedule } from '../render/recipe-schedule.ts';
import { renderPairs, renderTable, rightAligned } from '../render/table.ts';

export function defineCheck(command: Command, cli: Cli): Command {
  command
    .description(
      'Reads a recipe, the headers of its files, their vocabularies and chat templates, and ' +
        'estimates its memory; of rewards and constraints, what they are. Exits with 1 if anything would keep it from running.',
    )
    .argument('[recipe]', recipeArgument)
    .option('--measure', 'load the models, and find out how far their numbers repeat here');
  addPullOption(addModelOptions(command));
  addJsonOption(command, 'the report');
  return command.action((first: string | undefined) =>
    check(cli, first, command.optsWithGlobals()),
  );
}

async function check(
  cli: Cli,
  first: string | undefined,
  flags: OutputFlags & PullFlags & ModelFlags & { readonly measure?: boolean },
) {
  const { json, measure = false } = flags;
  const recipe = await readGiven(cli, givenWords(first, [], flags).recipe, flags);
  const report = await checkRecipe(recipe, { measure, signal: cli.interruption.signal });
  const problems = report.problems.map(describeFailure);
  if (json) {
    const formula = serializeFormula(recipe.formula);
    const steering = steeringOf(recipe);
    writeJson(cli.out, { recipe: recipe.name, formula, ...steering, ...report, problems });
  } else {
    writeReport(cli, recipe, report, problems);
  }
  if (problems.length > 0) throw new FailureSaid();
}

function writeReport(
  cli: Cli,
  recipe: Recipe,
  report: RecipeReport,
  problems: readonly string[],
): void {
  const { out, err } = cli;
  const { bold, dim, good, bad } = out.palette;
  const sections = [
    [
      bold(escapeLine(recipe.name)),
      ...(recipe.description === null ? [] : [escapeControls(recipe.description)]),
    ],
    renderPairs(recipeFacts(recipe), dim),
    modelTable(recipe, report, dim),
    renderRewards(recipe, dim),
    vocabularies(report),
    renderPrompts(report.models, out.palette),
    memoryLines(report.memory, dim),
    exactnessLines(report, dim),
    certificateLines(report, dim),
  ];
  writeLines(
    out,
    sections.flatMap((lines) => (lines.length > 0 ? [...lines, ''] : [])),
  );
  warn(cli, [...report.warnings, ...(report.measured?.warnings ?? [])]);
  for (const problem of problems) err.write(`${err.palette.bad('error:')} ${err.plain(problem)}\n`);
  out.write(
    problems.length === 0
      ? `${good('ok')}: the recipe can run.\n`
      : `${bad('not ok')}: ${problems.length} ${problems.length === 1 ? 'problem' : 'problems'}.\n`,
  );
}

function recipeFacts(recipe: Recipe): [string, string][] {
  const { formula, params, sampling, plausibility, rewards, guidance, klBudget } = recipe;
  const facts: [string, string][] = [['formula', serializeFormula(formula)]];
  for (const [name, { default: value, min, max, description, schedule }] of params) {
    const range = showRange(min, max);
    const about = description === null ? '' : `  ${escapeLine(description)}`;
    facts.push([`param ${name}`, `${value}${range}${about}`]);
    if (schedule !== undefined) {
      facts.push([`${name} at each token`, explainSchedule(schedule, recipe.base)]);
    }
  }
  if (plausibility !== null) {
    const { models, ...bound } = plausibility;
    const [name, value] = Object.entries(bound)[0]!;
    facts.push(['plausibility', `${name} ${value} of ${models.join(' or ')}`]);
  }
  if (rewards.size > 0) facts.push(['guidance', showGuidance(guidance)]);
  if (klBudget !== null) facts.push(['KL budget', showKlBudget(klBudget)]);
  if (recipe.constraint !== null) {
    const { kind, states } = outlineConstraint(recipe.constraint);
    facts.push(['constraint', `${kind}, which compiles to ${formatInteger(states)} states`]);
  }
  const options = Object.entries(sampling).map(
    ([name, value]) => `${name} ${JSON.stringify(value)}`,
  );
  if (options.length > 0) facts.push(['sampling', options.join(', ')]);
  return facts;
}

/** What `--json` says of it. */
function steeringOf({ params, rewards, guidance, klBudget, constraint }: Recipe) {
  const schedules = [...params].flatMap(([name, { schedule }]) =>
    schedule === undefined ? [] : [[name, schedule] as const],
  );
  return {
    ...(schedules.length > 0 && { schedules: Object.fromEntries(schedules) }),
    rewards: [...rewards.values()].map(({ source, ...reward }) => ({
      ...reward,
      scope: rewardScope(source),
      source: Object.fromEntries(
        Object.entries(source).map(([name, value]: [string, unknown]) => [
          name,
          value instanceof Map ? Object.fromEntries(value) : value,
        ]),
      ),
    })),
    guidance,
    klBudget,
    constraint: constraint && outlineConstraint(constraint),
  };
}

function showRange(min: number, max: number): string {
  if (min === -Infinity && max === Infinity) return '';
  if (max === Infinity) return `, at least ${min}`;
  return min === -Infinity ? `, at most ${max}` : `, from ${min} to ${max}`;
}

function modelTable(
  { base, expert, antiExpert }: Recipe,
  { models }: RecipeReport,
  dim: (text: string) => string,
): string[] {
  const roles = new Map([
    [antiExpert, 'anti-expert'],
    [expert, 'expert'],
    [base, 'base'],
  ]);
  return renderTable(
    [
      { title: 'model' },
      { title: 'role' },
      { title: 'architecture' },
      ...['parameters', 'type', 'context', 'vocabulary'].map(rightAligned),
      { title: 'file' },
    ],
    models.map(({ name, file, hub, description }) => [
      name,
      roles.get(name) ?? '',
      ...(description === null ? ['?', '?', '?', '?', '?'] : columns(description)),
      escapeLine(hub ?? file),
    ]),
    dim,
  );
}

function columns({
  architecture,
  parameterCount,
  fileType,
  mainType,
  contextLength,
  vocabSize,
}: NonNullable<CheckedModel['description']>): string[] {
  return [
    escapeLine(architecture),
    formatCount(parameterCount),
    fileType ?? mainType ?? '?',
    contextLength === null ? '?' : formatInteger(contextLength),
    vocabSize === null ? '?' : formatInteger(vocabSize),
  ];
}

function vocabularies({ models }: RecipeReport): string[] {
  return models
    .slice(1)
    .flatMap(({ vocabularyReport }) =>
      vocabularyReport === null ? [] : [escapeLine(vocabularyReport)],
    );
}

function exactnessLines(
  { exactness, measured }: RecipeReport,
  dim: (text: string) => string,
): string[] {
  if (exactness === null) return [];
  const lines = [`${dim('numbers')} ${exactness}`];
  for (const { model, kernels, shapes } of measured?.contexts ?? []) {
    lines.push(`  ${escapeLine(model)}, measured with ${escapeLine(kernels)}:`);
    lines.push(...shapes.map((shape) => `    ${describeShape(shape)}`));
  }
  return lines;
}

function certificateLines({ certificates }: RecipeReport, dim: (text: string) => string): string[] {
  if (certificates === null) return [];
  return [
    dim('what the base on its server lets be certified, over sample answers'),
    ...certificates.map(
      ({ sampling, tokens, requests, certificate }) =>
        `  ${sampling}: ${renderCertificate(certificate, tokens)}; ${(requests / Math.max(1, tokens)).toFixed(2)} requests a token`,
    ),
  ];
}

function memoryLines(memory: MemoryEstimate | null, dim: (text: string) => string): string[] {
  if (memory === null) return [];
  const { contexts, processBytes, totalBytes, availableBytes } = memory;
  return [
    `${dim('memory')} about ${formatBytes(totalBytes)} of ${formatBytes(availableBytes)} available`,
    ...renderTable(
      [{ title: 'context' }, ...['weights', 'cache', 'buffers'].map(rightAligned)],
      [
        ...contexts.map(({ models, weightBytes, kvBytes, bufferBytes }) => [
          models.join(', '),
          ...[weightBytes, kvBytes, bufferBytes].map(formatBytes),
        ]),
        ['(the process itself)', '', '', formatBytes(processBytes)],
      ],
      dim,
    ),
  ];
}
