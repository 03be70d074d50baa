import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bytesOf, endToken } from '../../test/support/byte-vocabulary.ts';
import { describeReward } from '../../test/support/reward-contract.ts';
import { byteAnswer, scoreTexts } from '../../test/support/score-texts.ts';
import { DisposedError, InvalidOptionError, RewardError } from '../spec/index.ts';
import { loadModuleReward } from './module-reward.ts';
import type { ModuleReward, ModuleRewardOptions } from './module-reward.ts';

let folder: string;
beforeAll(async () => (folder = await mkdtemp(join(tmpdir(), 'trimtab-reward-'))));
afterAll(() => rm(folder, { recursive: true }));

let written = 0;
const write = async (code: string, extension = 'mjs'): Promise<string> => {
  const file = join(folder, `reward-${(written += 1)}.${extension}`);
  await writeFile(file, code);
  return file;
};

/** A module of one `score` that does what each text says. */
const obedient = `
let calls = 0;
const orders = {
  loop: () => { for (;;); },
  hang: () => new Promise(() => {}),
  throw: () => { throw new Error('it will not do'); },
  reject: () => Promise.reject(new Error('it cannot')),
  later: () => { setTimeout(() => { throw new Error('out of turn'); }, 0); return new Promise(() => {}); },
  exit: () => process.exit(3),
  fill: () => { const all = []; for (;;) all.push(new Array(1000).fill(1.5)); },
  short: () => [],
  text: () => ['1'],
  nan: () => [NaN],
  unsendable: () => [() => 1],
  calls: () => [calls],
};
export default {
  score(texts) {
    calls += 1;
    return orders[texts[0]]?.() ?? texts.map((text) => text.length);
  },
};
`;

const load = async (code: string, options: Partial<ModuleRewardOptions> = {}) =>
  loadModuleReward({ name: 'mine', file: await write(code), timeoutMs: 30_000, ...options });

describe('a module of the user', () => {
  let reward: ModuleReward;
  describeReward('module', {
    async create() {
      reward = await load(`export default {
        score: (texts, { isWhole }) => texts.map((text, i) => text.length - (isWhole[i] ? 10 : 0)),
      }`);
      return reward;
    },
    answer: byteAnswer,
    phrases: [bytesOf('one'), bytesOf(' two ä'), [...bytesOf('!'), endToken]],
    answers: 10,
  });
  afterAll(() => reward[Symbol.asyncDispose]());

  it('is told the conversation, its options and what is whole', async () => {
    await using mine = await load(
      `export default { score: async (texts, context) => [JSON.stringify({ texts, ...context }).length] }`,
      { options: { tone: ['kind'] } },
    );
    const told = {
      texts: ['so'],
      isWhole: [true],
      messages: byteAnswer.messages,
      options: { tone: ['kind'] },
    };
    expect(await scoreTexts(mine, ['so'], { isWhole: true })).toEqual([
      JSON.stringify(told).length,
    ]);
  });

  it('has the scope that it exports, or that is given', async () => {
    const code = `export default { scope: 'answer', score: () => [0] }`;
    await using own = await load(code);
    expect(own.scope).toBe('answer');
    await using given = await load(code, { scope: 'prefix' });
    expect(given.scope).toBe('prefix');
    await using neither = await load(`export default { score: () => [0] }`);
    expect(neither.scope).toBe('both');
  });

  it.each([
    ['loop', 'took longer than 300 ms'],
    ['hang', 'took longer than 300 ms'],
    ['throw', 'it will not do'],
    ['reject', 'it cannot'],
    ['later', 'out of turn'],
    ['exit', 'exit code 3'],
    ['fill', 'more than 32 MiB'],
    ['short', '0 numbers for 1 candidates'],
    ['text', 'a string for candidate 0'],
    ['nan', 'NaN for candidate 0'],
    ['unsendable', 'could not be cloned'],
  ])(
    'that does this says so, and the next call works: %s',
    { tags: ['slow'] },
    async (order, says) => {
      // Only the limit in question may be reached, however busy the machine.
      const timeoutMs = order === 'loop' || order === 'hang' ? 300 : 30_000;
      await using mine = await load(obedient, { timeoutMs, memoryLimitMb: 32 });
      const failing = scoreTexts(mine, [order]);
      const next = scoreTexts(mine, ['four']);
      await expect(failing).rejects.toBeInstanceOf(RewardError);
      await expect(failing).rejects.toMatchObject({ reward: 'mine' });
      await expect(failing).rejects.toThrow(says);
      await expect(failing).rejects.toThrow('"mine"');
      expect(await next).toEqual([4]);
    },
  );

  it('stays loaded from call to call', async () => {
    await using mine = await load(obedient);
    await scoreTexts(mine, ['a']);
    expect(await scoreTexts(mine, ['calls'])).toEqual([2]);
  });

  it('is left at once on an abort; what waits behind it is served', async () => {
    await using mine = await load(obedient, { timeoutMs: 500 });
    const reason = new Error('gone');
    const controller = new AbortController();
    const { signal } = controller;
    const running = scoreTexts(mine, ['hang'], { signal });
    const waiting = scoreTexts(mine, ['a'], { signal });
    const unaffected = scoreTexts(mine, ['calls']);
    controller.abort(reason);
    await expect(running).rejects.toBe(reason);
    await expect(waiting).rejects.toBe(reason);
    // In a new thread, where what waited was not run.
    expect(await unaffected).toEqual([1]);
  });

  it('ends what is running when it is disposed of', async () => {
    const mine = await load(obedient);
    const running = scoreTexts(mine, ['hang']);
    const waiting = scoreTexts(mine, ['a']);
    const outcomes = Promise.allSettled([running, waiting]);
    await new Promise((resolve) => setTimeout(resolve, 20));
    await mine[Symbol.asyncDispose]();
    for (const outcome of await outcomes) {
      expect(outcome).toMatchObject({ reason: expect.any(DisposedError) as DisposedError });
    }
    await expect(scoreTexts(mine, ['a'])).rejects.toThrow(DisposedError);
  });

  it.each([
    ['export default {', 'cannot be loaded'],
    ['export default 7', 'no function "score"'],
    ['export const score = () => [1]', 'no function "score"'],
    [`throw new Error('not today')`, 'not today'],
    [`import 'no-such-package'`, 'no-such-package'],
    ['process.exit(4)', 'exit code 4'],
    [`export default { scope: 'half', score: () => [] }`, 'scope "half"'],
  ])('is refused: %s', async (code, says) => {
    const loading = load(code);
    await expect(loading).rejects.toBeInstanceOf(RewardError);
    await expect(loading).rejects.toThrow(says);
    await expect(loading).rejects.toThrow(folder);
  });

  it('is refused where there is none', async () => {
    const loading = loadModuleReward({ name: 'mine', file: join(folder, 'missing.mjs') });
    await expect(loading).rejects.toThrow('missing.mjs');
  });

  it('may be TypeScript where Node reads it, and says so elsewhere', async () => {
    const code = `export default { score: (texts: readonly string[]): number[] => texts.map(() => 1) }`;
    const file = await write(code, 'mts');
    const scoring = loadModuleReward({ name: 'mine', file }).then(async (mine) => {
      const values = await scoreTexts(mine, ['a']);
      await mine[Symbol.asyncDispose]();
      return values.join(' ');
    });
    const said = await scoring.catch((error: Error) => error.message);
    expect(said).toMatch(/^1$|TypeScript needs Node 22\.18/);
  });

  it('is refused with limits or options that are none', async () => {
    await expect(load(obedient, { timeoutMs: 0 })).rejects.toThrow(InvalidOptionError);
    await expect(load(obedient, { memoryLimitMb: Number.NaN })).rejects.toThrow(InvalidOptionError);
    await expect(load(obedient, { options: () => 1 })).rejects.toThrow(InvalidOptionError);
  });

  it(
    'keeps no process alive and prints nothing to its output, from TypeScript source',
    { tags: ['slow'] },
    async () => {
      const source = pathToFileURL(fileURLToPath(new URL('./index.ts', import.meta.url))).href;
      const file = await write(
        `console.log('loaded'); export default { score: () => { console.info('scored'); return [7]; } }`,
      );
      const program = `import('${source}').then(async ({ loadModuleReward }) => {
      const file = ${JSON.stringify(file)};
      await loadModuleReward({ name: 'idle', file });
      const reward = await loadModuleReward({ name: 'mine', file });
      const vocabulary = { special: { endOfGeneration: [] }, piece: () => new Uint8Array() };
      const session = reward.start({ messages: [], vocabulary });
      const values = await session.score([[1]], new AbortController().signal);
      console.log(values[0]);
    });`;
      const run = promisify(execFile);
      const { stdout } = await run(process.execPath, ['--import', 'tsx', '--eval', program]);
      expect(stdout.trim()).toBe('7');
    },
  );
});
