import { readFile } from 'node:fs/promises';
import path from 'node:path';

import { afterAll, beforeAll, expect, it } from 'vitest';

import { createFakeCli, guideRecipe, type FakeCli } from '../../../test/support/fake-cli.ts';
import { parse } from 'yaml';

const recipe = (name: string) => guideRecipe(name, { alpha: 0, maxSequences: 4 });

let cli: FakeCli;
beforeAll(async () => {
  cli = await createFakeCli({
    'bound.yaml': recipe('bound'),
    'free.yaml': recipe('free'),
    'dry.yaml': recipe('dry'),
    'questions.jsonl': '{"id":"q","prompt":"Where was Mada born?","answer":"ford"}\n',
    'others.jsonl': '{"id":"r","prompt":"Who was Mada?","answer":"ford"}\n',
    'prose.txt': 'a bad cab\n\nhad a bad egg\n',
  });
});
afterAll(() => cli[Symbol.asyncDispose]());

/** What a calibration leaves in a recipe. */
async function calibrated(name: string, flags: string) {
  const line = `calibrate {${name}.yaml} --development {questions.jsonl} --objective contains --metric contains --param alpha=0,8 --refine 0 --output {${name}} ${flags}`;
  const { code, stdout, stderr } = await cli.run(line.split(' ').filter((word) => word !== ''));
  expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
  const text = await readFile(path.join(cli.folder, `${name}.yaml`), 'utf8');
  return { stdout, document: parse(text) as Record<string, unknown> };
}

it('writes into the recipe what it chose, and by what', async () => {
  const { document } = await calibrated('free', '');
  expect(document['calibration']).toMatchObject({ params: { alpha: 0 }, objective: 'contains' });

  expect(JSON.stringify(document)).not.toContain('constraints');
  const bound = await calibrated(
    'bound',
    '--development {prose.txt} --constraint perplexity<=100000 --test {others.jsonl}',
  );
  expect(JSON.stringify(bound.document)).toContain('"constraints":["perplexity');
  expect(JSON.stringify(bound.document)).toContain('"test":');
});

it('writes nothing with --dry-run', async () => {
  const { document } = await calibrated('dry', '--dry-run');
  expect(document).toEqual(parse(recipe('dry')));
});
