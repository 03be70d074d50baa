import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createFakeCli, guideRecipe, type FakeCli } from '../../../test/support/fake-cli.ts';
import type { Ended } from '../../../test/support/command.ts';
import { until } from '../../../test/support/until.ts';
import { openStore, storeFileName } from '../../store/index.ts';

const recipe = (name: string, more = '') => guideRecipe(name, { more });

const attributes = `
rewards: { brief: { length: { target: 8 }, normalization: { mean: -3, deviation: 2 } } }
profile:
  attributes: { brief: { reward: brief, high: brevity, low: length } }
  prompts: ["Where?"]
`;

let cli: FakeCli;
beforeAll(async () => {
  cli = await createFakeCli({
    'guide.yaml': recipe('guide', attributes),
    'other.yaml': recipe('other'),
  });
});
afterAll(() => cli[Symbol.asyncDispose]());

interface Serving extends AsyncDisposable {
  readonly url: string;
  end(): Promise<Ended>;
}

const split = (flags: string) => flags.split(' ').filter((flag) => flag !== '');

/** A server of the command, until it is ended as by Ctrl-C. */
async function serve(flags: string, env: Record<string, string> = {}): Promise<Serving> {
  const ending = new AbortController();
  const { signal } = ending;
  const args = ['serve', ...split(flags), '--port', '0', '--log-level', 'silent'];
  let ended!: Promise<Ended>;
  const url = await new Promise<string>((resolve, reject) => {
    const onOutput = (stdout: string): void => {
      const found = / at (http:\S+)\n/.exec(stdout)?.[1];
      if (found !== undefined) resolve(found);
    };
    ended = cli.run(args, { signal, onOutput, env });
    ended.then(({ stderr }) => reject(new Error(stderr)), reject);
  });
  const end = (): Promise<Ended> => {
    ending.abort(new Error('no more'));
    return ended;
  };
  return { url, end, [Symbol.asyncDispose]: async () => void (await end()) };
}

const ask = async (
  url: string,
  route: string,
  { key = '', body }: { readonly key?: string; readonly body?: unknown } = {},
) => {
  const response = await fetch(`${url}${route}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  return { status: response.status, json: JSON.parse(await response.text()) };
};

/** A batch of one request, as a server that was ended leaves it. */
async function leaveBatch(place: string, line: string): Promise<{ owner: string; id: string }> {
  await using store = await openStore({ place, now: Date.now });
  const owner = 'local';
  const file = store.batches.files.begin();
  await file.write(Buffer.from(line));
  await file.flush();
  const { id } = await store.batches.ofOwner(owner, async (session) => {
    const named = { filename: 'in', purpose: 'batch', keptMs: null } as const;
    await store.batches.files.publish(session, owner, file, named);
    return store.batches.create(session, owner, {
      endpoint: '/v1/completions',
      inputFileId: file.id,
      metadata: null,
      outputKeptMs: null,
      expiresAt: Date.now() + 1e6,
    });
  });
  return { owner, id };
}

describe('trimtab serve', () => {
  it('says where it serves what, answers, and ends when it is told to', async () => {
    const serving = await serve('{guide.yaml} {other.yaml} --data-dir {served}');
    const { url } = serving;
    const chat = { model: 'other', messages: [{ role: 'user', content: 'Where?' }] };
    const { status, json } = await ask(url, '/v1/chat/completions', { body: chat });
    expect([status, json.choices[0].message.content]).toEqual([200, ' In Stoneford.']);
    const models = (await ask(url, '/v1/models')).json.data.map(({ id }: { id: string }) => id);
    expect(models).toEqual(expect.arrayContaining(['guide', 'other', 'guide/chat']));
    expect(await serving.end()).toEqual({
      code: 0,
      stdout: `Trimtab serves guide, other at ${url}\nAPI ${url}/v1 · playground ${url}/ · Ctrl-C ends it\n`,
      stderr: 'ending: running answers may finish\n',
    });
  });

  it('says where alone with --quiet', async () => {
    const serving = await serve('{other.yaml} --no-profiles --quiet');
    expect(await serving.end()).toEqual({
      code: 0,
      stdout: `Trimtab serves other at ${serving.url}\n`,
      stderr: '',
    });
  });

  it('has as many answers at once, of as many tokens, as its flags say', async () => {
    const cells = async (flags: string) => {
      await using serving = await serve(`{other.yaml} --no-profiles ${flags}`);
      const { stdout } = await cli.run(['ps', '--url', serving.url, '--json']);
      return (JSON.parse(stdout) as { kvCells: number }).kvCells;
    };
    const plain = await cells('');
    expect(await cells('--parallel 6')).toBe(3 * plain);
    expect(await cells('--context 128')).toBe(plain / 2);
  });

  it('lets those in who have a key, of a flag or the environment', async () => {
    const statuses = async (serving: Serving, ...keys: string[]) =>
      Promise.all(keys.map(async (key) => (await ask(serving.url, '/v1/models', { key })).status));
    await using open = await serve('{other.yaml} --no-profiles');
    expect(await statuses(open, '', 'any')).toEqual([200, 200]);
    await using locked = await serve('{other.yaml} --no-profiles --key one --key two');
    expect(await statuses(locked, '', 'one', 'two', 'three')).toEqual([401, 200, 200, 401]);
    const env = { TRIMTAB_KEY: 'three' };
    await using byVariable = await serve('{other.yaml} --no-profiles', env);
    expect(await statuses(byVariable, 'one', 'three')).toEqual([401, 200]);
    await using byEmpty = await serve('{other.yaml} --no-profiles', { TRIMTAB_KEY: '' });
    expect(await statuses(byEmpty, '')).toEqual([200]);
  });

  it('keeps profiles in the folder that is named, or none', async () => {
    const route = '/v1/profiles';
    const body = { id: 'ann', recipe: 'guide' };
    const kept = '{guide.yaml} --data-dir {kept}';
    await using none = await serve(`${kept} --no-profiles`);
    expect((await ask(none.url, route, { body })).status).toBe(404);
    await using first = await serve(kept);
    expect((await ask(first.url, route, { body })).status).toBe(201);
    await first.end();
    await using second = await serve(kept);
    expect((await ask(second.url, route)).json.data).toMatchObject([{ id: 'ann' }]);
  });

  it.each([
    ['{other.yaml} --log-level loud', '--log-level: it must be one of error, warn, info, debug'],
    ['{other.yaml} --host 192.0.2.1', '--host: Listening on 192.0.2.1 lets others in: give a key'],
    [
      '{other.yaml} --host 192.0.2.1 --key k',
      '--host: Cannot listen on 192.0.2.1, port 0: this machine',
    ],
    ['', 'There is no recipe'],
    ['{other.yaml} --port 70000', "'70000' is invalid"],
    ['{other.yaml} --parallel 0', 'must be'],
  ])('%s is called wrongly', async (flags, message) => {
    const { code, stdout, stderr } = await cli.run(
      ['serve', '--port', '0', '--no-profiles', ...split(flags)],
      {},
    );
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(message);
  });

  it('opens profiles at once where their folder is named, and not where none are kept', async () => {
    const folder = path.join(cli.folder, 'spoilt');
    await mkdir(folder);
    await writeFile(path.join(folder, storeFileName), 'no database at all, however long it is');
    const { code, stdout, stderr } = await cli.run(
      split('serve {guide.yaml} --port 0 --log-level silent --data-dir {spoilt}'),
    );
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/^error: .*spoilt/);
    await using serving = await serve('{guide.yaml} --data-dir {spoilt} --no-profiles');
    expect((await ask(serving.url, '/v1/models')).status).toBe(200);
  });

  it('goes on at its start with batches that were left, wherever they are and whatever else is off', async () => {
    const line = {
      custom_id: 'a',
      method: 'POST',
      url: '/v1/completions',
      body: { prompt: 'Where?', max_tokens: 3 },
    };
    for (const [i, start] of [
      (folder: string) => serve('{other.yaml}', { TRIMTAB_DATA_DIR: '', XDG_DATA_HOME: folder }),
      (folder: string) => serve(`{other.yaml} --no-profiles --data-dir ${folder}/trimtab`),
    ].entries()) {
      const folder = path.join(cli.folder, `left-${i}`);
      const place = path.join(folder, 'trimtab', storeFileName);
      const { owner, id } = await leaveBatch(place, JSON.stringify(line));
      await using serving = await start(folder);
      await until(async () => {
        const { json } = await ask(serving.url, '/health');
        return json.batches === 'open';
      });
      await until(async () => {
        const metrics = await (await fetch(`${serving.url}/metrics`)).text();
        return /^trimtab_batch_items_succeeded_total 1$/m.test(metrics);
      });
      await serving.end();
      await using store = await openStore({ place, now: Date.now });
      expect(['finalizing', 'completed', 'in_progress']).toContain(
        (await store.batches.find(owner, id))!.status,
      );
    }
  });

  it('leaves a store alone that has no batches', async () => {
    const folder = path.join(cli.folder, 'idle');
    const place = path.join(folder, 'trimtab', storeFileName);
    await (await openStore({ place, now: Date.now }))[Symbol.asyncDispose]();
    await using serving = await serve('{other.yaml}', {
      TRIMTAB_DATA_DIR: '',
      XDG_DATA_HOME: folder,
    });
    expect((await ask(serving.url, '/health')).json.batches).toBe('closed');
    await (await openStore({ place, now: Date.now }))[Symbol.asyncDispose](); // another may have it
  });

  it('names the port that something listens at', async () => {
    await using first = await serve('{other.yaml} --no-profiles');
    const { port } = new URL(first.url);
    const flags = ['--no-profiles', '--log-level', 'silent'];
    const { code, stderr } = await cli.run(['serve', '{other.yaml}', ...flags, '--port', port]);
    expect([code, stderr]).toEqual([
      2,
      `error: --port: Cannot listen on 127.0.0.1, port ${port}: something listens there; end it, or give another port.\n`,
    ]);
  });
});
