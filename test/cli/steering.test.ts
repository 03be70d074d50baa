import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createLocalService } from '../../src/service/index.ts';
import { createServer } from '../../src/server/index.ts';
import { recipe as atlas, root, trimtab } from '../support/command.ts';

const question = 'Where was Mada Norrar born?';

const townSchema = {
  type: 'object',
  properties: { town: { enum: ['Stoneford', 'Highmoor'] } },
  required: ['town'],
  additionalProperties: false,
};

let folder: string;
/** A recipe with rewards that guide and one that reports. */
let rewarded: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'trimtab-steering-'));
  rewarded = await write('rewarded.yaml', recipeText());
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

async function write(name: string, text: string): Promise<string> {
  const file = path.join(folder, name);
  await writeFile(file, text);
  return file;
}

function recipeText(more = ''): string {
  const models = path.join(root, 'models');
  return `name: rewarded
models:
  large: '${models}/atlas-large.gguf'
  chat: '${models}/atlas-small-chat.gguf'
  small: '${models}/atlas-small.gguf'
  judge: { file: '${models}/atlas-reward.gguf' }
base: large
expert: chat
antiExpert: small
params: { alpha: { default: 0.7, min: 0, max: 2 } }
rewards:
  polite: { words: { hope: 1, gladly: 1 }, weight: 2 }
  cheerful: { model: judge, head: cheerful, scope: both, weight: 0, normalization: { mean: 0.1, deviation: 0.5 } }
  simple: { readability: { grade: 5 }, weight: 0 }
sampling: { temperature: 0 }
${more}`;
}

const run = (...args: string[]) => trimtab(['run', rewarded, question, ...args]);

describe('what an answer must be', () => {
  it.each<[string, string[], RegExp]>([
    ['a choice', ['--choice', 'Stoneford', '--choice', 'Highmoor'], /^(Stoneford|Highmoor)\n$/],
    ['a regular expression', ['--regex', 'In [A-Z][a-z]{3,8}[.]'], /^In [A-Z][a-z]{3,8}[.]\n$/],
  ])('is %s', async (_, flags, expected) => {
    expect(await run(...flags)).toMatchObject({
      code: 0,
      stderr: '',
      stdout: expect.stringMatching(expected),
    });
  });

  it('is what a schema or a grammar says, in a file or as it is', async () => {
    const schema = await write('town.json', JSON.stringify(townSchema, null, 2));
    const grammar = await write('town.gbnf', 'root ::= "I" " "? ("was" | "am") "!"');
    for (const given of [schema, JSON.stringify(townSchema)]) {
      const { stdout } = await run('--schema', given);
      expect(Object.keys(JSON.parse(stdout))).toEqual(['town']);
      expect(townSchema.properties.town.enum).toContain(JSON.parse(stdout).town);
    }
    expect((await run('--grammar', grammar)).stdout).toMatch(/^I ?(was|am)!\n$/);
  });

  it("is the recipe's to say, unless the flags do", async () => {
    const file = await write('constrained.yaml', recipeText("constraint: { regex: '[0-9]{4}' }\n"));
    const ask = async (...flags: string[]) =>
      (await trimtab(['run', file, question, ...flags])).stdout;
    expect(await ask()).toMatch(/^[0-9]{4}\n$/);
    expect(await ask('--choice', 'yes')).toBe('yes\n');
    expect(await ask('--no-constraint')).toContain('Stoneford');
  });

  it('holds for every answer of a comparison', async () => {
    const { stdout } = await trimtab([
      'compare',
      rewarded,
      question,
      '--values',
      '0.7',
      '--json',
      '--choice',
      'Stoneford',
      '--choice',
      'Highmoor',
    ]);
    const { answers } = JSON.parse(stdout);
    expect(answers).toHaveLength(3);
    for (const { text } of answers) expect(text).toMatch(/^(Stoneford|Highmoor)$/);
  });

  it.each<[string, string[], string]>([
    [
      'a bad expression',
      ['--regex', '(a'],
      '--regex: The regular expression has a ( that is never',
    ],
    ['no room', ['--regex', '[a-z]{300}', '--max-tokens', '3'], 'but only 3 are left'],
  ])('is refused with 2 for %s', async (_, flags, message) => {
    const { code, stdout, stderr } = await run(...flags);
    expect(stderr).toMatch(/^error: /);
    expect(stderr).toContain(message);
    expect(stdout).toBe('');
    expect(code).toBe(2);
  });
});

describe('rewards', () => {
  it('act as their flags say, and tell how the answer does', async () => {
    const without = await run('--reward-weight', '0', '--report', 'polite');
    const steered = await run(
      '--reward',
      'polite=0',
      '--reward',
      'cheerful=5',
      '--report',
      'simple',
    );
    const plain = await trimtab(['run', atlas, question]);
    expect(without.stdout).toBe(plain.stdout);
    expect(without.stderr).toMatch(/^rewards polite 1\.00\n$/);
    expect(steered.stdout).not.toBe(plain.stdout);
    expect(steered.stderr).toMatch(/^rewards cheerful \d\.\d\d, simple -?\d+\.\d\d\n$/);
    expect(without.code).toBe(0);
  });

  it('stand in the trace, with their share and what a budget left', async () => {
    const budgets = ['--kl-budget', '1.5', '--kl-budget-answer', '9'];
    const { stderr } = await run('--trace', ...budgets, '--speculation', 'off');
    expect(stderr).toMatch(/^token +logprob .* \+2\.0·polite +scale +unsteered$/m);
    expect(stderr).toMatch(/^' hope' .* \+2\.00 +1\.00 /m);
    expect(stderr).toMatch(/^rewards polite 1\.00$/m);
    const spent = /^KL budget (\d\.\d\d) of 9 nats spent$/m.exec(stderr);
    expect(Number(spent![1])).toBeLessThanOrEqual(9);
    expect(Number(spent![1])).toBeGreaterThan(0);
  });

  it('are in JSON: of every token, and of the answer', async () => {
    const { stdout } = await run('--json', '--trace', '--kl-budget', '0.3', '--report', 'simple');
    const { tokens, rewards, kl } = JSON.parse(stdout);
    expect(Object.keys(rewards)).toEqual(['polite', 'simple']);
    expect(kl).toBeGreaterThan(0);
    expect(tokens[0].trace.klScale).toBeLessThan(1);
    expect(tokens[0].trace.rewards).toEqual([{ name: 'polite', weight: 2, value: 0, share: 0 }]);
  });

  it('choose among whole answers', async () => {
    const args = [
      '--guidance',
      'best-of:n=4',
      '--temperature',
      '1',
      '--seed',
      '1',
      '--json',
      '--speculation',
      'off',
    ];
    const best = JSON.parse((await run(...args)).stdout);
    const first = JSON.parse((await run(...args, '--guidance', 'best-of:n=1')).stdout);
    expect(best.rewards.polite).toBeGreaterThanOrEqual(first.rewards.polite);
    expect(best.usage.models.large.forwards).toBeGreaterThan(first.usage.models.large.forwards);
  });

  it('are explained with the tokens that they changed', async () => {
    const { stdout } = await trimtab(['explain', rewarded, question, '--kl-budget-answer', '30']);
    expect(stdout).toMatch(/' hope' .* rewards \+2\.00\n/);
    expect(stdout).toMatch(/^ +rewards {2}\+2 × polite 1\.00 = \+2\.00$/m);
    expect(stdout).toMatch(/^rewards polite 1\.00\nKL budget \d\.\d\d of 30 nats spent$/m);
  });

  it('warn where a flag asks for what means little', async () => {
    const flags = ['--reward', 'simple=1', '--max-tokens', '8'];
    expect((await run(...flags)).stderr).toMatch(/^warning: The reward simple is valid on whole/);
    expect((await run(...flags, '--quiet')).stderr).toBe('');
  });

  it.each<[string[], string]>([
    [
      ['--reward', 'polit=1'],
      '--reward: The recipe rewarded has no reward polit. Did you mean `polite`?',
    ],
    [
      ['--reward-weight', '99'],
      '--reward-weight: params.rewardWeight must be a number from 0 to 10',
    ],
    [['--report', 'polit'], '--report: The recipe has no reward "polit". Did you mean `polite`?'],
  ])('are refused with 2 for %j', async (flags, message) => {
    const { code, stdout, stderr } = await run(...flags);
    expect(stderr).toContain(message);
    expect(stdout).toBe('');
    expect(code).toBe(2);
  });

  it("of the recipe's author run where that is allowed", async () => {
    await write(
      'shout.mjs',
      'export default { score: (texts) => texts.map((text) => text.length) };\n',
    );
    const file = await write(
      'module.yaml',
      recipeText().replace('simple: {', 'own: { module: ./shout.mjs, weight: 0 }\n  simple: {'),
    );
    const allowed = await trimtab(['run', file, question, '--allow-modules', '--report', 'own']);
    expect(allowed.stderr).toMatch(/^rewards polite 1\.00, own \d\d\.00\n$/);
    const refused = await trimtab(['run', file, question]);
    expect(refused.stderr).toMatch(/^error: --allow-modules: The reward own is a program/);
    expect(refused.code).toBe(2);
  });
});

describe('trimtab check', () => {
  it('shows rewards, guidance, budget and constraint', async () => {
    const file = await write(
      'whole.yaml',
      recipeText(
        'guidance: { method: args, candidates: 20 }\nklBudget: { perToken: 1, perAnswer: 20 }\n',
      ) + `constraint: { jsonSchema: ${JSON.stringify(townSchema)} }\n`,
    );
    const { code, stdout } = await trimtab(['check', file]);
    expect(stdout).toMatch(/^guidance +args, candidates 20$/m);
    expect(stdout).toMatch(/^KL budget +1 nats a token, 20 an answer$/m);
    expect(stdout).toMatch(/^constraint +JSON schema, which compiles to \d+ states$/m);
    expect(stdout).toMatch(/^polite +words +2 +as it is +both +hope, gladly$/m);
    expect(stdout).toMatch(
      /^cheerful +scalar +0 +\(value − 0\.1\) \/ 0\.5 +both +judge, head cheerful$/m,
    );
    expect(stdout).toMatch(/^simple +readability +0 +as it is +whole answers +grade 5$/m);
    expect(code).toBe(0);
    const json = JSON.parse((await trimtab(['check', file, '--json'])).stdout);
    expect(json).toMatchObject({
      guidance: { method: 'args', candidates: 20 },
      klBudget: { perToken: 1, perAnswer: 20 },
      constraint: { kind: 'JSON schema' },
    });
    expect(json.rewards[0]).toMatchObject({
      name: 'polite',
      scope: 'both',
      source: { kind: 'words', words: { hope: 1, gladly: 1 } },
    });
  });
});

describe('with --url', () => {
  it('everything is asked of the server, and answered as here', async () => {
    await using service = await createLocalService({ recipes: [rewarded] });
    await using server = await createServer({ service }).listen();
    const flagSets = [
      ['--choice', 'Stoneford', '--choice', 'Highmoor'],
      ['--schema', JSON.stringify(townSchema)],
      [
        '--reward',
        'polite=0',
        '--reward',
        'cheerful=5',
        '--kl-budget',
        '0.5',
        '--report',
        'simple',
      ],
      ['--guidance', 'best-of:n=2', '--temperature', '1', '--seed', '1', '--reward-weight', '2'],
    ];
    const how = ['--speculation', 'off']; // a trace tells who drafted, which depends on the clock
    for (const flags of flagSets) {
      const ask = async (...args: string[]) =>
        JSON.parse(
          (await trimtab(['run', ...args, question, '--json', '--trace', ...how, ...flags])).stdout,
        );
      const [here, there] = [await ask(rewarded), await ask('rewarded', '--url', server.url)];
      const kept = ({ text, rewards, kl, tokens }: Record<string, unknown>) => ({
        text,
        rewards,
        kl,
        tokens,
      });
      expect(kept(there)).toEqual(kept(here));
    }
    const listed = await trimtab(['ls', '--url', server.url]);
    expect(listed.stdout).toMatch(/rewarded .* polite=2, cheerful=0, simple=0\n/);
    const refused = await trimtab([
      'run',
      'rewarded',
      question,
      '--url',
      server.url,
      '--allow-modules',
    ]);
    expect(refused).toMatchObject({ code: 2, stdout: '' });
    expect(refused.stderr).toContain('--allow-modules is for `trimtab serve`');
  });
});

it('every flag is in the help, and the examples of the help are of flags there are', async () => {
  const help = await trimtab(['run', '--help'], { env: { COLUMNS: '200' } });
  const source = await readFile(path.join(root, 'src/cli/commands/run.ts'), 'utf8');
  const named = new Set(source.match(/(?<= )--[a-z-]+/g));
  expect(named.size).toBeGreaterThan(10);
  for (const flag of named)
    expect(help.stdout).toMatch(new RegExp(`^ +(-q, )?${flag}\\b.* {2}`, 'm'));
});
