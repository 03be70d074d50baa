import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';

import { afterAll, describe, expect, it } from 'vitest';

import { createChatRenderer } from '../../prompt/index.ts';
import type { ChatMessage } from '../../spec/index.ts';
import { findPersona } from './default-persona.ts';

const renderer = createChatRenderer();
afterAll(() => renderer[Symbol.asyncDispose]());

const through =
  (template: string) =>
  (messages: readonly ChatMessage[]): Promise<string> =>
    renderer.render({ template, messages, bosToken: '<s>', eosToken: '</s>' });

const folder = path.resolve(import.meta.dirname, '../../../test/golden/templates');
const published = readdirSync(folder).filter((file) => file.endsWith('.jinja'));
const read = (file: string) => readFileSync(path.join(folder, file), 'utf8');

const personas: Readonly<Record<string, RegExp>> = {
  'smollm2.jinja': /named SmolLM, trained by Hugging Face/,
  'qwen2_5.jinja': /You are Qwen/,
  'qwen2_5_coder.jinja': /You are Qwen/,
};

describe('a published template', () => {
  it.each(published.filter((file) => personas[file] === undefined))('%s has none', async (file) => {
    expect(await findPersona(through(read(file)))).toBeNull();
  });

  it.each(Object.entries(personas))('%s says who it is, and need not', async (file, own) => {
    const render = through(read(file));
    const persona = await findPersona(render);
    expect(persona!.written).toMatch(own);
    expect(persona!.bare).toBe('');
    const text = await render([{ role: 'user', content: 'Hi' }]);
    expect(text.slice(persona!.written.length)).toMatch(/^<\|im_start\|>user\nHi<\|im_end\|>\n/);
  });
});

describe('a template', () => {
  const turns = "{% for m in messages %}[{{ m.role }}]{{ m.content }}{{ '\\n' }}{% endfor %}";
  const persona = "{% if messages[0].role != 'system' %}[system]Be good.{{ '\\n' }}{% endif %}";

  it.each<[string, string, Awaited<ReturnType<typeof findPersona>>]>([
    ['that says nothing of its own', turns, null],
    ['that leaves system messages out', '{{ messages[-1].content }}', null],
    [
      'that refuses system messages',
      `{% if messages[0].role == 'system' %}{{ raise_exception('no') }}{% endif %}${turns}`,
      null,
    ],
    ['with a persona', persona + turns, { written: '[system]Be good.\n', bare: '' }],
    [
      'with a persona behind BOS',
      `{{ bos_token }}${persona}${turns}`,
      { written: '<s>[system]Be good.\n', bare: '<s>' },
    ],
    [
      'with one system turn, which is left empty',
      `{% if messages[1:] and messages[1].role == 'system' %}{{ raise_exception('one') }}{% endif %}${persona}${turns}`,
      { written: '[system]Be good.', bare: '[system]' },
    ],
    [
      'that puts it into the question',
      "{% for m in messages %}{% if m.role == 'system' %}{{ m.content }} {% else %}Q: {{ m.content }}{% endif %}{% endfor %}",
      null,
    ],
  ])('%s', async (_, template, expected) => {
    expect(await findPersona(through(template))).toEqual(expected);
  });

  it('that fails for a question alone fails', async () => {
    await expect(findPersona(through("{{ raise_exception('never') }}"))).rejects.toThrow('never');
  });
});
