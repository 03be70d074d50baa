import type { EngineStats, GenerateOptions, GenerationResult, ServedRecipe } from '../index.ts';
import type { Cli } from './cli.ts';
import { warn } from './loading.ts';
import type { RewardFlags } from './options/rewards.ts';
import { writeLines } from './output.ts';
import { renderCut } from './render/cut-short.ts';
import { renderSteering } from './render/steering.ts';

export interface RemarkFlags extends RewardFlags {
  readonly quiet?: boolean;
  readonly trace?: boolean;
  readonly stats?: boolean;
}

/** Says on stderr what was asked about a finished answer, and what was probably not meant. */
export function writeRemarks(
  cli: Pick<Cli, 'err'>,
  recipe: ServedRecipe,
  options: GenerateOptions,
  result: GenerationResult,
  flags: RemarkFlags,
): void {
  // What the recipe itself is to blame for was said when it was loaded.
  const { guidance, rewards, constraint } = options;
  const isOwnWay = guidance !== undefined || rewards !== undefined || constraint != null;
  if (isOwnWay && !flags.quiet) warn(cli, result.warnings ?? []);
  if (!flags.quiet) {
    writeLines(cli.err, renderCut(result, options.maxTokens).map(cli.err.palette.dim));
  }
  if (flags.report || flags.trace || flags.stats) {
    writeLines(cli.err, renderSteering(result, budgetOf(recipe, options)));
  }
}

/** Says on stderr that other programs slow the answers down. */
export function writeThreadRemark(
  { err }: Pick<Cli, 'err'>,
  { threads, mostThreads }: Pick<EngineStats, 'threads' | 'mostThreads'>,
  { quiet }: RemarkFlags,
): void {
  if (quiet || threads === mostThreads) return;
  const remark = `other programs use the processors: ${threads} of ${mostThreads} threads decode, which is faster beside them`;
  writeLines(err, [err.palette.dim(remark)]);
}

/** What an answer may spend. */
export function budgetOf(
  recipe: Pick<ServedRecipe, 'klBudget'>,
  { klBudget }: Pick<GenerateOptions, 'klBudget'>,
): ServedRecipe['klBudget'] {
  return klBudget === undefined ? recipe.klBudget : klBudget;
}
