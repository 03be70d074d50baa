import { Command } from 'commander';

import { describeModel, readModelHeader, type GgufHeader } from '../../gguf/index.ts';
import {
  findListed,
  listCached,
  removeCached,
  removeUnfinished,
  type CacheListing,
  type ListedModel,
} from '../../hub/index.ts';
import { InvalidOptionError, TrimtabError } from '../../spec/index.ts';
import type { Cli } from '../cli.ts';
import { describeFailure, UsageError } from '../failure.ts';
import { recipesUsing } from '../hub/recipes-using.ts';
import { writeJson } from '../json.ts';
import { addJsonOption, type OutputFlags } from '../options/output.ts';
import { collectTexts } from '../options/values.ts';
import { writeLines } from '../output.ts';
import { escapeLine } from '../render/escape.ts';
import { modelFacts } from '../render/model-facts.ts';
import { formatBytes } from '../render/numbers.ts';
import { renderPairs, renderTable, rightAligned } from '../render/table.ts';

interface RecipesFlags extends OutputFlags {
  readonly recipes?: readonly string[];
}

interface RemoveFlags extends RecipesFlags {
  readonly force?: boolean;
  readonly unfinished?: boolean;
}

const examples = `
The cache is that of all programs of Hugging Face: HF_HUB_CACHE or HF_HOME say where it is. \`trimtab pull\` fetches models into it.

Examples:
  trimtab models ls
  trimtab models show hf:Qwen/Qwen2.5-0.5B-Instruct-GGUF:Q8_0
  trimtab models rm hf:Qwen/Qwen2.5-0.5B-Instruct-GGUF:Q8_0
  trimtab models rm --unfinished                               what downloads that were given up have left`;

export function defineModels(command: Command, cli: Cli): Command {
  command.description('Shows and removes models of the Hugging Face hub that were fetched.');
  for (const create of [createListCommand, createShowCommand, createRemoveCommand]) {
    command.addCommand(create(cli));
  }
  return command.addHelpText('after', examples);
}

function createListCommand(cli: Cli): Command {
  const command = new Command('ls')
    .summary('the models in the cache, their sizes, and the recipes that use them')
    .description('Lists the GGUF models in the cache, their sizes, and the recipes that use them.');
  addRecipesOption(command);
  addJsonOption(command, 'the models, and what downloads that were given up have left,');
  return command.action(() => list(cli, command.optsWithGlobals()));
}

function createShowCommand(cli: Cli): Command {
  const command = new Command('show')
    .summary('where a model is, and what its header says')
    .description(
      'Shows where a model of the cache is, which recipes use it, and what its header says.',
    )
    .argument('<model>', 'its name, or as much of it as tells it apart');
  addRecipesOption(command);
  addJsonOption(command, 'the model, with its description,');
  return command.action((name: string) => show(cli, name, command.optsWithGlobals()));
}

function createRemoveCommand(cli: Cli): Command {
  const command = new Command('rm')
    .summary('remove models from the cache')
    .description(
      'Removes models from the cache, at all commits that have them. One that a recipe uses stays unless ' +
        '--force is given; one that a process has open or is fetching stays.',
    )
    .argument('[model...]', 'names, or as much of them as tells them apart')
    .option('--force', 'also if a recipe uses it')
    .option('--unfinished', 'what downloads that were given up have left');
  addRecipesOption(command);
  addJsonOption(command, 'what was removed');
  return command.action((names: string[]) => remove(cli, names, command.optsWithGlobals()));
}

function addRecipesOption(command: Command): Command {
  return command.option(
    '--recipes <path>',
    'a recipe, or a folder of recipes, that may use them; may be given again (default: this folder and ./recipes)',
    collectTexts,
  );
}

async function list({ out }: Cli, flags: RecipesFlags): Promise<void> {
  const listing = await listCached();
  const users = await recipesUsing(listing, flags.recipes);
  const { folder, models, unfinished } = listing;
  if (flags.json) {
    const listed = models.map((model) => ({ ...model, recipes: users.get(model) ?? [] }));
    return writeJson(out, { folder, models: listed, unfinished });
  }
  const { dim } = out.palette;
  const columns = [{ title: 'model' }, rightAligned('size'), { title: 'at' }, { title: 'recipes' }];
  const rows = models.map((model) => [
    model.name,
    formatBytes(model.bytes),
    model.revisions.map(describeRevision).join(', '),
    (users.get(model) ?? []).join(', '),
  ]);
  const left = unfinished.reduce((sum, { bytes }) => sum + bytes, 0);
  return writeLines(out, [
    ...(models.length === 0
      ? []
      : renderTable(
          columns,
          rows.map((row) => row.map((text) => out.plain(text))),
          dim,
        )),
    dim(`${summary(models)} in ${escapeLine(folder)}`),
    ...(left === 0 ? [] : [dim(`${formatBytes(left)} of downloads that are not finished`)]),
  ]);
}

function summary(models: readonly ListedModel[]): string {
  const bytes = new Map(models.map(({ blobs, bytes: size }) => [blobs[0], size]));
  const total = [...bytes.values()].reduce((sum, size) => sum + size, 0);
  const count = models.length === 1 ? '1 model' : `${models.length} models`;
  return models.length === 0 ? 'no model' : `${count}, ${formatBytes(total)},`;
}

/** `main`, or the first letters of a commit that no branch is at. */
function describeRevision({ commit, refs }: ListedModel['revisions'][number]): string {
  return refs.length > 0 ? refs.join(' ') : commit.slice(0, 8);
}

async function show({ out }: Cli, name: string, flags: RecipesFlags): Promise<void> {
  const listing = await listCached();
  const model = findModel(listing, name);
  const recipes = (await recipesUsing(listing, flags.recipes)).get(model) ?? [];
  const header = await readHeader(model.path);
  if (flags.json) {
    const description = header instanceof TrimtabError ? null : describeModel(header);
    return writeJson(out, { ...model, recipes, description });
  }
  const { bold, dim } = out.palette;
  const commits = model.revisions.map(({ commit, refs }) => [commit, ...refs].join(' '));
  const facts: [string, string][] = [
    ['at', commits.join(', ')],
    ['path', model.path],
    ['size', formatBytes(model.bytes)],
    ...(model.files.length > 1 ? [['parts', String(model.files.length)] as [string, string]] : []),
    ['recipes', recipes.join(', ') || 'none that were looked at'],
  ];
  const own = facts.map(([fact, text]): [string, string] => [fact, escapeLine(text)]);
  const said: (readonly [string, string])[] =
    header instanceof TrimtabError
      ? [['header', escapeLine(describeFailure(header))]]
      : modelFacts(header, describeModel(header), 'its own');
  return writeLines(out, [
    bold(escapeLine(model.name)),
    '',
    ...renderPairs([...own, ...said], dim),
  ]);
}

/** The header, or why it is none: any file may be called so. */
async function readHeader(file: string): Promise<GgufHeader | TrimtabError> {
  try {
    return await readModelHeader(file);
  } catch (error) {
    if (error instanceof TrimtabError) return error;
    throw error;
  }
}

async function remove(cli: Cli, names: readonly string[], flags: RemoveFlags): Promise<void> {
  if (names.length === 0 && flags.unfinished !== true) {
    throw new UsageError('Name the models to remove, or say --unfinished.');
  }
  const removed: { name: string; freedBytes: number }[] = [];
  for (const name of names) {
    const listing = await listCached();
    const model = findModel(listing, name);
    const recipes = (await recipesUsing(listing, flags.recipes)).get(model) ?? [];
    if (recipes.length > 0 && flags.force !== true) {
      throw new UsageError(
        `${model.name} is used by ${recipes.join(', ')}: --force removes it all the same.`,
      );
    }
    const { freedBytes } = await removeCached(pinned(model));
    removed.push({ name: model.name, freedBytes });
  }
  if (flags.unfinished === true) {
    for (const { path: name, bytes } of await removeUnfinished()) {
      removed.push({ name, freedBytes: bytes });
    }
  }
  if (flags.json) return writeJson(cli.out, removed);
  return writeLines(
    cli.out,
    removed.map(
      ({ name, freedBytes }) => `removed ${escapeLine(name)}, ${formatBytes(freedBytes)}`,
    ),
  );
}

function pinned({ name, revisions }: ListedModel): string {
  return `${name}@${revisions[0]!.commit}`;
}

/** @throws UsageError for what is no name, or that of no one model. */
function findModel(listing: CacheListing, name: string): ListedModel {
  try {
    return findListed(listing, name);
  } catch (cause) {
    if (!(cause instanceof InvalidOptionError) || cause.option !== 'name') throw cause;
    throw new UsageError(`model: ${cause.message}`, { cause });
  }
}
