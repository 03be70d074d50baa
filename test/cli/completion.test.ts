import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { builtFile } from '../support/built.ts';
import { trimtab } from '../support/command.ts';
import { hasTmux, TmuxTerminal } from '../support/tmux.ts';

const bashCompletion = '/usr/share/bash-completion/bash_completion';

/** What each shell is started by, and what it reads when it starts. */
const shells = {
  bash: {
    words: ['bash', '--norc'],
    setUp: `source ${bashCompletion}; source <(trimtab completion bash)`,
  },
  zsh: {
    words: ['zsh', '-f'],
    setUp: 'autoload -U compinit && compinit -u && source <(trimtab completion zsh)',
  },
  fish: { words: ['fish'], setUp: 'trimtab completion fish | source' },
} as const;

const isThere = (shell: keyof typeof shells): boolean =>
  hasTmux &&
  spawnSync(shell, ['--version']).status === 0 &&
  (shell !== 'bash' || existsSync(bashCompletion));

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'trimtab-completion-'));
  await mkdir(path.join(folder, 'bin'));
  const program = path.join(folder, 'bin/trimtab');
  const script = `#!/bin/sh\nexec "${process.execPath}" "${builtFile('cli/main.js')}" "$@"\n`;
  await writeFile(program, script, { mode: 0o755 });
  await writeFile(path.join(folder, 'my-recipe.yaml'), '');
});
afterAll(() => rm(folder, { recursive: true }));

describe.each(Object.entries(shells))('Tab in %s', (name, { words, setUp }) => {
  const isHere = isThere(name as keyof typeof shells);
  if (!isHere) console.log(`skipped: completion in ${name}, as it or tmux is not installed`);

  it.runIf(isHere)('completes commands, flags, words and files', async () => {
    const at = `${path.join(folder, 'bin')}:${process.env['PATH']}`;
    await using shell = await TmuxTerminal.open(
      ['env', '-C', folder, `PATH=${at}`, 'PS1=ready$ ', `HOME=${folder}`, ...words],
      {},
    );
    await shell.see(/[$>#]\s*$/);
    await shell.say(`${setUp}; echo set up`, /^set up\n/m);
    const complete = async (typed: string, shown: RegExp): Promise<void> => {
      await shell.type(typed);
      await shell.press('Tab');
      expect(await shell.see(shown)).toMatch(shown);
      await shell.press('C-c');
    };
    await complete('trimtab compa', /trimtab compare/);
    await complete('trimtab run my-re', /trimtab run my-recipe\.yaml/);
    await complete('trimtab run my-recipe.yaml --temp', /my-recipe\.yaml --temperature/);
    await complete('trimtab completion fi', /trimtab completion fish/);
  });
});

it('has a script for three shells, and names them', async () => {
  const { code, stderr } = await trimtab(['completion', 'tcsh']);
  expect(code).toBe(2);
  expect(stderr).toContain('Allowed choices are bash, zsh, fish');
});
