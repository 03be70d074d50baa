import type { Command } from 'commander';

import { didYouMean } from '../../faults/index.ts';
import type {
  GenerateOptions,
  GenerationResult,
  KlBudget,
  ParamDeclaration,
  ServedRecipe,
} from '../../index.ts';
import { drawSeed } from '../../math/index.ts';
import type { AnswerOptions } from '../answer-options.ts';
import type { Cli } from '../cli.ts';
import { declarationsOf } from '../declarations.ts';
import { UsageError } from '../failure.ts';
import { writeJson } from '../json.ts';
import { givenWords, type GivenWords } from '../given-recipe.ts';
import { openRecipe } from '../open-recipe.ts';
import { addGenerationOptions, generationOf, type GenerationFlags } from '../options/generation.ts';
import { addModelOptions, recipeArgument, type ModelFlags } from '../options/models.ts';
import { addJsonOption, type OutputFlags } from '../options/output.ts';
import { addServerOptions, type ServerFlags } from '../options/server.ts';
import { addSystemOption, toQuestion, type SystemFlags } from '../options/system.ts';
import { parseNumbers } from '../options/values.ts';
import { readPrompt } from '../prompt-input.ts';
import { budgetOf } from '../remarks.ts';
import { renderCut } from '../render/cut-short.ts';
import { formatPercent, formatRate, formatSigned } from '../render/numbers.ts';
import { renderSteering } from '../render/steering.ts';
import { summarizeTrace } from '../render/trace-summary.ts';
import { answerSideBySide, type ShownSystem } from '../side-by-side.ts';

interface CompareFlags extends GenerationFlags, ModelFlags, OutputFlags, ServerFlags, SystemFlags {
  readonly values?: readonly number[];
  readonly paramName?: string;
}

/** Strengths of params of which 1 is much. */
const usualValues = [0.3, 0.5, 0.7, 1];
const defaultMaxTokens = 128;

const legend =
  'tok/s: all at once · changed: tokens that the base alone would not have chosen · ' +
  'shift, KL: from the base, in nats a token';

const examples = `
Tokens per second are those of all answers running at once; \`run --stats\` times one alone.

Examples:
  trimtab compare recipes/atlas-chat.yaml 'When was Elnin Oslack born?'
  trimtab compare recipes/atlas-chat.yaml --values 0,0.5,1.5 --json 'When was Elnin Oslack born?'
  trimtab compare r.yaml --system 'Answer in one sentence.' 'Who was Elnin Oslack?'
  trimtab compare r.yaml --profile ann 'Who was Elnin Oslack?'      without and with the profile
  trimtab compare r.yaml --param-name rewardWeight --values 0,1,3 'Who was Elnin Oslack?'`;

export function defineCompare(command: Command, cli: Cli): Command {
  command
    .description(
      'Answers a prompt with the base alone, with the expert alone, and with the composition at ' +
        'several strengths, all at once.',
    )
    .argument('[recipe]', `${recipeArgument}; with --url, the name of a recipe`)
    .argument('[prompt...]', 'what to answer; piped text follows it after a blank line')
    .option(
      '--values <list>',
      "strengths to compare (default: the recipe's own, and others around it)",
      parseNumbers,
    )
    .option('--param-name <name>', "the param they are of (default: the recipe's first)");
  addSystemOption(command);
  addModelOptions(command);
  addGenerationOptions(command, defaultMaxTokens);
  addServerOptions(command, 'answer with a running server instead');
  addJsonOption(command, 'the answers and their figures');
  return command
    .addHelpText('after', examples)
    .action((first: string | undefined, others: string[]) => {
      const flags = command.optsWithGlobals<CompareFlags>();
      return compare(cli, givenWords(first, others, flags), flags);
    });
}

/** One of those that are compared. */
interface ComparedSystem {
  readonly label: string;
  readonly options: Pick<AnswerOptions, 'only' | 'params' | 'profile'>;
}

async function compare(cli: Cli, given: GivenWords, flags: CompareFlags) {
  const { profile, ...said } = await generationOf(flags);
  await using opened = await openRecipe(cli, given.recipe, flags);
  const { recipe, service } = opened;
  // One for all answers: what differs between them is not chance.
  const common = { ...said, seed: said.seed ?? recipe.sampling.seed ?? drawSeed() };
  const systems = systemsOf(recipe, flags, common.params, profile);
  const text = await readPrompt(cli, given.words);
  const prompt = toQuestion(text, flags);
  await opened.load();
  const { signal } = cli.interruption;
  const shown = systems.map(({ label, options }): ShownSystem => ({
    title: label,
    request: opened.request(prompt, { ...common, ...options, trace: true }, signal),
    footer: (result) => [
      ...footerOf(result, options.only === undefined, budgetOf(recipe, common)),
      ...renderCut(result, common.maxTokens),
    ],
  }));
  if (flags.json) {
    const results = await Promise.all(shown.map(({ request }) => service.stream(request).result));
    writeJson(cli.out, {
      recipe: recipe.name,
      formula: recipe.formula,
      ...(flags.system !== undefined && { system: flags.system }),
      prompt: text,
      answers: systems.map((system, i) => toAnswer(system, results[i]!)),
    });
    return;
  }
  const { accent, dim } = cli.out.palette;
  if (!flags.quiet) cli.out.write(`${dim(recipe.formula)}\n\n`);
  await answerSideBySide(cli, service, shown, { title: accent, footer: dim });
  if (!flags.quiet) cli.out.write(`\n${dim(legend)}\n`);
}

function alone(model: string, role: string): ComparedSystem {
  return {
    label: model === role ? `${model} alone` : `${model} alone (${role})`,
    options: { only: model },
  };
}

/**
 * What is compared: the composition without and with the profile, or at several strengths, with the
 * profile if there is one.
 * @param given - Params of all of them. @throws UsageError if the recipe has no such param.
 */
function systemsOf(
  recipe: ServedRecipe,
  flags: CompareFlags,
  given: GenerateOptions['params'],
  profile: string | undefined,
): ComparedSystem[] {
  const { base, expert } = recipe;
  const { params } = declarationsOf(recipe);
  const name = flags.paramName ?? params.keys().next().value;
  const parts = [alone(base, 'base'), ...(expert === null ? [] : [alone(expert, 'expert')])];
  if (profile !== undefined && flags.values === undefined && flags.paramName === undefined) {
    return [
      ...parts,
      { label: 'for nobody in particular', options: {} },
      { label: `for ${profile}`, options: { profile } },
    ];
  }
  if (name === undefined) {
    if (flags.values) throw new UsageError(`--values: the recipe ${recipe.name} has no params.`);
    return [...parts, { label: 'composition', options: {} }];
  }
  const declared = params.get(name);
  if (declared === undefined) {
    const remedy = didYouMean(name, params.keys()) || ` It has ${[...params.keys()].join(', ')}.`;
    throw new UsageError(`--param-name: the recipe ${recipe.name} has no param ${name}.${remedy}`);
  }
  const values =
    flags.values ?? (flags.alpha === undefined ? strengthsOf(declared) : [declared.default]);
  return [
    ...parts,
    ...values.map((value) => ({
      label: `${name} ${value}`,
      options: {
        params: { ...given, [name]: value },
        ...(profile !== undefined && { profile }),
      },
    })),
  ];
}

/** A param's own default and others around it; what is above 1 by itself, such as guidance, from there on. */
function strengthsOf({ default: own, min, max }: ParamDeclaration): number[] {
  const around = own > 1 ? [1, 1.5 * own, 2 * own] : usualValues;
  const allowed = [...around, own].filter((value) => value >= min && value <= max && value !== 0);
  return allowed.length === 0 ? [own] : [...new Set(allowed)].toSorted((a, b) => a - b);
}

function footerOf(result: GenerationResult, isSteered: boolean, budget: KlBudget | null): string[] {
  const { tokens, timings } = result;
  const rate = `${formatRate(timings.tokensPerSecond)} tok/s`;
  const summary = summarizeTrace(tokens);
  if (!isSteered || summary === undefined) return [rate];
  const { meanShift, meanKl, changedShare } = summary;
  return [
    `${rate} · ${formatPercent(changedShare)} changed`,
    `shift ${formatSigned(meanShift)} · KL ${meanKl.toFixed(2)}`,
    ...renderSteering(result, budget),
  ];
}

function toAnswer({ label, options }: ComparedSystem, result: GenerationResult) {
  const { tokens, ...answer } = result;
  const summary = options.only === undefined ? summarizeTrace(tokens) : undefined;
  return { label, ...options, ...answer, ...summary };
}
