import { Command, InvalidArgumentError } from 'commander';

import type { Profiles, ProfileView } from '../../profiles/index.ts';
import type { Cli } from '../cli.ts';
import { UsageError } from '../failure.ts';
import { writeJson } from '../json.ts';
import { readRecipe, readText } from '../named-file.ts';
import { addDataDirectoryOption, type DataDirectoryFlags } from '../options/data-directory.ts';
import { addJsonOption, type OutputFlags } from '../options/output.ts';
import { addRecipeOption, type RecipeFlags } from '../options/recipe.ts';
import { collectNumbers } from '../options/values.ts';
import { writeLines } from '../output.ts';
import { localOwner } from '../profiles/local-owner.ts';
import { withProfiles } from '../profiles/with-profiles.ts';
import { renderProfile } from '../render/profile.ts';
import { renderTable, rightAligned } from '../render/table.ts';
import { askCommand, createAskCommand } from './profile-ask.ts';
import { createLearnBasisCommand } from './profile-learn-basis.ts';

const examples = `
Profiles are kept in one folder on this machine, and one process at a time can use it.

Examples:
  trimtab profile new ann --recipe recipes/atlas-profiles.yaml
  trimtab profile ask ann --recipe recipes/atlas-profiles.yaml       ten to twenty questions
  trimtab profile show ann --recipe recipes/atlas-profiles.yaml
  trimtab profile set ann cheerful=2 brief=learned --recipe recipes/atlas-profiles.yaml
  trimtab run recipes/atlas-profiles.yaml --profile ann 'Where was Mada Norrar born?'`;

/** In the order of the help. */
const profileCommands: readonly ((cli: Cli) => Command)[] = [
  createNewCommand,
  createAskCommand,
  createShowCommand,
  createListCommand,
  createSetCommand,
  createResetCommand,
  createDeleteCommand,
  createExportCommand,
  createImportCommand,
  createLearnBasisCommand,
];

export function defineProfile(command: Command, cli: Cli): Command {
  command.description(
    'Learns what a user likes from their choices between two answers, and keeps it, so that ' +
      '`--profile USER` answers in that manner.',
  );
  for (const create of profileCommands) command.addCommand(create(cli));
  return command.addHelpText('after', examples);
}

function createNewCommand(cli: Cli): Command {
  const command = new Command('new')
    .summary('begin a profile that knows nothing yet')
    .argument('<user>', 'its id: letters, digits and `_ . : -`');
  addRecipeOption(command).option('--name <text>', 'a name for people');
  addJsonOption(command, 'the profile');
  return command.action(async (user: string) => {
    const flags: RecipeFlags & OutputFlags & { name?: string } = command.optsWithGlobals();
    const view = await withRecipe(cli, flags, (profiles, recipe) =>
      profiles.create(localOwner, { id: user, recipe, name: flags.name }),
    );
    if (flags.json) return writeJson(cli.out, view);
    return writeLines(cli.out, [
      `${user} is new: \`${askCommand(user, flags)}\` asks what they like.`,
    ]);
  });
}

function createShowCommand(cli: Cli): Command {
  const command = new Command('show')
    .summary('what is known of a user, and how surely')
    .argument('<user>', 'the profile');
  addRecipeOption(command);
  addJsonOption(command, 'the profile');
  return command.action((user: string) =>
    showOutcome(cli, command, (profiles, recipe) => profiles.get(localOwner, user, recipe)),
  );
}

function createSetCommand(cli: Cli): Command {
  const command = new Command('set')
    .summary('give weights yourself, in place of learned ones')
    .argument('<user>', 'the profile')
    .argument('<attribute=weight...>', 'weights from -10 to 10; `learned` takes one back');
  addRecipeOption(command);
  addJsonOption(command, 'the profile');
  return command.action((user: string, settings: string[]) =>
    showOutcome(cli, command, async (profiles, recipe) => {
      const { attributes } = await profiles.get(localOwner, user, recipe);
      const before = attributes.flatMap(({ name, override }): [string, number][] =>
        override === null ? [] : [[name, override]],
      );
      const overrides = settings.reduce(applySetting, Object.fromEntries(before));
      return profiles.setOverrides(localOwner, user, overrides);
    }),
  );
}

const takesBack = /^([^=]+)=learned$/;

/** @throws UsageError for what is not `name=number` or `name=learned`. */
function applySetting(overrides: Readonly<Record<string, number>>, setting: string) {
  const name = takesBack.exec(setting)?.[1];
  if (name === undefined) return collectWeight(setting, overrides);
  const { [name]: _, ...others } = overrides;
  return others;
}

function collectWeight(setting: string, overrides: Readonly<Record<string, number>>) {
  try {
    return collectNumbers(setting, overrides);
  } catch (error) {
    if (!(error instanceof InvalidArgumentError)) throw error;
    throw new UsageError(`${setting} must be written ATTRIBUTE=NUMBER or ATTRIBUTE=learned.`);
  }
}

function createResetCommand(cli: Cli): Command {
  const command = new Command('reset')
    .summary('begin anew: answers given so far no longer count')
    .argument('<user>', 'the profile');
  addRecipeOption(command);
  addJsonOption(command, 'the profile');
  return command.action((user: string) =>
    showOutcome(cli, command, (profiles) => profiles.reset(localOwner, user)),
  );
}

function createListCommand(cli: Cli): Command {
  const command = new Command('list').summary('the profiles that there are');
  addDataDirectoryOption(command);
  addJsonOption(command, 'the profiles');
  return command.action(async () => {
    const flags: DataDirectoryFlags & OutputFlags = command.optsWithGlobals();
    const entries = await withProfiles(cli, [], flags, (profiles) => profiles.list(localOwner));
    // Which recipes they fit is not known without recipes.
    const listed = entries.map(({ id, name, answers, createdAt, updatedAt }) => ({
      id,
      name,
      answers,
      createdAt,
      updatedAt,
    }));
    if (flags.json) return writeJson(cli.out, listed);
    const rows = listed.map(({ id, name, answers, updatedAt }) => [
      id,
      cli.out.plain(name ?? ''),
      String(answers),
      new Date(updatedAt).toISOString().slice(0, 10),
    ]);
    const columns = [
      { title: 'profile' },
      { title: 'name' },
      rightAligned('answers'),
      { title: 'changed' },
    ];
    return writeLines(cli.out, renderTable(columns, rows, cli.out.palette.dim));
  });
}

function createDeleteCommand(cli: Cli): Command {
  const command = new Command('delete')
    .summary('forget a user: takes every trace from the disk')
    .argument('<user>', 'the profile');
  addDataDirectoryOption(command);
  return command.action(async (user: string) => {
    const flags: DataDirectoryFlags & OutputFlags = command.optsWithGlobals();
    await withProfiles(cli, [], flags, (profiles) => profiles.delete(localOwner, user));
    if (!flags.quiet) writeLines(cli.out, [`${user} is deleted.`]);
  });
}

function createExportCommand(cli: Cli): Command {
  const command = new Command('export')
    .summary('everything of a profile as one JSON document, on stdout')
    .argument('<user>', 'the profile');
  addDataDirectoryOption(command);
  return command.action(async (user: string) => {
    const flags: DataDirectoryFlags = command.optsWithGlobals();
    const document = await withProfiles(cli, [], flags, (profiles) =>
      profiles.export(localOwner, user),
    );
    writeJson(cli.out, document);
  });
}

function createImportCommand(cli: Cli): Command {
  const command = new Command('import')
    .summary('make a profile from such a document')
    .argument('<user>', 'the id of the new profile')
    .argument('<file>', 'what `trimtab profile export` printed');
  addRecipeOption(command);
  addJsonOption(command, 'the profile');
  return command.action(async (user: string, file: string) => {
    const document = await readDocument(file);
    await showOutcome(cli, command, (profiles) => profiles.import(localOwner, document, user));
  });
}

async function readDocument(file: string): Promise<unknown> {
  const text = await readText('file', file);
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new UsageError(
      `file: ${file} is not JSON: give what \`trimtab profile export\` printed.`,
      {
        cause,
      },
    );
  }
}

/** Prints what is known of the user after something was done. */
async function showOutcome(
  cli: Cli,
  command: Command,
  work: (profiles: Profiles, recipe: string) => Promise<ProfileView>,
): Promise<void> {
  const { out } = cli;
  const flags: RecipeFlags & OutputFlags = command.optsWithGlobals();
  const view = await withRecipe(cli, flags, work);
  if (flags.json) return writeJson(out, view);
  writeLines(out, renderProfile(view, out.palette));
  if (!flags.quiet) writeLines(out, [out.palette.dim(countAnswers(view))]);
  return undefined;
}

function countAnswers({ answers, state }: ProfileView): string {
  return state.kind === 'asking'
    ? `${answers} of about ${state.expectedAnswers} answers`
    : `${answers} answers, which is enough`;
}

async function withRecipe<Value>(
  cli: Cli,
  flags: RecipeFlags,
  work: (profiles: Profiles, recipe: string) => Promise<Value>,
): Promise<Value> {
  const recipe = await readRecipe(cli, '--recipe', flags.recipe, flags);
  return withProfiles(cli, [recipe], flags, (profiles) => work(profiles, recipe.name));
}
