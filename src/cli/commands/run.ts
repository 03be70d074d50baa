import type { Command } from 'commander';

import type { GenerateServiceRequest, GenerationResult } from '../../index.ts';
import type { InferenceService } from '../../index.ts';
import { answerPrinter } from '../answer-printer.ts';
import type { AnswerOptions } from '../answer-options.ts';
import { chat } from '../chat/chat-loop.ts';
import { ChatHistory } from '../chat/history.ts';
import { markdownPrinter } from '../chat/markdown-printer.ts';
import { ChatSession } from '../chat/session.ts';
import type { Cli } from '../cli.ts';
import { UsageError } from '../failure.ts';
import { writeJson } from '../json.ts';
import { addGenerationOptions, generationOf, type GenerationFlags } from '../options/generation.ts';
import { addFlagsOf, optionsOf } from '../options/option-flags.ts';
import { addModelOptions, recipeArgument, type ModelFlags } from '../options/models.ts';
import { addJsonOption, type OutputFlags } from '../options/output.ts';
import { addServerOptions, type ServerFlags } from '../options/server.ts';
import { addSystemOption, toQuestion, type SystemFlags } from '../options/system.ts';
import { givenWords, type GivenWords } from '../given-recipe.ts';
import { openRecipe } from '../open-recipe.ts';
import { writeLines, type Output } from '../output.ts';
import { readPrompt } from '../prompt-input.ts';
import { writeRemarks, writeThreadRemark } from '../remarks.ts';
import { formatRate } from '../render/numbers.ts';
import { renderTable, rightAligned } from '../render/table.ts';
import { renderTrace } from '../render/trace-table.ts';

interface RunFlags extends GenerationFlags, ModelFlags, OutputFlags, ServerFlags, SystemFlags {
  readonly only?: string;
  readonly raw?: boolean;
  /** `false` for `--no-forget`. */
  readonly forget: boolean;
  /** `false` for `--no-history` and `--no-markdown`. */
  readonly history: boolean;
  readonly markdown: boolean;
  readonly trace?: boolean;
  readonly stats?: boolean;
}

const examples = `
Examples:
  trimtab run model.gguf                                   a chat with one model
  trimtab run recipes/atlas-chat.yaml                      a chat
  trimtab run recipes/atlas-chat.yaml 'Who was Elnin Oslack?'
  trimtab run recipes/atlas-chat.yaml --only large 'Who was Elnin Oslack?'
  trimtab run --base large.gguf --expert tuned.gguf --anti-expert small.gguf --alpha 0.7 'Who was Ada?'
  trimtab run r.yaml 'Summarize this:' < notes.txt         what is piped in follows the prompt
  trimtab run r.yaml --param alpha=0.6 --temperature 0.7 --seed 1 'Once upon a time'
  trimtab run r.yaml --schema town.json 'Where was Elnin Oslack born?'
  trimtab run r.yaml --choice yes --choice no 'Was Elnin Oslack a baker?'
  trimtab run r.yaml --reward brief=2 --report formal --kl-budget-answer 20 'Who was Elnin Oslack?'
  trimtab run r.yaml --profile ann 'Who was Elnin Oslack?'
  trimtab run r.yaml --guidance best-of:n=16 --temperature 1 'Who was Elnin Oslack?'`;

export function defineRun(command: Command, cli: Cli): Command {
  command
    .description(
      'Answers a prompt with a recipe or a model, on stdout as it comes. Without a prompt it reads one from a ' +
        'pipe, or, on a terminal, becomes a chat.',
    )
    .argument('[recipe]', `${recipeArgument}; with --url, the name of a recipe`)
    .argument('[prompt...]', 'what to answer; piped text follows it after a blank line');
  addSystemOption(addFlagsOf(command, 'only'))
    .option('--raw', 'give the text as it is to every model, without chat templates')
    .option(
      '--no-forget',
      'end a chat that outgrows its context, instead of going on without its oldest exchanges',
    )
    .option('--no-history', 'neither offer nor keep what is typed in chats')
    .option('--no-markdown', 'show answers of a chat as the model writes them');
  addModelOptions(command);
  addGenerationOptions(command);
  addServerOptions(command, 'answer with a running server instead');
  addJsonOption(command, 'the whole result: text, tokens, usage, timings');
  for (const option of ['logprobs', 'topLogprobs', 'trace'] as const) addFlagsOf(command, option);
  return command
    .option('--stats', 'show on stderr the speed and what every model did')
    .addHelpText('after', examples)
    .action((first: string | undefined, others: string[]) => {
      const flags = command.optsWithGlobals<RunFlags>();
      return run(cli, givenWords(first, others, flags), flags);
    });
}

async function run(cli: Cli, { recipe, words }: GivenWords, flags: RunFlags) {
  if (flags.raw && flags.system !== undefined) {
    throw new UsageError('--raw and --system exclude each other: raw text has no messages.');
  }
  if (flags.only !== undefined && flags.profile !== undefined) {
    throw new UsageError(
      '--only and --profile exclude each other: a profile steers a composition.',
    );
  }
  const options: AnswerOptions = {
    ...(await generationOf(flags)),
    ...optionsOf({ ...flags }, ['run']),
  };
  const isReported = options.logprobs === true || options.topLogprobs !== undefined;
  if (isReported && !flags.json) {
    throw new UsageError('--logprobs and --top-logprobs need --json: log-probs are in the result.');
  }
  const isChat = words.length === 0 && cli.input.isTTY && cli.out.isTerminal && !flags.json;
  if (isChat && flags.raw) throw new UsageError('--raw needs a prompt: a chat has messages.');
  const text = isChat ? '' : await readPrompt(cli, words);
  await using opened = await openRecipe(cli, recipe, flags);
  const loaded = await opened.load();
  if (isChat) {
    const session = new ChatSession(loaded, options, flags.system);
    await chat(cli, opened, session, {
      quiet: flags.quiet === true,
      forgets: flags.forget,
      history: ChatHistory.open(flags.history ? await cli.historyFile?.() : undefined),
      printer: () =>
        flags.markdown && cli.out.canRedraw
          ? markdownPrinter(cli)
          : answerPrinter(cli.out, { trimStart: true }),
      onAnswer(result) {
        writeRemarks(cli, opened.recipe, session.options, result, flags);
        if (flags.stats) writeStats(cli.err, result);
      },
    });
    return;
  }
  const prompt = flags.raw ? { text } : toQuestion(text, flags);
  const request = opened.request(prompt, options, cli.interruption.signal);
  const result = await answer(cli, opened.service, request, flags);
  if (flags.trace && !flags.json) writeLines(cli.err, renderTrace(result.tokens, cli.err.palette));
  if (!flags.json) {
    writeRemarks(cli, opened.recipe, options, result, flags);
    writeThreadRemark(cli, opened.service.status.stats, flags);
  }
  if (flags.stats) writeStats(cli.err, result);
}

async function answer(
  { out }: Cli,
  service: InferenceService,
  request: GenerateServiceRequest,
  { json, raw }: RunFlags,
): Promise<GenerationResult> {
  const stream = service.stream(request);
  if (json) {
    const result = await stream.result;
    writeJson(out, result);
    return result;
  }
  const writer = answerPrinter(out, { trimStart: raw !== true });
  try {
    for await (const { text } of stream) writer.write(text);
  } finally {
    writer.end();
  }
  return stream.result;
}

function writeStats(err: Output, { usage, timings, finishReason }: GenerationResult): void {
  const { dim } = err.palette;
  const models = Object.entries(usage.models);
  writeLines(err, [
    `${usage.completionTokens} tokens, ${formatRate(timings.tokensPerSecond)} per second, ` +
      `the first after ${timings.prefillMs.toFixed(0)} ms; ended by ${finishReason}`,
    ...renderTable(
      [{ title: 'model' }, ...['prompt', 'cached', 'forwards'].map(rightAligned)],
      models.map(([name, { promptTokens, cachedTokens, forwards }]) => [
        err.plain(name),
        ...[promptTokens, cachedTokens, forwards].map(String),
      ]),
      dim,
    ),
    ...Object.entries(usage.drafts ?? {}).map(
      ([drafter, { drafted, accepted }]) =>
        `drafted by ${err.plain(drafter)}: ${drafted} tokens, of which ${accepted} came`,
    ),
    ...Object.entries(usage.rewards ?? {}).map(
      ([name, { candidates, valued }]) =>
        `rewarded by ${err.plain(name)}: ${candidates} candidates, of which ${valued} were valued`,
    ),
  ]);
}
