import { writeFile } from 'node:fs/promises';
import path from 'node:path';

import { Option, type Command } from 'commander';

import type { DraftRecipeOptions, RecipeDraft } from '../../drafting/index.ts';
import { purposeNames, purposes, type Purpose } from '../../drafting/purposes.ts';
import type { RecipeReport } from '../../engine/index.ts';
import { InvalidOptionError } from '../../spec/index.ts';
import type { Cli } from '../cli.ts';
import { askModels, askNewFile, askPurpose, askText } from '../drafting/ask-draft.ts';
import { renderDraft } from '../drafting/render-draft.ts';
import { describeFailure, FailureSaid, UsageError } from '../failure.ts';
import { pullModels } from '../hub/pull-models.ts';
import { writeJson } from '../json.ts';
import { warn } from '../loading.ts';
import { fromFile, requireNew } from '../named-file.ts';
import { addJsonOption, type OutputFlags } from '../options/output.ts';
import { addPullOption, type PullFlags } from '../options/pull.ts';
import { writeLines } from '../output.ts';
import { packageFile } from '../package-files.ts';

interface NewFlags extends OutputFlags, PullFlags {
  readonly purpose?: Purpose;
  readonly base?: string;
  readonly expert?: string;
  readonly antiExpert?: string;
  readonly system?: string;
  readonly schema?: string;
  readonly name?: string;
  readonly output?: string;
  readonly force?: boolean;
}

const examples = `
Purposes:
${purposeNames.map((name) => `  ${name.padEnd(9)} ${purposes[name].summary}`).join('\n')}

The base is the largest; of the others the expert is the tuned one, as names and templates tell, and the anti-expert is its
untuned twin. On a terminal, what is not said is asked. No weights are read.

Examples:
  trimtab new                                                asks for everything
  trimtab new large.gguf small-instruct.gguf small.gguf --purpose manner
  trimtab new --purpose expert --base a.gguf --expert b.gguf --anti-expert c.gguf --name x --output x.yaml
  trimtab new hf:Qwen/Qwen2.5-7B-Instruct-GGUF:Q4_K_M --purpose guidance --system 'Be brief.' --pull
  trimtab new chat.gguf --purpose schema --schema person.json --output -`;

export function defineNew(command: Command, cli: Cli): Command {
  command
    .description(
      'Drafts a recipe of one to three models for a purpose: finds out from their headers which is what, chooses what ' +
        'each sees, writes it down with comments, and checks it. Exits with 1 if anything would keep it from running.',
    )
    .argument('[model...]', 'GGUF files, or hf:owner/name; which is what is found out')
    .addOption(new Option('--purpose <name>', 'what it is for, see below').choices(purposeNames))
    .option('--system <text>', 'what a view is told: a manner, a guiding prompt, facts')
    .option('--schema <file>', 'the JSON schema of the purpose schema')
    .optionsGroup('Models:')
    .option('--base <model>', 'the model that is steered')
    .option('--expert <model>', 'the small tuned model')
    .option('--anti-expert <model>', 'the same small model before it was tuned');
  addPullOption(command)
    .optionsGroup('The recipe:')
    .option('--name <name>', 'what it is called (default: as the base and the purpose)')
    .option('--output <file>', 'where it is written; - is stdout (default: its name and .yaml)')
    .option('--force', 'also over a file that is there');
  addJsonOption(command, 'the recipe, its roles, warnings and problems');
  return command
    .addHelpText('after', examples)
    .action((models: readonly string[]) => create(cli, models, command.optsWithGlobals()));
}

async function create(cli: Cli, models: readonly string[], flags: NewFlags): Promise<void> {
  const { draftRecipe } = await import('../../drafting/index.ts');
  const options = await toOptions(cli, models, flags);
  const found = await ofTheCall(() => draftRecipe(options));
  const { output, name } = await placeOf(cli, found, options, flags);
  if (output === '-') return report(cli, found, output, flags);
  if (flags.force !== true) {
    await requireNew('--output', output, 'give another name, or --force');
  }
  const folder = folderOf(output);
  const isThat = name === found.recipe.name && folder === options.folder;
  const draft = isThat ? found : await draftRecipe({ ...options, ...placedIn(folder), name });
  await fromFile('--output', output, () =>
    writeFile(output, draft.text, { flag: flags.force === true ? 'w' : 'wx' }),
  );
  return report(cli, draft, output, flags);
}

function folderOf(output: string | undefined): string {
  return path.resolve(output === undefined || output === '-' ? '.' : path.dirname(output));
}

function placedIn(folder: string): Pick<DraftRecipeOptions, 'folder' | 'editorSchema'> {
  return { folder, editorSchema: editorSchemaFor(folder) };
}

function canAsk({ input, out }: Cli, { json, output }: NewFlags): boolean {
  return input.isTTY && out.isTerminal && json !== true && output !== '-';
}

/** What is said by flags, and, at a terminal, what is not. @throws UsageError */
async function toOptions(
  cli: Cli,
  given: readonly string[],
  flags: NewFlags,
): Promise<DraftRecipeOptions> {
  const { base, expert, antiExpert, name, schema } = flags;
  const asks = canAsk(cli, flags);
  if (!asks && flags.purpose === undefined) {
    throw new UsageError(`--purpose is needed, one of ${purposeNames.join(', ')}.`);
  }
  const purpose = flags.purpose ?? (await askPurpose(cli));
  const hasModels = given.length > 0 || [base, expert, antiExpert].some((one) => one !== undefined);
  if (!asks && !hasModels) throw new UsageError('Name the models: GGUF files, or hf:owner/name.');
  const models = hasModels ? given : await askModels(cli, purpose);
  const system = flags.system ?? (asks ? await askSystem(cli, purpose) : undefined);
  const asksSchema = asks && purpose === 'schema' && schema === undefined;
  const schemaFile = asksSchema ? await askText(cli, 'Where is the JSON schema?', '') : schema;
  const fetchMissing = (names: readonly string[]) => pullModels(cli, names, flags);
  return {
    purpose,
    models,
    base,
    expert,
    antiExpert,
    system,
    schemaFile,
    name,
    directory: '.',
    ...placedIn(folderOf(flags.output)),
    ...(flags.pull === true && { fetchMissing }),
  };
}

async function askSystem(cli: Cli, purpose: Purpose): Promise<string | undefined> {
  if (purpose === 'guidance') {
    return askText(cli, 'What is the model asked for?', 'Answer in one short sentence.');
  }
  return purpose === 'context' ? askText(cli, 'What is to be known?', '') : undefined;
}

interface DraftPlace {
  readonly name: string;
  /** `-` is stdout. */
  readonly output: string;
}

async function placeOf(
  cli: Cli,
  draft: RecipeDraft,
  options: DraftRecipeOptions,
  flags: NewFlags,
): Promise<DraftPlace> {
  const asks = canAsk(cli, flags);
  const { name: found } = draft.recipe;
  const name = asks && options.name === undefined ? await askText(cli, 'Its name?', found) : found;
  const usual = `${name}.yaml`;
  const output =
    flags.output ??
    (asks && flags.force !== true ? await askNewFile(cli, 'Which file?', usual) : usual);
  return { name, output };
}

/** The schema of recipes as a file in a folder names it: from there where both are in this one, else from the root. */
function editorSchemaFor(folder: string): string {
  const file = packageFile('recipe.schema.json');
  const isBelow = !path.relative(process.cwd(), file).startsWith('..');
  return isBelow ? path.relative(folder, file) : file;
}

const flagsOfOptions: Readonly<Record<string, string>> = {
  models: 'model',
  base: '--base',
  expert: '--expert',
  schemaFile: '--schema',
};

/** What a draft refuses of the call is said with its flag. @throws UsageError */
async function ofTheCall<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (cause) {
    const flag = cause instanceof InvalidOptionError ? flagsOfOptions[cause.option] : undefined;
    if (flag === undefined) throw cause;
    throw new UsageError(`${flag}: ${describeFailure(cause)}`, { cause });
  }
}

/** Checks the recipe as `trimtab check` does, and says what was found. @throws FailureSaid */
async function report(
  cli: Cli,
  draft: RecipeDraft,
  output: string,
  flags: NewFlags,
): Promise<void> {
  const checked = await checkDraft(cli, draft, output);
  const problems = checked.problems.map(describeFailure);
  const { text, roles, vocabularies, memory, warnings } = draft;
  const isPiped = output === '-';
  if (flags.json) {
    const file = isPiped ? null : path.resolve(output);
    const { name } = draft.recipe;
    writeJson(cli.out, { name, file, text, roles, vocabularies, memory, warnings, problems });
  } else {
    if (isPiped) cli.out.write(text);
    const to = isPiped ? cli.err : cli.out;
    const isSaid = !(isPiped && flags.quiet === true);
    if (isSaid) writeLines(to, renderDraft(draft, isPiped ? null : output, to.palette));
    warn(cli, warnings);
    for (const problem of problems) {
      cli.err.write(`${cli.err.palette.bad('error:')} ${cli.err.plain(problem)}\n`);
    }
    if (isSaid) writeLines(to, nextLines(draft, output, problems.length, to.palette));
  }
  if (problems.length > 0) throw new FailureSaid();
}

async function checkDraft(cli: Cli, draft: RecipeDraft, output: string): Promise<RecipeReport> {
  const [{ checkRecipe }, { loadRecipe }] = await Promise.all([
    import('../../engine/index.ts'),
    import('../../recipe/index.ts'),
  ]);
  const recipe = output === '-' ? draft.recipe : await loadRecipe(output);
  return checkRecipe(recipe, { signal: cli.interruption.signal });
}

function nextLines(
  { recipe }: RecipeDraft,
  output: string,
  problems: number,
  { good, bad, dim }: Cli['out']['palette'],
): string[] {
  if (problems > 0) return [`${bad('not ok')}: it cannot run as it is.`];
  const ok = `${good('ok')}: the recipe can run.`;
  if (output === '-') return [ok];
  const steps: [string, string][] = [
    [`trimtab run ${output}`, 'a chat'],
    [`trimtab compare ${output} 'question'`, 'with steering and without'],
    [`trimtab check ${output} --measure`, 'all that can be known, numbers too'],
  ];
  if (recipe.profile !== null) {
    steps.push(
      [`trimtab calibrate ${output} --rewards --overwrite`, 'the scales of its rewards'],
      [`trimtab profile new ann --recipe ${output}`, 'what a user likes'],
    );
  }
  const width = Math.max(...steps.map(([step]) => step.length));
  return [ok, '', ...steps.map(([step, what]) => `  ${step.padEnd(width)}   ${dim(what)}`)];
}
