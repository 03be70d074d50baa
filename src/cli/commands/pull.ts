import type { Command } from 'commander';

import type { Cli } from '../cli.ts';
import { pullModels } from '../hub/pull-models.ts';
import { writeJson } from '../json.ts';
import { addJsonOption, type OutputFlags } from '../options/output.ts';
import { writeLines } from '../output.ts';
import { escapeLine } from '../render/escape.ts';
import { formatBytes } from '../render/numbers.ts';

const examples = `
A model is written hf:owner/name[:quant | /file.gguf][@revision]. Without quant and file it is Q4_K_M, or the only one there is.
It is kept where all programs of Hugging Face keep theirs, and what is there is not fetched again. What breaks off or is interrupted
goes on where it was by the same command.

The environment's HF_TOKEN lets into models that need one; HF_ENDPOINT is another hub; HF_HOME or HF_HUB_CACHE say
where models are kept; HF_HUB_OFFLINE=1 uses what is there alone.

Examples:
  trimtab pull hf:Qwen/Qwen2.5-0.5B-Instruct-GGUF
  trimtab pull hf:Qwen/Qwen2.5-0.5B-Instruct-GGUF:Q8_0 hf:Qwen/Qwen2.5-7B-Instruct-GGUF:Q4_K_M
  trimtab pull hf:owner/name/folder/model-Q4_0.gguf@v1.0`;

export function definePull(command: Command, cli: Cli): Command {
  command
    .description(
      'Fetches models of the Hugging Face hub by their names, checks them, and prints where they are. ' +
        'A recipe names them in the same way in place of a file.',
    )
    .argument('<model...>', 'hf:owner/name[:quant | /file.gguf][@revision]');
  addJsonOption(command, 'the models: names, commits, paths and sizes');
  return command
    .addHelpText('after', examples)
    .action((names: string[]) => fetchModels(cli, names, command.optsWithGlobals()));
}

async function fetchModels(cli: Cli, names: readonly string[], flags: OutputFlags): Promise<void> {
  const models = await pullModels(cli, names, flags);
  if (flags.json) return writeJson(cli.out, models);
  const { bold, dim } = cli.out.palette;
  return writeLines(
    cli.out,
    models.flatMap(({ name, path, bytes, files }) => {
      const parts = files.length > 1 ? `, the first of ${files.length} files` : '';
      return [bold(escapeLine(name)), `  ${escapeLine(path)}  ${dim(formatBytes(bytes) + parts)}`];
    }),
  );
}
