import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { modelsFolder } from '../../test/support/atlas-questions.ts';
import { writeTinyModel } from '../../test/support/random-models.ts';
import { parseRecipe, type Recipe } from '../recipe/index.ts';
import { exportVllm, shellLine, type ExportVllmOptions } from './index.ts';

const models = `
models:
  large: ${modelsFolder}/atlas-large.gguf
  chat: ${modelsFolder}/atlas-small-chat.gguf
  small: ${modelsFolder}/atlas-small.gguf
base: large
`;
const roles = 'expert: chat\nantiExpert: small\n';

const recipeOf = (text: string): Recipe =>
  parseRecipe(`name: given\n${models}${text}`, { directory: '.' });

let folder: string;
let output: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'trimtab-export-'));
  for (const name of ['base', 'expert', 'twin']) await mkdir(path.join(folder, name));
  await writeFile(path.join(folder, 'file'), '');
});
afterAll(() => rm(folder, { recursive: true }));
beforeEach(async () => {
  output = await mkdtemp(path.join(folder, 'out-'));
});

const exported = (text: string, options: Partial<ExportVllmOptions> = {}) =>
  exportVllm(recipeOf(text), { output, ...options });

const readConfiguration = async () =>
  JSON.parse(await readFile(path.join(output, 'trimtab-vllm.json'), 'utf8')) as unknown;

describe('exportVllm', () => {
  it('writes what the plugin reads, and says how vLLM is started', async () => {
    const given = {
      base: 'org/large',
      expert: path.join(folder, 'expert'),
      antiExpert: 'org/small.v1',
    };
    const written = await exported(
      `${roles}params: { alpha: { default: 0.7, min: 0, max: 2, schedule: { match: kl, junctions: 0.5 } } }\n` +
        'sampling: { temperature: 0.5, topP: 0.9 }\nengine: { contextLength: 256, maxSequences: 8 }\n',
      given,
    );
    expect(await readConfiguration()).toEqual({
      version: 1,
      recipe: 'given',
      expert: given.expert,
      antiExpert: 'org/small.v1',
      dtype: 'float32',
      alpha: { default: 0.7, min: 0, max: 2, schedule: { match: 'kl', junctions: 0.5 } },
    });
    expect(written).toEqual({
      file: path.join(output, 'trimtab-vllm.json'),
      conversions: [],
      environment: { TRIMTAB_VLLM_CONFIG: output },
      command: [
        ...'vllm serve org/large --served-model-name given'.split(' '),
        ...'--logits-processors trimtab_vllm:PairLogitsProcessor'.split(' '),
        ...'--max-model-len 256 --max-num-seqs 8 --override-generation-config'.split(' '),
        '{"temperature":0.5,"top_p":0.9,"eos_token_id":[0]}',
        '--chat-template',
        path.join(output, 'chat-template.jinja'),
      ],
      warnings: [],
    });
  });

  it('takes any name of the param, and says which files are to be converted', async () => {
    const { conversions, command } = await exported(
      `formula: strength * chat + large - small * strength\nparams: { strength: 1.5 }\n`,
    );
    expect(await readConfiguration()).toMatchObject({
      expert: path.join(output, 'expert'),
      antiExpert: path.join(output, 'antiExpert'),
      alpha: { default: 1.5, schedule: null },
    });
    expect(conversions.map((words) => words.slice(2))).toEqual([
      [`${modelsFolder}/atlas-large.gguf`, path.join(output, 'base')],
      [`${modelsFolder}/atlas-small-chat.gguf`, path.join(output, 'expert')],
      [`${modelsFolder}/atlas-small.gguf`, path.join(output, 'antiExpert')],
    ]);
    await expect(stat(conversions[0]![1]!)).resolves.toBeDefined();
    expect(command).toContain(path.join(output, 'base'));
    expect(command.slice(command.indexOf('--max-model-len'))[1]).toBe('512'); // as the models were trained
  });

  it('has adapters merged into the weights that they are laid over', async () => {
    const [large, small] = ['large', 'small'].map(
      (name) => `file: ${modelsFolder}/atlas-${name}.gguf`,
    );
    const text = `models: { a: { ${large} }, b: { ${small}, adapters: [{ file: /x/e.gguf, scale: 0.5 }] }, c: { ${small} } }\nbase: a\nexpert: b\nantiExpert: c\n`;
    const { conversions } = await exportVllm(parseRecipe(text, { directory: '.' }), { output });
    expect(conversions.map((words) => words.slice(4))).toEqual([
      [],
      ['--adapter', '/x/e.gguf', '0.5'],
      [],
    ]);
  });

  it('gives vLLM the template that the models read, with what llama.cpp puts before it', async () => {
    await exported(roles);
    const template = await readFile(path.join(output, 'chat-template.jinja'), 'utf8');
    expect(template).toMatch(/^\{\{ "<\|end\|>" \}\}\{% for m in messages %\}/);
  });

  it('gives none where they read text', async () => {
    const raw = `{ file: '${modelsFolder}/atlas-small.gguf', prompt: raw }`;
    const text = `models: { a: ${raw}, b: ${raw}, c: ${raw} }\nbase: a\nexpert: b\nantiExpert: c\n`;
    const { command } = await exportVllm(parseRecipe(text, { directory: '.' }), { output });
    expect(command).not.toContain('--chat-template');
  });

  it.each([
    ['formula: large\n', /formula: the plugin adds .* here it is large\./],
    [
      `${roles}formula: large + alpha * alpha * (chat - small)\nparams: { alpha: 1 }\n`,
      /formula: /,
    ],
    [`${roles}formula: large + 2 * alpha * (chat - small)\nparams: { alpha: 1 }\n`, /formula: /],
    [`${roles}formula: large + alpha * (chat - 0.5 * small)\nparams: { alpha: 1 }\n`, /formula: /],
    [
      `${roles}formula: large + alpha * chat - beta * small\nparams: { alpha: 1, beta: 1 }\n`,
      /formula: /,
    ],
    [
      `${roles}formula: logp(large) + alpha * (logp(chat) - logp(small))\nparams: { alpha: 1 }\n`,
      /formula: /,
    ],
    [
      `${roles}formula: (1 - alpha) * large + alpha * (chat - small)\nparams: { alpha: 1 }\n`,
      /formula: /,
    ],
    [`${roles}plausibility: { minP: 0.1 }\n`, /plausibility: /],
    [`${roles}rewards: { brief: { length: { target: 8 } } }\n`, /rewards \(brief\): /],
    [`${roles}klBudget: { perToken: 1 }\n`, /klBudget: /],
    [`${roles}constraint: { choice: [yes, no] }\n`, /constraint: .*structured_outputs/],
    [`${roles}sampling: { typicalP: 0.5 }\n`, /sampling\.typicalP: /],
  ])('refuses what the plugin cannot do: %j', async (text, says) => {
    await expect(exported(text)).rejects.toThrow(says);
    await expect(readConfiguration()).rejects.toThrow('ENOENT');
  });

  it('names everything at once', async () => {
    const text = `${roles}klBudget: { perToken: 1 }\nconstraint: { choice: [yes, no] }\nrewards: { brief: { length: { target: 8 } } }\n`;
    await expect(exported(text)).rejects.toThrow(
      /^given cannot run inside vLLM:\n- rewards[^\n]+\n- klBudget[^\n]+\n- constraint[^\n]+$/,
    );
  });

  it('refuses models that read other prompts than the base', async () => {
    const [large, chat, small] = ['large', 'small-chat', 'small'].map(
      (name) => `file: ${modelsFolder}/atlas-${name}.gguf`,
    );
    const given = (more: string) =>
      exportVllm(
        parseRecipe(
          `name: views\nmodels: { large: { ${large} }, chat: { ${chat}${more} }, small: { ${small} } }\nbase: large\n${roles}`,
          { directory: '.' },
        ),
        { output, base: path.join(folder, 'base') },
      );
    await expect(given(', prompt: raw')).rejects.toThrow(
      /- models\.chat\.prompt: .*templateOf: large/,
    );
    await expect(given(', system: Be brief.')).rejects.toThrow(/- models\.chat\.system: /);
  });

  it('refuses a pair with other tokens, and names the first', async () => {
    const other = await writeTinyModel(folder, 'other', {});
    const text = `name: other\nmodels: { large: '${modelsFolder}/atlas-large.gguf', a: '${other}', b: '${other}' }\nbase: large\nexpert: a\nantiExpert: b\n`;
    await expect(exportVllm(parseRecipe(text, { directory: '.' }), { output })).rejects.toThrow(
      /- models\.a: token 0 is .*, and .* in large; .*\n- models\.b: token 0/,
    );
  });

  it('warns of sampling that vLLM has no defaults for', async () => {
    const { warnings } = await exported(
      `${roles}sampling: { presencePenalty: 1, seed: 3 }\nstop: ["."]\n`,
    );
    expect(warnings).toEqual([expect.stringContaining('presence_penalty, seed, stop')]);
  });

  it('writes over nothing unless it is told to', async () => {
    await exported(roles);
    await expect(exported(roles)).rejects.toThrow(/trimtab-vllm\.json is there already/);
    await exported(roles, { force: true, dtype: 'bfloat16' });
    expect(await readConfiguration()).toMatchObject({ dtype: 'bfloat16' });
  });

  it.each([
    [{ expert: '/nowhere' }, /^expert: \/nowhere is not there, and it should be a folder/],
    [{ base: import.meta.filename }, /^base: .* is a file/],
    [{ antiExpert: 'a/b/c' }, /^antiExpert: a\/b\/c is not there/],
  ])('refuses a place that is none: %j', async (given, says) => {
    await expect(exported(roles, given)).rejects.toThrow(says);
  });
});

it('writes words as a shell reads them', () => {
  expect(shellLine(['a', "it's", '{"a":1}', ''], { HOME: 'x y' })).toBe(
    String.raw`HOME='x y' a 'it'\''s' '{"a":1}' ''`,
  );
});
