import { readFile } from 'node:fs/promises';
import path from 'node:path';

import { afterAll, beforeAll, expect, it } from 'vitest';

import { createFakeCli, type FakeCli } from '../../../test/support/fake-cli.ts';
import { writeSmallModels } from '../../../test/support/gguf/index.ts';

const models = `
models:
  large: { file: a.gguf, prompt: raw }
  tuned: { file: a.gguf, prompt: raw }
  small: { file: a.gguf, prompt: raw }
base: large
expert: tuned
antiExpert: small
`;

let cli: FakeCli;
beforeAll(async () => {
  cli = await createFakeCli({
    'pair.yaml': models,
    'ruled.yaml': `${models}constraint: { choice: [yes, no] }\nsampling: { seed: 1 }\n`,
    'seeded.yaml': `${models}sampling: { seed: 1 }\n`,
  });
  await writeSmallModels(cli.folder, { vocabSize: 300, blockCount: 2 });
});
afterAll(() => cli[Symbol.asyncDispose]());

const exportTo = (recipe: string, output: string, ...more: string[]) =>
  cli.run(['export', 'vllm', `{${recipe}}`, '--output', path.join(cli.folder, output), ...more]);

it('writes the configuration, and prints what is run next', async () => {
  const { code, stdout, stderr } = await exportTo('pair.yaml', 'plain');
  expect([code, stderr]).toEqual([0, '']);
  const folder = '{folder}/plain';
  expect(stdout).toContain(`# written: ${folder}/trimtab-vllm.json`);
  expect(stdout.match(/^python .*convert_gguf\.py .*$/gm)).toHaveLength(3);
  expect(stdout).toMatch(
    new RegExp(`^TRIMTAB_VLLM_CONFIG=${folder} vllm serve ${folder}/base `, 'm'),
  );
  const text = await readFile(path.join(cli.folder, 'plain/trimtab-vllm.json'), 'utf8');
  expect(JSON.parse(text)).toMatchObject({ recipe: 'pair', alpha: { default: 1, min: 0, max: 2 } });
});

it('tells programs the same as JSON, and people what requests must say themselves', async () => {
  const given = ['--base', 'org/large', '--expert', 'org/tuned', '--anti-expert', 'org/small'];
  const { code, stdout, stderr } = await exportTo('seeded.yaml', 'json', ...given, '--json');
  expect([code, stderr]).toEqual([0, '']);
  const written = JSON.parse(stdout) as { command: string[] };
  expect(written).toMatchObject({ conversions: [], warnings: [expect.stringContaining('seed')] });
  expect(written.command.slice(0, 3)).toEqual(['vllm', 'serve', 'org/large']);
  expect((await exportTo('seeded.yaml', 'text')).stderr).toContain('requests that shall have them');
});

it('refuses a recipe that says more, and names what', async () => {
  const { code, stdout, stderr } = await exportTo('ruled.yaml', 'ruled');
  expect([code, stdout]).toEqual([2, '']);
  expect(stderr).toContain('ruled cannot run inside vLLM:\n- constraint: ask vLLM for it');
});

it('exits with 2 for a call that cannot be, and writes over nothing', async () => {
  await exportTo('pair.yaml', 'twice');
  const again = await exportTo('pair.yaml', 'twice');
  expect(again.code).toBe(2);
  expect(again.stderr).toMatch(/^error: --output: .* is there already/);
  expect((await exportTo('pair.yaml', 'twice', '--force')).code).toBe(0);
  const { code, stderr } = await exportTo('pair.yaml', 'other', '--anti-expert', '/nowhere');
  expect(code).toBe(2);
  expect(stderr).toMatch(/^error: --anti-expert: /);
});
