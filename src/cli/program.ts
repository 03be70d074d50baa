import { Command } from 'commander';

import { engineDefaults } from '../spec/index.ts';
import type { Cli } from './cli.ts';
import { commands } from './commands.ts';
import { addOutputOptions } from './options/output.ts';
import { readManifest } from './package-files.ts';

/** What to do next, for whoever says nothing yet. */
export const start = `Start here:
  trimtab demo                         see it work, in seconds, without a download
  trimtab run MODEL.gguf               chat with a model
  trimtab new                          draft a recipe of your models
  trimtab run RECIPE                   chat with a composition
  trimtab compare RECIPE 'question'    base, expert and composition side by side
  trimtab docs                         what there is to read`;

const about = `
A recipe is a YAML file that names the models and how they are composed; in its place, a GGUF file or a
model of the Hugging Face hub (hf:owner/name) is that model alone. Where it does not say,
a conversation holds ${engineDefaults.contextLength} tokens and ${engineDefaults.maxSequences} answers run at once.

Exit codes: 0 done; 1 failed; 2 called wrongly: a command, flag, value or file that cannot be
used as it was given; 130 interrupted.
TRIMTAB_DEBUG=1 adds stack traces to errors; TRIMTAB_LLAMA_LOG=1 shows llama.cpp's log.

${start}`;

/**
 * The command line's grammar and help.
 * @param named - The commands that are needed, maybe among other words: of the others it knows what its help shows.
 */
export async function createProgram(cli: Cli, named: readonly string[]): Promise<Command> {
  const { version, description } = readManifest();
  const program = new Command('trimtab')
    .description(description)
    .version(version, '-V, --version', 'print the version')
    .addHelpText('after', about)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => cli.out.write(text),
      writeErr: (text) => cli.err.write(cli.err.plain(text)),
      outputError: (text, write) => write(text.replace(/^error:/, cli.err.palette.bad('error:'))),
      getOutHasColors: () => cli.out.palette.hasColors,
      getErrHasColors: () => cli.err.palette.hasColors,
    })
    .configureHelp({
      styleTitle: cli.out.palette.bold,
      // `[options]` behind every name says nothing.
      subcommandTerm: (command) => command.name(),
    });
  addOutputOptions(program);
  for (const { name, summary, isHidden = false, load } of commands) {
    const command = new Command(name).summary(summary);
    if (named.includes(name)) (await load())(command, cli);
    adopt(program, command);
    program.addCommand(command, { hidden: isHidden });
  }
  return program;
}

/** A command, and those below it, behave and print as their parent does. */
function adopt(parent: Command, command: Command): void {
  addOutputOptions(command.copyInheritedSettings(parent));
  for (const own of command.commands) adopt(command, own);
}
