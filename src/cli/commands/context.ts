import { Command } from 'commander';

import type { Contexts, ContextView } from '../../contexts/index.ts';
import type { Recipe } from '../../recipe/index.ts';
import type { Cli } from '../cli.ts';
import { withContexts } from '../contexts/with-contexts.ts';
import { UsageError } from '../failure.ts';
import { writeJson } from '../json.ts';
import { readRecipe, readText } from '../named-file.ts';
import { addDataDirectoryOption, type DataDirectoryFlags } from '../options/data-directory.ts';
import { addJsonOption, type OutputFlags } from '../options/output.ts';
import { addPullOption, type PullFlags } from '../options/pull.ts';
import { collectTexts, parseWhole } from '../options/values.ts';
import { writeLines } from '../output.ts';
import { localOwner } from '../profiles/local-owner.ts';
import { readPrompt } from '../prompt-input.ts';
import { renderContext } from '../render/context.ts';
import { renderTable, rightAligned } from '../render/table.ts';

const examples = `
A request names a context as trimtab.context: its text then stands before the messages. A server prepares contexts
while nobody waits; \`prepare\` does it now. They are kept where profiles are, and one process at a time can use that folder.

Examples:
  trimtab context add sheet.txt --id sheet --recipe recipes/atlas-chat.yaml
  trimtab context prepare sheet --recipe recipes/atlas-chat.yaml
  trimtab context show sheet
  trimtab context list
  trimtab context remove sheet`;

interface ContextFlags extends OutputFlags, DataDirectoryFlags, PullFlags {
  readonly recipe?: string;
  readonly id?: string;
  readonly question?: readonly string[];
  readonly passes?: number;
}

/** In the order of the help. */
const contextCommands: readonly ((cli: Cli) => Command)[] = [
  createAddCommand,
  createPrepareCommand,
  createShowCommand,
  createListCommand,
  createRemoveCommand,
];

export function defineContext(command: Command, cli: Cli): Command {
  command.description(
    'Stores texts that answers are to know, and prepares them: KV states, answers to questions that are expected, notes.',
  );
  for (const create of contextCommands) command.addCommand(create(cli));
  return command.addHelpText('after', examples);
}

function createAddCommand(cli: Cli): Command {
  const command = new Command('add')
    .summary('store a text')
    .argument('[file]', 'the text; without one it is read from a pipe')
    .requiredOption('--recipe <file>', 'the recipe that it is prepared with')
    .option('--id <id>', 'what requests call it (default: one drawn at random)')
    .option('--question <text>', 'a question that is expected; may be given again', collectTexts);
  addJsonOption(addPullOption(addDataDirectoryOption(command)), 'the context');
  return command.action(async (file: string | undefined) => {
    const flags: ContextFlags = command.optsWithGlobals();
    const text = file === undefined ? await readPrompt(cli, []) : await readText('file', file);
    if (file !== undefined && text.trim() === '') {
      throw new UsageError(`file: ${file} is empty: give what answers are to know.`);
    }
    const recipe = await recipeOf(cli, flags);
    const view = await withContexts(cli, [recipe], flags, (contexts) =>
      contexts.create(localOwner, {
        recipe: recipe.name,
        text,
        id: flags.id,
        questions: flags.question,
      }),
    );
    if (flags.json) return writeJson(cli.out, view);
    return writeLines(cli.out, [`${view.id} is stored: requests say "context": "${view.id}".`]);
  });
}

function createPrepareCommand(cli: Cli): Command {
  const command = new Command('prepare')
    .summary('make what is worth it now, instead of when nobody waits')
    .argument('<id>', 'the context')
    .requiredOption('--recipe <file>', 'the recipe that it was stored for')
    .option('--passes <n>', 'forward passes of the base that may be spent in all', parseWhole);
  addJsonOption(addPullOption(addDataDirectoryOption(command)), 'the context');
  return command.action(async (id: string) => {
    const flags: ContextFlags = command.optsWithGlobals();
    const recipe = await recipeOf(cli, flags);
    const { signal } = cli.interruption;
    await showOutcome(cli, flags, [recipe], (contexts) => contexts.prepare(localOwner, id, signal));
  });
}

function createShowCommand(cli: Cli): Command {
  const command = new Command('show')
    .summary('what was prepared for a context, and what became of it')
    .argument('<id>', 'the context')
    .option('--recipe <file>', 'its recipe, to say whether KV states are kept for it');
  addJsonOption(addPullOption(addDataDirectoryOption(command)), 'the context');
  return command.action(async (id: string) => {
    const flags: ContextFlags = command.optsWithGlobals();
    const recipes = flags.recipe === undefined ? [] : [await recipeOf(cli, flags)];
    await showOutcome(cli, flags, recipes, (contexts) => contexts.get(localOwner, id));
  });
}

function createListCommand(cli: Cli): Command {
  const command = new Command('list').summary('the contexts that there are');
  addJsonOption(addDataDirectoryOption(command), 'the contexts');
  return command.action(async () => {
    const flags: ContextFlags = command.optsWithGlobals();
    const page = { limit: 10_000, order: 'asc' } as const;
    const entries = await withContexts(cli, [], flags, (contexts) =>
      contexts.list(localOwner, page),
    );
    if (flags.json) return writeJson(cli.out, entries);
    const columns = [
      { title: 'context' },
      { title: 'recipe' },
      ...['characters', 'asks', 'hits', 'spent'].map(rightAligned),
    ];
    const rows = entries.map(({ id, recipe, characters, use }) => [
      id,
      recipe,
      ...[characters, use.asks, use.hits, use.spent].map(String),
    ]);
    return writeLines(cli.out, renderTable(columns, rows, cli.out.palette.dim));
  });
}

function createRemoveCommand(cli: Cli): Command {
  const command = new Command('remove')
    .summary('delete a context, and all that was prepared for it')
    .argument('<id>', 'the context');
  addDataDirectoryOption(command);
  return command.action(async (id: string) => {
    const flags: ContextFlags = command.optsWithGlobals();
    await withContexts(cli, [], flags, (contexts) => contexts.delete(localOwner, id));
    if (!flags.quiet) writeLines(cli.out, [`${id} is deleted.`]);
  });
}

function recipeOf(cli: Cli, flags: ContextFlags): Promise<Recipe> {
  return readRecipe(cli, '--recipe', flags.recipe!, flags);
}

async function showOutcome(
  cli: Cli,
  flags: ContextFlags,
  recipes: readonly Recipe[],
  work: (contexts: Contexts) => Promise<ContextView>,
): Promise<void> {
  const view = await withContexts(cli, recipes, flags, work);
  if (flags.json) writeJson(cli.out, view);
  else writeLines(cli.out, renderContext(view, cli.out));
}
