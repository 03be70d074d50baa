import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createFakeCli, type FakeCli } from '../../../test/support/fake-cli.ts';
import { writeSmallModels } from '../../../test/support/gguf/index.ts';

const full = `
name: full
description: Everything that a recipe may say.
models:
  large: { file: a.gguf, prompt: raw }
  tuned: { file: a.gguf, prompt: raw }
  untuned: { file: a.gguf, prompt: raw }
base: large
expert: tuned
antiExpert: untuned
formula: large + (alpha + beta + gamma + delta) * (tuned - untuned)
params:
  alpha: { default: 1, min: 0, max: 2, description: Strength. }
  beta: { default: 1, min: 0 }
  gamma: { default: 1, max: 2 }
  delta: 1
plausibility: { minP: 0.1, models: [large, tuned] }
rewards:
  brief: { length: { target: 8 }, weight: 0.5, normalization: { mean: -3, deviation: 2 } }
  plain: { readability: { grade: 5 }, normalization: { mean: 0.25, deviation: 0.5 } }
  nice: { words: { please: 1, thanks: 1, dear: 1, kind: 1, good: 1 } }
  four: { patterns: { a: 1, b: 1, c: 1, d: 1 } }
guidance: { method: best-of, n: 5 }
klBudget: { perToken: 0.5, perAnswer: 20 }
constraint: { choice: [yes, no] }
sampling: { temperature: 0, topK: 3 }
engine: { contextLength: 256, maxSequences: 2, batchInvariant: true }
`;

let cli: FakeCli;
beforeAll(async () => {
  cli = await createFakeCli({
    'full.yaml': full,
    'plain.yaml': 'models: { a: { file: a.gguf, prompt: raw } }\nbase: a\n',
    'doubtful.yaml':
      'models: { a: { file: a.gguf, prompt: raw } }\nbase: a\nrewards: { plain: { readability: { grade: 5 } } }\nguidance: { method: args }\n',
    'mixed.yaml':
      'models: { a: { file: a.gguf, prompt: raw }, b: { file: b.gguf, prompt: raw } }\nbase: a\nformula: a + b\n',
    'tight.yaml':
      'models: { a: { file: a.gguf, prompt: raw } }\nbase: a\nengine: { contextLength: 4096 }\n',
    'scheduled.yaml':
      'models: { a: { file: a.gguf, prompt: raw }, b: { file: a.gguf, prompt: raw } }\nbase: a\nformula: a + alpha * (b - a)\n' +
      'params: { alpha: { default: 2, schedule: { match: kl, junctions: 0.5 } } }\n',
    'none.gguf': 'no model',
    'gone.gguf': '',
    'broken.yaml':
      'models: { a: { file: a.gguf, prompt: raw }, b: none.gguf, c: gone.gguf }\nbase: a\nformula: a + b + c\n',
  });
  await writeSmallModels(cli.folder, { vocabSize: 300, blockCount: 2 });
});
afterAll(() => cli[Symbol.asyncDispose]());

const check = async (line: string) => {
  const { code, stdout, stderr } = await cli.run(['check', ...line.split(' ')]);
  return { code, stdout: stdout.replace(/of \S+ \S+ available/, 'of # available'), stderr };
};

describe('trimtab check', () => {
  it.each(['{full.yaml}', '{plain.yaml}', '{tight.yaml}', '{mixed.yaml}', '{broken.yaml}'])(
    'tells what %s is, and whether it can run',
    async (file) => {
      expect(await check(file)).toMatchSnapshot();
    },
  );

  it('says how params are chosen at each token', async () => {
    const { stdout } = await check('{scheduled.yaml}');
    expect(stdout).toContain(
      'alpha at each token  0 where the entropy of a is below 0.5 nats, else as much of its value as leads a as far, ' +
        'in KL, as one side of its difference is from the other',
    );
    const { schedules } = JSON.parse((await check('{scheduled.yaml} --json')).stdout) as {
      schedules: unknown;
    };
    expect(schedules).toEqual({ alpha: { match: 'kl', junctions: 0.5 } });
  });

  it('warns of what runs, but hardly as it was meant', async () => {
    const { code, stderr } = await check('{doubtful.yaml}');
    expect(code).toBe(0);
    expect(stderr).toMatch(/^warning: The reward plain is for whole answers/);
  });

  it('tells it as JSON', async () => {
    const { code, stdout } = await check('{full.yaml} --json');
    expect(code).toBe(0);
    const told = JSON.parse(stdout) as object;
    expect(told).toMatchObject({
      recipe: 'full',
      formula: expect.stringContaining('tuned') as string,
      guidance: { method: 'best-of', n: 5 },
      klBudget: { perToken: 0.5, perAnswer: 20 },
      constraint: { kind: 'choice' },
      problems: [],
    });
    expect(told).toMatchObject({
      rewards: [
        { name: 'brief', scope: expect.any(String) as string, source: { kind: 'length' } },
        {},
        { source: { kind: 'words', words: { please: 1 } } },
        {},
      ],
    });
    const failed = await check('{broken.yaml} --json');
    expect(failed.code).toBe(1);
    expect((JSON.parse(failed.stdout) as { problems: string[] }).problems).toHaveLength(2);
  });
});
