import { chmod, copyFile, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import type { Command } from 'commander';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { Cli } from '../../src/cli/cli.ts';
import { commands } from '../../src/cli/commands.ts';
import { createProgram } from '../../src/cli/program.ts';
import { recipe, root, trimtab } from '../support/command.ts';

/** How an option or argument is written in help, by what it takes. */
const reads = /<(file|file\|json|task|data)>/;
const readsArgument = /^(recipe|task|file|data)$/;
const writes = /^--(output|errors|data-dir|save) <(file|directory|folder)>/;
/** `path` is a folder to look through, or files in which nothing that is no recipe matters. */
const takesNoFile =
  /<(path|n|id|name|values?|text|field|url|key|user|user_id|format|metric|bound|model|drafter|method|nats|w|list|origin|address|MiB|minutes|seconds|days|level|share|k|a,b,…|expression|[a-z]+=[a-z]+)>/;

/** A command, and what else it must be given to be asked for anything. */
interface Place {
  readonly command: readonly string[];
  /** `--prompts`, or the name of an argument. */
  readonly name: string;
  readonly isWritten: boolean;
}

const program = await createProgram(
  {
    out: { write: () => {}, palette: {} },
    err: { write: () => {}, palette: {} },
  } as unknown as Cli,
  commands.map(({ name }) => name),
);

/** Every option and argument of every command that takes a file, from the definitions themselves. */
function placesOf(command: Command, names: readonly string[] = []): Place[] {
  const options = command.options.flatMap(({ flags, long }): Place[] =>
    reads.test(flags) || writes.test(flags)
      ? [{ command: names, name: long!, isWritten: writes.test(flags) }]
      : [],
  );
  const files = command.registeredArguments
    .map((argument) => argument.name())
    .filter((name) => readsArgument.test(name))
    .map((name): Place => ({ command: names, name, isWritten: false }));
  const below = command.commands.flatMap((child) => placesOf(child, [...names, child.name()]));
  return [...options, ...files, ...below];
}

const atlasProfiles = path.join(root, 'recipes/atlas-profiles.yaml');
const atlasRewards = path.join(root, 'recipes/atlas-rewards.yaml');
const validation = path.join(root, 'models/atlas-validation.jsonl');
const small = path.join(root, 'models/atlas-small.gguf');

let folder: string;
let data: string;

/** Good values of whatever a command requires, so that the one at fault is the only one. */
function requiredOf(name: string): Record<string, readonly string[]> {
  const profile = { '--recipe': [atlasProfiles], '--data-dir': [path.join(folder, 'profiles')] };
  const limits = {
    '--limit': ['1'],
    '--max-tokens': ['1'],
    '--output': [path.join(folder, 'out')],
  };
  const byCommand: Record<string, Record<string, readonly string[]>> = {
    run: { recipe: [recipe], prompt: ['Who?'], '--max-tokens': ['1'] },
    compare: { recipe: [recipe], prompt: ['Who?'], '--max-tokens': ['1'] },
    explain: { recipe: [recipe], prompt: ['Who?'], '--max-tokens': ['1'] },
    check: { recipe: [recipe] },
    inspect: { file: [small] },
    batch: {
      file: [path.join(root, 'examples/requests.jsonl')],
      '--recipe': [recipe],
      '--output': [path.join(folder, 'answers.jsonl')],
    },
    serve: { recipe: [recipe], '--port': ['0'], '--log-level': ['silent'] },
    eval: {
      task: [validation],
      '--recipe': [recipe],
      '--shots': ['1'],
      '--examples': [validation],
      ...limits,
    },
    sweep: { recipe: [recipe], task: [validation], '--param': ['alpha=1'], ...limits },
    calibrate: {
      recipe: [recipe],
      '--development': [validation],
      '--objective': ['contains'],
      '--param': ['alpha=1'],
      '--dry-run': [],
      ...limits,
    },
    'calibrate --rewards': { recipe: [atlasRewards], '--rewards': [], '--overwrite': [] },
    'pair make': {
      data: [validation],
      '--model': [small],
      '--output': [path.join(folder, 'pair')],
      '--python': [path.join(folder, 'python')],
    },
    'skills train': {
      data: [validation],
      '--model': [small],
      '--output': [path.join(folder, 'skill.gguf')],
      '--python': [path.join(folder, 'python')],
    },
    'skills mix': {
      expert: [path.join(root, 'models/skills/atlas-quiz.gguf')],
      '--model': [path.join(root, 'models/atlas-large.gguf')],
      '--output': [path.join(folder, 'mixed.gguf')],
    },
    'skills choose': {
      recipe: [path.join(root, 'recipes/atlas-skills.yaml')],
      data: [validation],
      '--limit': ['2'],
    },
    'export vllm': { recipe: [recipe], '--output': [path.join(folder, 'for-vllm')] },
    new: {
      model: [small],
      '--purpose': ['guidance'],
      '--output': [path.join(folder, 'new.yaml')],
    },
    shift: { recipe: [recipe], task: [validation], ...limits },
    'profile new': { user: ['ann'], ...profile },
    'profile ask': { user: ['ann'], '--answers': ['1'], ...profile },
    'profile show': { user: ['ann'], ...profile },
    'profile set': { user: ['ann'], 'attribute=weight': ['cheerful=1'], ...profile },
    'profile reset': { user: ['ann'], ...profile },
    'profile delete': { user: ['ann'], '--data-dir': [path.join(folder, 'profiles')] },
    'profile list': { '--data-dir': [path.join(folder, 'profiles')] },
    'profile export': { user: ['ann'], '--data-dir': [path.join(folder, 'profiles')] },
    'profile import': { user: ['ann'], file: [data], ...profile },
    'context add': { file: [validation], ...profile },
    'context prepare': { id: ['sheet'], ...profile },
    'context show': { id: ['sheet'], ...profile },
    'context list': { '--data-dir': [path.join(folder, 'profiles')] },
    'context remove': { id: ['sheet'], '--data-dir': [path.join(folder, 'profiles')] },
    'profile learn-basis': {
      data: [data],
      '--model': [small],
      '--output': [path.join(folder, 'basis.json')],
    },
  };
  return byCommand[name]!;
}

/** The call of a command in which one file is another. */
function callWith({ command, name }: Place, file: string): string[] {
  const isMeasuring = command[0] === 'calibrate' && /^--(prompts|save)$/.test(name);
  const given: Record<string, readonly string[]> = {
    ...requiredOf(isMeasuring ? 'calibrate --rewards' : command.join(' ')),
    [name]: [file],
    ...(name === '--prompts' && { task: [] }),
    ...(name === '--save' && !isMeasuring && { recipe: [], '--base': [small] }),
    ...(command[0] === 'new' && name === '--schema' && { '--purpose': ['schema'] }),
    ...(name === '--data-dir' &&
      /^(run|compare|explain|shift)$/.test(command[0]!) && { '--profile': ['ann'] }),
  };
  const flags = Object.entries(given).filter(([key]) => key.startsWith('--'));
  const words = Object.entries(given).filter(([key]) => !key.startsWith('--'));
  return [
    ...command,
    ...flags.flatMap(([flag, values]) => [flag, ...values]),
    '--',
    ...words.flatMap(([, values]) => values),
  ];
}

const places = placesOf(program);
const isRoot = process.getuid?.() === 0;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'trimtab-files-'));
  data = path.join(folder, 'data.jsonl');
  await writeFile(
    data,
    '{ "user": "a", "prompt": "?", "first": "x", "second": "y", "outcome": "first" }\n',
  );
  await writeFile(path.join(folder, 'empty'), '');
  await writeFile(path.join(folder, 'binary'), Buffer.from([0xff, 0xfe, 0, 0x80, 10, 0xc3]));
  await mkdir(path.join(folder, 'directory'));
  await symlink('circle', path.join(folder, 'circle'));
  await copyFile(recipe, path.join(folder, 'closed'));
  await chmod(path.join(folder, 'closed'), 0);
});

afterAll(() => rm(folder, { recursive: true }));

it('every option and argument is known to take a file, or not to', () => {
  const unknown: string[] = [];
  const visit = (command: Command): void => {
    for (const { flags } of command.options) {
      if (!/[<[]/.test(flags) || reads.test(flags) || writes.test(flags)) continue;
      if (!takesNoFile.test(flags)) unknown.push(`${command.name()} ${flags}`);
    }
    for (const child of command.commands) visit(child);
  };
  visit(program);
  expect(unknown).toEqual([]);
  expect(places.length).toBeGreaterThan(40);
});

describe.each(places.map((place) => [[...place.command, place.name].join(' '), place] as const))(
  '%s',
  (_, place) => {
    const { name, isWritten } = place;

    /** What the refusal of a file lacks: it names the option and the file, ends with 2, and shows nothing of ours. */
    async function faultsOf(file: string): Promise<string[]> {
      const ending = new AbortController(); // a server that starts all the same would not end
      const { code, stdout, stderr } = await trimtab(callWith(place, file), {
        signal: ending.signal,
        onOutput: () => ending.abort(),
      });
      // A fault inside a recipe is said with its line in place of the option; `empty/below` may be the
      // model `below` of a recipe.
      const [option, named] = name === '--recipe' ? ['recipe', path.dirname(file)] : [name, file];
      const isSaid = stderr.includes(option) && stderr.includes(named);
      const isClean = !/fault of Trimtab|^ +at |undefined/m.test(stderr) && stdout === '';
      return isSaid && isClean && code === 2 ? [] : [`${file}: ${code} ${stderr}${stdout}`];
    }

    it('refuses what is missing, a folder, unreadable or empty', async () => {
      const files = isWritten
        ? ['empty/below', 'circle/x', 'n'.repeat(300)]
        : ['missing', 'directory', 'circle', 'empty/below', 'empty', 'binary'];
      // Root may read and write everything.
      if (!isRoot) files.push(isWritten ? 'closed/x' : 'closed');
      if (process.platform === 'linux') files.push(isWritten ? '/proc/1/x/y' : '/proc/self/mem');
      const faults: string[] = [];
      for (const file of files) faults.push(...(await faultsOf(path.resolve(folder, file))));
      expect(faults).toEqual([]);
    });
  },
);
