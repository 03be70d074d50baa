import { Command, Option } from 'commander';

import { InvalidOptionError } from '../../spec/index.ts';
import { pairDtypes, type PairDtype } from '../../vllm/dtypes.ts';
import type { VllmExport } from '../../vllm/index.ts';
import type { Cli } from '../cli.ts';
import { UsageError } from '../failure.ts';
import { writeJson } from '../json.ts';
import { warn } from '../loading.ts';
import { readRecipe } from '../named-file.ts';
import { addJsonOption, type OutputFlags } from '../options/output.ts';
import { addPullOption, type PullFlags } from '../options/pull.ts';
import { writeLines } from '../output.ts';
import { isSystemError, reasonOf } from '../system-error.ts';

interface ExportFlags extends OutputFlags, PullFlags {
  readonly output: string;
  readonly base?: string;
  readonly expert?: string;
  readonly antiExpert?: string;
  readonly dtype?: PairDtype;
  readonly force?: boolean;
}

const examples = `
The plugin is the Python package in integrations/vllm of Trimtab's repository, installed beside vLLM. It loads folders in
Hugging Face's format: name those that you have, and the printed commands make the others of the recipe's GGUF files.
See \`trimtab docs scale\`.

Examples:
  trimtab export vllm recipe.yaml --output for-vllm
  trimtab export vllm recipe.yaml --output of-the-hub --base org/large --expert org/small-chat --anti-expert org/small --dtype bfloat16`;

export function defineExport(command: Command, cli: Cli): Command {
  command.description('Writes what another server needs to run a recipe.');
  command.addCommand(createVllmCommand(cli));
  return command;
}

function createVllmCommand(cli: Cli): Command {
  const command = new Command('vllm')
    .summary("a pair inside vLLM, beside vLLM's base")
    .description(
      "Writes the configuration of Trimtab's plugin for vLLM, which adds alpha * (expert - antiExpert) to the base's logits, " +
        'and prints the command that starts vLLM with it. A recipe that says more than that is refused, and all of it named.',
    )
    .argument('<recipe>', 'its file')
    .requiredOption('--output <folder>', 'where it is written')
    .option('--force', 'also over a configuration that is there')
    .optionsGroup('Models, as vLLM and the plugin load them:')
    .option('--base <model>', 'a folder, or a name of the hub (owner/name)')
    .option('--expert <model>', 'likewise')
    .option('--anti-expert <model>', 'likewise')
    .addOption(
      new Option('--dtype <name>', 'what the pair is computed in')
        .choices(pairDtypes)
        .default(pairDtypes[0]),
    );
  addPullOption(command);
  addJsonOption(command, 'what was written, and the commands');
  return command
    .addHelpText('after', examples)
    .action((recipe: string) => exportToVllm(cli, recipe, command.optsWithGlobals()));
}

async function exportToVllm(cli: Cli, file: string, flags: ExportFlags): Promise<void> {
  const { output, base, expert, antiExpert, dtype, force } = flags;
  const recipe = await readRecipe(cli, 'recipe', file, flags);
  const { exportVllm } = await import('../../vllm/index.ts');
  const { signal } = cli.interruption;
  const options = { output, base, expert, antiExpert, dtype, force, signal };
  const written = await ofTheCall(output, () => exportVllm(recipe, options));
  if (flags.json) writeJson(cli.out, written);
  else await report(cli, written);
}

async function report(cli: Cli, written: VllmExport): Promise<void> {
  const { shellLine } = await import('../../vllm/index.ts');
  const { file, conversions, environment, command, warnings } = written;
  const { dim } = cli.out.palette;
  warn(cli, warnings);
  const first = conversions.map((words) => shellLine(words));
  const converting = [dim('# once, with what tuning/requirements.txt lists:'), ...first, ''];
  writeLines(cli.out, [
    dim(`# written: ${file}`),
    '',
    ...(first.length > 0 ? converting : []),
    dim('# where vLLM and the plugin are installed:'),
    shellLine(command, environment),
  ]);
}

const flagsOfOptions: Readonly<Record<string, string>> = {
  output: '--output',
  base: '--base',
  expert: '--expert',
  antiExpert: '--anti-expert',
};

/** What is refused of the call is said with its flag; what the system refuses is of the output. @throws UsageError */
async function ofTheCall<Result>(output: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (cause) {
    if (isSystemError(cause)) {
      const fault = `${output} cannot be written to: ${reasonOf(cause)}.`;
      throw new UsageError(`--output: ${fault}`, { cause });
    }
    const flag = cause instanceof InvalidOptionError ? flagsOfOptions[cause.option] : undefined;
    if (flag === undefined) throw cause;
    throw new UsageError(`${flag}: ${(cause as Error).message}`, { cause });
  }
}
