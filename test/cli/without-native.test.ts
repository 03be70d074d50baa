import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { expect, it } from 'vitest';

import manifest from '../../package.json' with { type: 'json' };
import { findLibraryFiles, installCommand } from '../../src/llama/index.ts';
import { recipe, root, run, type Ended } from '../support/command.ts';

const withoutNative = ['--import', path.join(root, 'test/support/without-native.mjs')];
const node = (...args: string[]) => run(process.execPath, ['--import', 'tsx', ...args]);

/** How each command ends in a process that can load neither the FFI nor llama.cpp. */
async function runWithoutNative(...commands: readonly string[][]): Promise<Ended[]> {
  const runner = fileURLToPath(new URL('../support/run-commands.ts', import.meta.url));
  const { stdout, stderr } = await node(...withoutNative, runner, JSON.stringify(commands));
  expect(stderr).toBe('');
  return JSON.parse(stdout) as Ended[];
}

it('without the native packages everything runs that needs none, and the rest names them', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'trimtab-native-'));
  try {
    const profiles = ['--recipe', path.join(root, 'recipes/atlas-profiles.yaml')];
    const [doctor, answer, ...others] = await runWithoutNative(
      ['doctor'],
      ['run', recipe, 'Where was Mada Norrar born?'],
      ['--version'],
      ['--help'],
      ['run', '--help'],
      ['docs'],
      ['ls', '--help'],
      ['inspect', 'models/atlas-small.gguf'],
      ['profile', 'list', '--data-dir', folder],
      ['profile', 'new', 'ann', ...profiles, '--data-dir', folder],
    );
    for (const { code, stdout, stderr } of others) {
      expect(stderr).toBe('');
      expect(stdout).not.toBe('');
      expect(code).toBe(0);
    }
    expect(doctor!.code).toBe(1);
    expect(doctor!.stdout).toMatch(
      /^✗ The package koffi, .* cannot be loaded \(Cannot find module/m,
    );
    expect(doctor!.stdout).toMatch(/^✗ No llama\.cpp library for \S+ is installed/m);
    expect(doctor!.stdout).toContain(`to mend it: ${installCommand()}\n`);
    expect(answer).toMatchObject({ code: 1, stdout: '' });
    expect(answer!.stderr).toMatch(/^error: The package koffi, .*To mend it: npm install koffi@/);
    expect(answer!.stderr).not.toMatch(/ {4}at |fault of Trimtab/);
  } finally {
    await rm(folder, { recursive: true });
  }
});

it('the library can be imported without them, and throws a typed error when it needs them', async () => {
  const folder = await mkdtemp(path.join(root, 'node_modules/.trimtab-native-'));
  try {
    const program = path.join(folder, 'program.mts');
    await writeFile(
      program,
      `import { LoadedRecipe, LibraryError } from ${JSON.stringify(path.join(root, 'src/index.ts'))};
await LoadedRecipe.load(${JSON.stringify(recipe)}).catch((error) =>
  console.log(error instanceof LibraryError, error.code, error.message));
`,
    );
    const { code, stdout } = await node(...withoutNative, program);
    expect(stdout).toContain('true library_unavailable The package koffi');
    expect(stdout).toContain(installCommand());
    expect(code).toBe(0);
  } finally {
    await rm(folder, { recursive: true });
  }
});

it('the command that mends it names the versions of the package', () => {
  const { optionalDependencies } = manifest;
  expect(installCommand('linux', 'x64')).toBe(
    `npm install koffi@${optionalDependencies.koffi} @koromix/koffi-linux-x64@${optionalDependencies.koffi} ` +
      `@node-llama-cpp/linux-x64@${optionalDependencies['@node-llama-cpp/linux-x64']}`,
  );
  expect(installCommand('sunos', 'x64')).toMatch(/^npm install koffi@\S+, build llama\.cpp/);
  expect(findLibraryFiles().llama).toContain('llama');
});
