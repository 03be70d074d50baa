import type { Command } from 'commander';

import { engineDefaults } from '../../spec/index.ts';
import type { Cli } from '../cli.ts';
import { addDataDirectoryOption } from '../options/data-directory.ts';
import { addLoadOptions } from '../options/load.ts';
import { addModelOptions, recipeArgument } from '../options/models.ts';
import { addModuleOption } from '../options/modules.ts';
import { addServerOptions } from '../options/server.ts';
import { collectTexts, parseCount } from '../options/values.ts';

const examples = `
A request a line, as in the files of OpenAI's batches: custom_id, method, url and body. All lines are read before any is
answered. Answers come as they are ready, named by custom_id; each is on disk before it counts. After Ctrl-C or a crash
the same command goes on: what the output has is not asked again, and what failed is. It exits with 1 if a request failed.
See \`trimtab docs batches\`.

Examples:
  trimtab batch requests.jsonl --recipe recipes/atlas-chat.yaml --output answers.jsonl
  trimtab batch requests.jsonl --recipe a.yaml --recipe b.yaml --output answers.jsonl --errors refused.jsonl
  grep chat requests.jsonl | trimtab batch --recipe a.yaml --quiet > answers.jsonl
  trimtab batch requests.jsonl --url http://127.0.0.1:8080 --parallel 16 --output answers.jsonl`;

export function defineBatch(command: Command, cli: Cli): Command {
  command
    .description(
      "Answers a file of requests in the format of OpenAI's batches with recipes, each by its `model`, or with a " +
        'running server. Without a file, or for -, it reads them from a pipe.',
    )
    .argument('[file]', 'requests (JSONL)')
    .option(
      '--recipe <file>',
      `${recipeArgument}; may be given again. One that is alone answers whatever its requests call it`,
      collectTexts,
    )
    .option('--output <file>', 'where answers go, or are continued (default: stdout)')
    .option(
      '--errors <file>',
      'where the answers of failed requests go (default: beside the output, as .errors.jsonl; without an output they ' +
        'are told on stderr)',
    )
    .option(
      '--parallel <n>',
      `requests at once (default: the recipe's answers at once, or ${engineDefaults.maxSequences})`,
      parseCount,
    );
  addDataDirectoryOption(command);
  addLoadOptions(addModelOptions(addModuleOption(command)));
  addServerOptions(command, 'let a running server answer instead, of Trimtab or of the OpenAI API');
  return command.addHelpText('after', examples).action(async (file: string | undefined) => {
    // Loaded when it runs, so that the other commands start at once.
    const { runBatch } = await import('../batches/run-batch.ts');
    await runBatch(cli, file, command.optsWithGlobals());
  });
}
