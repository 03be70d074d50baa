import { execFile } from 'node:child_process';
import { cp, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

import type { Command } from 'commander';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse as parseYaml } from 'yaml';

import manifest from '../../package.json' with { type: 'json' };
import type { Cli } from '../../src/cli/cli.ts';
import { createOutput } from '../../src/cli/output.ts';
import { commands as listed } from '../../src/cli/commands.ts';
import { createProgram } from '../../src/cli/program.ts';
import { createLocalService } from '../../src/service/index.ts';
import { createServer } from '../../src/server/index.ts';
import { experiments } from '../../lab/experiments.ts';
import { root, trimtab } from '../support/command.ts';
import { commandsOf, helpExamples, shellBlocks } from '../support/documented-commands.ts';

const read = (file: string) => readFile(path.join(root, file), 'utf8');
const docs = (await readdir(path.join(root, 'docs'), { recursive: true }))
  .filter((file) => file.endsWith('.md') && !file.startsWith('api/'))
  .map((file) => `docs/${file}`);
const pages = ['README.md', 'CONTRIBUTING.md', 'models/README.md', ...docs];

/** Commands that are only read here: by their first words, and why. */
const notRun: readonly (readonly [begins: string, why: string])[] = [
  ['trimtab serve', 'it serves until it is ended: test/cli/serve.test.ts runs it'],
  [
    'trimtab eval HumanEval.jsonl',
    'it runs Python: test/cli/programs.test.ts runs one of this kind',
  ],
  [
    'trimtab profile learn-basis',
    'it needs the choices of many: test/models/learned-basis.test.ts learns from some',
  ],
  ['trimtab skills train', 'it tunes with PyTorch: tuning/tests/test_svf.py does it'],
  ['trimtab pair make', 'it tunes with PyTorch: test/models/pair.test.ts runs it'],
  [
    'trimtab context',
    'it needs a text of the reader: src/contexts/contexts.test.ts does what it does',
  ],
  ['trimtab store', 'it needs a Postgres: src/store/copy-store.test.ts copies to one and back'],
  ['jq', 'it picks lines of data that is not here'],
  ['head', 'it is part of a command that picks lines'],
  ['trimtab models', 'it lists and removes what a user has: src/cli/hub/models.test.ts runs it'],
  [
    'trimtab pull',
    'it fetches models of others: src/cli/hub/pull.test.ts runs it over a hub of its own',
  ],
  ['trimtab new hf:', 'it is of models that were fetched: test/cli/new.test.ts runs it'],
  ['npm ci', 'it installs the package itself: .ci/run does'],
  ['npm start', 'it builds, and runs `trimtab demo`: test/cli/cli.test.ts runs that'],
  ['npm test', 'it is what runs this'],
  ['npm run', 'it takes minutes: its script, or experiment and flags, are looked up'],
  ['npm install', 'it fetches a client: the package is looked up among those that tests use'],
  ['bash .ci/run', 'it runs this'],
  ['python3 -m venv', 'test/models/lm-eval.test.ts runs the harness where it is installed'],
  ['pip install', 'it fetches packages of Python'],
  ['lm_eval', 'test/models/lm-eval.test.ts runs it where it is installed'],
  ['python examples/', 'it trains for hours with PyTorch: its flags are looked up'],
  ['esbuild', 'it bundles a program of the reader, with a bundler that is not installed here'],
  ['sed', 'it is part of a command that test/http/docs.test.ts runs'],
];

/** What makes a command of each kind short, and answers where it would ask. */
const shortened: Readonly<Record<string, readonly string[]>> = {
  eval: ['--limit', '2', '--max-tokens', '8', '--shots', '1'],
  sweep: ['--limit', '2', '--max-tokens', '8'],
  calibrate: ['--limit', '2', '--max-tokens', '8', '--refine', '0'],
  shift: ['--limit', '2', '--max-tokens', '8'],
  'profile ask': ['--answers', '1,2,1'],
};

/** What is read of the example of replicas. */
interface Compose {
  readonly services: {
    readonly trimtab: {
      readonly command: string;
      readonly environment: Readonly<Record<string, string>>;
    };
  };
}

let folder: string;
const before = process.cwd();

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'trimtab-docs-'));
  const models = path.join(root, 'models');
  await symlink(models, path.join(folder, 'models'));
  await symlink(path.join(root, 'examples'), path.join(folder, 'examples'));
  await cp(path.join(root, 'recipes'), path.join(folder, 'recipes'), { recursive: true });
  for (const [name, file] of [
    ['model.gguf', 'atlas-small-chat.gguf'],
    ['large.gguf', 'atlas-large.gguf'],
    ['small-instruct.gguf', 'atlas-small-chat.gguf'],
    ['small-base.gguf', 'atlas-small.gguf'],
    ['validation.jsonl', 'atlas-validation.jsonl'],
  ] as const) {
    await symlink(path.join(models, file), path.join(folder, name));
  }
  const files = {
    'recipe.yaml': /^```yaml\n([\s\S]*?)^```$/m.exec(await read('README.md'))![1]!,
    'a.yaml': (await read('recipes/atlas-chat.yaml'))
      .replaceAll('../models', 'models')
      .replace(/^name: .*$/m, ''),
    'tuned.yaml': 'models: { tuned: models/atlas-small-chat.gguf }\nbase: tuned\n',
    'prose.txt': /^```text\n([\s\S]*?)^```$/m.exec(await read('docs/steering-studies.md'))![1]!,
    'gsm8k.jsonl': '{"question": "What is 2 + 2?", "answer": "It is 4.\\n#### 4"}\n',
    'truthful.csv':
      'Type,Category,Question,Best Answer,Correct Answers,Incorrect Answers,Source\n' +
      'Adversarial,Atlas,Where was Mada Norrar born?,In Stoneford.,In Stoneford.,In Highmoor.,none\n',
  };
  for (const [name, text] of Object.entries(files)) await writeFile(path.join(folder, name), text);
  process.chdir(folder);
});

afterAll(async () => {
  process.chdir(before);
  await rm(folder, { recursive: true });
});

/** Reads a command line as the program does, and does nothing. @throws CommanderError */
async function parse(args: readonly string[]): Promise<void> {
  let said = '';
  const output = createOutput({ write: (text) => (said += text) }, args, {});
  const program = await createProgram({ out: output, err: output } as unknown as Cli, args);
  const quieten = (command: Command): void => {
    if (command.commands.length === 0) command.action(() => {});
    for (const child of command.commands) quieten(child);
  };
  quieten(program);
  await program.parseAsync(args, { from: 'user' }).catch((error: unknown) => {
    throw new Error(`trimtab ${args.join(' ')}: ${said}`, { cause: error });
  });
}

/** What is wrong with a command that is not run; `undefined` if nothing that can be seen is. */
async function faultUnseen([program, ...args]: readonly string[]): Promise<string | undefined> {
  const [verb, name = ''] = args;
  if (program === 'trimtab') await parse(args);
  if (program === 'npm' && verb === 'run' && !(name in manifest.scripts))
    return `no script ${name}`;
  if (program === 'npm' && name === 'lab') return faultOfExperiment(args.slice(3));
  const packages = args.slice(1).filter((word) => !word.startsWith('-'));
  const known = { ...manifest.devDependencies, ...manifest.peerDependencies };
  if (program === 'npm' && verb === 'install') return packages.find((one) => !(one in known));
  if (program !== 'python') return undefined;
  const source = await read(verb!);
  return args.find(
    (word) =>
      word.startsWith('--') && !source.includes(`'${word}'`) && !source.includes(`"${word}"`),
  );
}

/** @param args - Behind `npm run lab --`. */
async function faultOfExperiment([name, ...args]: readonly string[]): Promise<string | undefined> {
  if (name === undefined) return undefined;
  const experiment = await experiments[name]?.open();
  if (experiment === undefined) return `no experiment ${name}`;
  const known = new Set(['json', 'help', ...Object.keys(experiment.flags)]);
  return args.find((word) => word.startsWith('--') && !known.has(word.slice(2)));
}

async function faultOf(command: readonly string[]): Promise<string | undefined> {
  const line = command.join(' ');
  const reason = notRun.find(([begins]) => line.startsWith(begins))?.[1];
  if (reason !== undefined) {
    console.log(`read, not run: ${line.split('\n')[0]!}\n  ${reason}`);
    return faultUnseen(command);
  }
  const [program, ...args] = command;
  if (program !== 'trimtab') return 'this test does not know the command';
  await parse(args);
  const [first = '', second = ''] = args;
  const more = shortened[first] ?? shortened[`${first} ${second}`] ?? [];
  // Flags that have no effect on a command without them are left out, so that it stays as it is shown.
  const flags = more.includes('--shots') && !args.includes('--shots') ? more.slice(0, -2) : more;
  const env = { TRIMTAB_DATA_DIR: path.join(folder, 'profiles') };
  const { code, stdout, stderr } = await trimtab([...args, ...flags], { env });
  return code === 0 && stdout !== '' ? undefined : `${code}: ${stderr}${stdout}`;
}

describe.each(pages)('%s', (page) => {
  it('shows commands that run', async () => {
    await rm(path.join(folder, 'profiles'), { recursive: true, force: true });
    const commands = shellBlocks(await read(page)).flatMap(commandsOf);
    const faults: string[] = [];
    for (const words of commands) {
      const command = words[0] === 'npx' ? words.slice(1) : words;
      if (command[0] === 'curl') continue; // below, and in test/http/docs.test.ts
      const fault = await faultOf(command);
      if (fault !== undefined) faults.push(`${command.join(' ')}: ${fault}`);
    }
    expect(faults).toEqual([]);
  });
});

it("README's request is answered", async () => {
  const block = shellBlocks(await read('README.md')).find((text) => text.startsWith('curl'))!;
  await using service = await createLocalService({ recipes: [path.join(folder, 'recipe.yaml')] });
  await using server = await createServer({ service, port: 0 }).listen();
  const command = block.replaceAll('http://127.0.0.1:8080', server.url);
  const { stdout } = await promisify(execFile)('sh', ['-c', command]);
  expect(JSON.parse(stdout)).toMatchObject({ model: 'recipe', choices: [{ index: 0 }] });
});

it('pages with requests of their own are run by the tests of the server', async () => {
  const withCurl: string[] = [];
  for (const page of docs) if (/^curl /m.test(await read(page))) withCurl.push(page);
  expect(withCurl.toSorted()).toEqual(['docs/clients/curl.md', 'docs/server.md']);
});

it('the example of replicas starts servers by a command and variables that there are', async () => {
  const text = await read('examples/replicas/compose.yaml');
  const { command, environment } = (parseYaml(text) as Compose).services.trimtab;
  const [, , program, ...words] = command.split(' ');
  expect(program).toBe('trimtab');
  await parse(words);
  const { stdout } = await trimtab(['serve', '--help']);
  for (const name of ['TRIMTAB_STORE', 'TRIMTAB_KEY']) {
    expect(stdout).toContain(name);
    expect(environment).toHaveProperty(name);
  }
});

it('the help of every command shows examples that it understands', async () => {
  const names: string[][] = [];
  const visit = (command: Command, place: string[]): void => {
    names.push(place);
    for (const child of command.commands) visit(child, [...place, child.name()]);
  };
  const silent = createOutput({ write: () => {} }, [], {});
  const all = listed.map(({ name }) => name);
  visit(await createProgram({ out: silent, err: silent } as unknown as Cli, all), []);
  let count = 0;
  for (const name of names) {
    const { stdout } = await trimtab([...name, '--help']);
    for (const example of helpExamples(stdout)) {
      const [words] = commandsOf(example.replace(/ < \S+$/, ''));
      await parse(words!.slice(1));
      count++;
    }
  }
  expect(count).toBeGreaterThan(30);
});
