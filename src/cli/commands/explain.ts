import type { Command } from 'commander';

import type { GeneratedToken, GenerationResult } from '../../index.ts';
import type { AnswerOptions } from '../answer-options.ts';
import type { Cli } from '../cli.ts';
import { writeJson } from '../json.ts';
import { givenWords, type GivenWords } from '../given-recipe.ts';
import { openRecipe } from '../open-recipe.ts';
import { addGenerationOptions, generationOf, type GenerationFlags } from '../options/generation.ts';
import { addModelOptions, recipeArgument, type ModelFlags } from '../options/models.ts';
import { addJsonOption, type OutputFlags } from '../options/output.ts';
import { addServerOptions, type ServerFlags } from '../options/server.ts';
import { addSystemOption, toQuestion, type SystemFlags } from '../options/system.ts';
import { parseWhole } from '../options/values.ts';
import { writeLines } from '../output.ts';
import { readPrompt } from '../prompt-input.ts';
import { budgetOf } from '../remarks.ts';
import { renderCut } from '../render/cut-short.ts';
import { rewardGain } from '../render/reward-gain.ts';
import { renderShiftedToken, renderShiftLegend } from '../render/shift.ts';
import { renderMovedToken } from '../render/moved-token.ts';
import { renderSteering } from '../render/steering.ts';
import { renderSummary, summarizeTrace } from '../render/trace-summary.ts';

interface ExplainFlags extends GenerationFlags, ModelFlags, OutputFlags, ServerFlags, SystemFlags {
  readonly top: number;
}

const defaultMaxTokens = 256;
const defaultTop = 5;

const examples = `
Examples:
  trimtab explain recipes/atlas-chat.yaml 'When was Elnin Oslack born?'
  trimtab explain recipes/atlas-chat.yaml --param alpha=0.3 --top 10 'When was Elnin Oslack born?'
  trimtab explain r.yaml --reward brief=2 --kl-budget 0.5 'Who was Elnin Oslack?'`;

export function defineExplain(command: Command, cli: Cli): Command {
  command
    .description(
      'Answers a prompt and shows how far the composition moved every token from what the base ' +
        'would have said: by colour, or in brackets without colours. Then the tokens that moved ' +
        'most: what was probable before and after, and what every model contributed.',
    )
    .argument('[recipe]', `${recipeArgument}; with --url, the name of a recipe`)
    .argument('[prompt...]', 'what to answer; piped text follows it after a blank line')
    .option('--top <n>', 'tokens to explain one by one', parseWhole, defaultTop);
  addSystemOption(command);
  addModelOptions(command);
  addGenerationOptions(command, defaultMaxTokens);
  addServerOptions(command, 'answer with a running server instead');
  addJsonOption(command, 'the result with the trace of every token');
  return command
    .addHelpText('after', examples)
    .action((first: string | undefined, others: string[]) => {
      const flags = command.optsWithGlobals<ExplainFlags>();
      return explain(cli, givenWords(first, others, flags), flags);
    });
}

async function explain(cli: Cli, { recipe, words }: GivenWords, flags: ExplainFlags) {
  const options: AnswerOptions = { ...(await generationOf(flags)), trace: true };
  const text = await readPrompt(cli, words);
  await using opened = await openRecipe(cli, recipe, flags);
  await opened.load();
  const request = opened.request(toQuestion(text, flags), options, cli.interruption.signal);
  const result = await opened.service.stream(request).result;
  const summary = summarizeTrace(result.tokens);
  const { name, formula } = opened.recipe;
  if (flags.json) {
    const { system } = flags;
    const asked = { ...(system !== undefined && { system }), prompt: text };
    writeJson(cli.out, { recipe: name, formula, ...asked, ...summary, ...result });
    return;
  }
  const { out } = cli;
  const { dim } = out.palette;
  writeLines(out, [dim(out.plain(formula)), '', coloured(result, cli), '']);
  writeLines(out, renderShiftLegend(out.palette));
  writeLines(out, renderCut(result, options.maxTokens).map(dim));
  if (summary !== undefined) writeLines(out, [dim(renderSummary(summary))]);
  writeLines(out, renderSteering(result, budgetOf(opened.recipe, options)).map(dim));
  for (const index of mostMoved(result.tokens).slice(0, Math.max(0, flags.top))) {
    writeLines(out, ['', ...renderMovedToken(result.tokens, index, out.palette)]);
  }
}

function coloured({ tokens }: GenerationResult, { out }: Cli): string {
  return tokens
    .map((token, i) => (i === 0 ? { ...token, text: token.text.trimStart() } : token))
    .map((token) => renderShiftedToken(token, out.palette))
    .join('');
}

/** Indices of tokens, those first that formula and rewards moved farthest; unmoved ones are left out. */
function mostMoved(tokens: readonly GeneratedToken[]): number[] {
  const moves = tokens.map(({ trace }, index) => ({
    index,
    by: Math.abs(trace?.shift ?? 0) + Math.abs(rewardGain(tokens, index)),
  }));
  return moves
    .filter(({ by }) => by > 0)
    .toSorted((a, b) => b.by - a.by)
    .map(({ index }) => index);
}
