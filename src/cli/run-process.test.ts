import { Readable, Writable } from 'node:stream';

import { describe, expect, it } from 'vitest';

import { fakeProcess } from '../../test/support/fake-terminal.ts';
import type { Cli } from './cli.ts';
import { runProcess } from './run-process.ts';

/** Runs a command line whose outputs fail with an error of this code, if one is given. */
async function run(
  line: string,
  { fails = undefined as string | undefined, env = {}, isTTY = false } = {},
) {
  const written = { stdout: '', stderr: '' };
  const stream = (name: keyof typeof written, code?: string) => {
    const write = (text: Buffer, _: unknown, done: (error?: Error) => void): void => {
      written[name] += text.toString();
      done(code === undefined ? undefined : Object.assign(new Error(code), { code }));
    };
    return Object.assign(new Writable({ write }), { isTTY });
  };
  const exitCode = await runProcess(
    Object.assign(fakeProcess(), {
      argv: ['node', 'trimtab', ...line.split(' ')],
      env,
      stdin: Readable.from([]) as unknown as Cli['input'],
      stdout: stream('stdout', fails),
      stderr: stream('stderr', fails),
    }),
  );
  return { exitCode, ...written };
}

describe('a process of the command line', () => {
  it('does what its arguments say', async () => {
    const { exitCode, stdout, stderr } = await run('docs --json');
    expect([exitCode, stderr]).toEqual([0, '']);
    expect(JSON.parse(stdout)).toContainEqual(expect.objectContaining({ name: 'server' }));
  });

  it('says what was wrong on stderr', async () => {
    expect(await run('docs nothing-like-it')).toMatchObject({
      exitCode: 2,
      stdout: '',
      stderr: expect.stringContaining('error: page: there is no page') as string,
    });
  });

  it('has colours where its environment wants them', async () => {
    const colored = await run('docs no', { env: { FORCE_COLOR: '1' } });
    expect(colored.stderr).toContain('\u001B[31merror:');
    expect((await run('docs no', { isTTY: true })).stderr).toContain('\u001B[31merror:');
    expect((await run('docs no --no-color', { isTTY: true })).stderr).toMatch(/^error:/);
  });

  it('fails where what it wrote last could not be written', async () => {
    expect(await run('--version', { fails: 'ENOSPC' })).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('error: The output cannot be written: ') as string,
    });
  });

  it('does not mind that nobody reads any more', async () => {
    expect(await run('--version', { fails: 'EPIPE' })).toMatchObject({ exitCode: 0, stderr: '' });
  });

  it('keeps the exit code of what failed before', async () => {
    expect(await run('docs no', { fails: 'ENOSPC' })).toMatchObject({ exitCode: 2 });
  });
});
