import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { serveProcess } from '../support/server/serve-process.ts';
import { recipe, trimtab, type Ended } from '../support/command.ts';

const question = 'Where was Mada Norrar born?';
const key = 'a key of the test';

/** A server that `trimtab serve` started in this process; its engine has one of its own. */
interface Served {
  readonly url: string;
  /** As Ctrl-C does. */
  end(): Promise<Ended>;
}

function serve(...args: string[]): Promise<Served> {
  const ending = new AbortController();
  return new Promise((resolve, reject) => {
    const ended = trimtab(['serve', recipe, '--port', '0', '--log-level', 'silent', ...args], {
      signal: ending.signal,
      onOutput(stdout) {
        const url = /http:\/\/\S+/.exec(stdout)?.[0];
        const end = () => {
          ending.abort();
          return ended;
        };
        if (url !== undefined) resolve({ url, end });
      },
    });
    ended.then(({ stderr }) => reject(new Error(`It ended: ${stderr}`)), reject);
  });
}

let served: Served;

beforeAll(async () => {
  served = await serve();
});

afterAll(() => served.end());

describe('trimtab serve', () => {
  it('says where it is once it can answer, and answers', async () => {
    const response = await fetch(`${served.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        model: 'atlas-chat',
        messages: [{ role: 'user', content: question }],
        trimtab: { params: { alpha: 0.7 } },
      }),
    });
    expect(response.status).toBe(200);
    expect(JSON.stringify(await response.json())).toMatch(/Mada Norrar was born/);
  });

  it('ends with 0 on SIGTERM, after the running answers', async () => {
    const other = await serveProcess([recipe, '--parallel', '2', '--context', '256']);
    const answer = fetch(`${other.url}/v1/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'atlas-chat', prompt: 'The fox', max_tokens: 200 }),
    });
    await fetch(`${other.url}/health`);
    other.process.kill('SIGTERM');
    expect((await answer).status).toBe(200);
    expect(await other.ended).toMatchObject({ code: 0 });
  });

  it('wants its key, from the environment or a flag', async () => {
    const locked = await serve('--key', key);
    const health = await fetch(`${locked.url}/health`);
    expect(health.status).toBe(200);
    const refused = await trimtab(['ls', '--url', locked.url]);
    expect(refused).toMatchObject({ code: 1, stdout: '' });
    expect(refused.stderr).toMatch(/key/i);
    expect(await trimtab(['ls', '--url', locked.url, '--key', key])).toMatchObject({ code: 0 });
    const env = { TRIMTAB_KEY: key };
    expect(await trimtab(['ls', '--url', locked.url], { env })).toMatchObject({ code: 0 });
    expect(await locked.end()).toMatchObject({ code: 0 });
  });

  it.each<[string, string[], RegExp]>([
    ['a taken port', ['--port', 'TAKEN'], /something listens there/],
    ['the whole network without a key', ['--host', '0.0.0.0'], /give a key/],
    ['a context beyond the models', ['--context', '4096'], /contextLength.*512/],
    [
      'a folder that cannot be',
      ['--data-dir', '/proc/self/cmdline/data'],
      /--data-dir: .* cannot be written to/,
    ],
    ['a port beyond ports', ['--port', '99999'], /--port.* from 0 to 65535/],
    ['a queue of less than nothing', ['--queue', '-1'], /--queue.* at least 0/],
    ['no memory at all', ['--memory', '0'], /--memory.* above 0/],
    ['a level of logging that is none', ['--log-level', 'loud'], /--log-level.*warn/],
  ])('refuses %s', async (_, args, message) => {
    const port = new URL(served.url).port;
    const { code, stdout, stderr } = await trimtab([
      'serve',
      recipe,
      '--port',
      '0',
      ...args.map((arg) => arg.replace('TAKEN', port)),
    ]);
    expect(code).not.toBe(0);
    expect(stdout).toBe('');
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/ at .*\.ts:/);
  });
});

describe('with --url', () => {
  const remote = (...args: string[]) => trimtab([...args, '--url', served.url]);

  it('run answers as the recipe does here', async () => {
    const there = await remote('run', 'atlas-chat', question);
    const here = await trimtab(['run', recipe, question]);
    expect(there).toMatchObject({ code: 0, stderr: '' });
    expect(there.stdout).toBe(here.stdout);
    const raw = await remote(
      'run',
      'atlas-chat',
      '--raw',
      'Mada Norrar was born in',
      '--max-tokens',
      '8',
    );
    expect(raw.stdout).toBe(
      (await trimtab(['run', recipe, '--raw', 'Mada Norrar was born in', '--max-tokens', '8']))
        .stdout,
    );
  });

  it('run takes params, one model alone, and gives the whole result', async () => {
    const { stdout } = await remote(
      'run',
      'atlas-chat',
      question,
      '--param',
      'alpha=0',
      '--json',
      '--max-tokens',
      '9',
    );
    const base = await remote(
      'run',
      'atlas-chat',
      question,
      '--only',
      'large',
      '--json',
      '--max-tokens',
      '9',
    );
    const [result, alone] = [JSON.parse(stdout), JSON.parse(base.stdout)] as {
      text: string;
      usage: object;
    }[];
    expect(result!.text).toBe(alone!.text);
    expect(result!.usage).toMatchObject({
      completionTokens: 9,
      models: { large: { forwards: 9 } },
    });
  });

  it('compare and explain show what was moved', async () => {
    const compared = await remote('compare', 'atlas-chat', question, '--values', '0.7');
    expect(compared.stdout).toMatch(/large alone[\s\S]*chat alone[\s\S]*alpha 0\.7[\s\S]*changed/);
    const explained = await remote('explain', 'atlas-chat', question);
    expect(explained.stdout).toMatch(/without steering/);
  });

  it('ls and ps tell what is served and what it takes', async () => {
    const listed = await remote('ls');
    expect(listed.stdout).toMatch(
      /atlas-chat +ready +large \+ alpha \* \(chat - small\) +alpha=0\.7 \(0 to 2\)/,
    );
    const shown = await remote('ps');
    expect(shown.stdout).toMatch(/running[\s\S]*atlas-chat[\s\S]*512/);
    const { stdout } = await remote('ps', '--json');
    expect(JSON.parse(stdout)).toMatchObject({ url: served.url, queued: 0, restarts: 0 });
  });

  it('a recipe, a param and a server that are not there are errors', async () => {
    expect((await remote('run', 'atlas-cat', 'x')).stderr).toMatch(
      /no recipe atlas-cat.*atlas-chat/,
    );
    expect((await remote('run', 'atlas-chat', 'x', '--param', 'alpha=9')).stderr).toMatch(
      /alpha.*0 to 2/,
    );
    const nobody = await trimtab(['ps', '--url', 'http://127.0.0.1:9']);
    expect(nobody).toMatchObject({ code: 1, stdout: '' });
    expect(nobody.stderr).toMatch(/No server answers.*trimtab serve/);
    expect((await trimtab(['ls', '--url', 'ftp://x'])).stderr).toMatch(/--url/);
  });
});
