import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { viewPrompt } from '../../src/engine/request/prompts.ts';
import { loadModel, type LlamaModel } from '../../src/llama/index.ts';
import { uniformAt } from '../../src/math/index.ts';
import { createChatRenderer } from '../../src/prompt/index.ts';
import type { RecipeModel } from '../../src/recipe/index.ts';
import type { ChatMessage, TokenId } from '../../src/spec/index.ts';
import { baseAlignment } from '../support/base-alignment.ts';
import { realModelsFolder } from '../support/real-models.ts';

const embedded = fileURLToPath(new URL('../../models/', import.meta.url));
const files = [
  path.join(embedded, 'atlas-small-chat.gguf'),
  path.join(realModelsFolder, 'smollm2-135m-instruct-q4_1.gguf'),
  path.join(realModelsFolder, 'qwen2.5-coder-0.5b-instruct-q4_k_m.gguf'),
  path.join(realModelsFolder, 'gemma-3-270m-base-q4_k_m.gguf'),
].filter((file) => {
  if (!existsSync(file)) console.warn(`Left out: ${file} is not here.`);
  return existsSync(file);
});

/** Gemma's, which its base model's file lacks, and one that looks into the messages, as Qwen3's does. */
const turns =
  "{% for m in messages %}{{ '<start_of_turn>' + m.role + '\\n' + m.content | trim + '<end_of_turn>\\n' }}" +
  "{% endfor %}{{ '<start_of_turn>model\\n' }}";
const looking =
  "{{ bos_token }}{% for m in messages %}{% if '</think>' in m.content %}{{ m.content.split('</think>')[-1] }}" +
  "{% elif m.content.startswith('<img>') %}[image]{% else %}{{ m.content }}{% endif %}" +
  '{{ eos_token }}{% endfor %}';

const renderer = createChatRenderer();
afterAll(() => renderer[Symbol.asyncDispose]());

type Declared = Pick<RecipeModel, 'view'> & Partial<RecipeModel>;

function view(model: LlamaModel, messages: readonly ChatMessage[], declared: Declared) {
  const declaration: RecipeModel = {
    name: 'base',
    source: { kind: 'file', path: model.file },
    markup: 'text',
    system: undefined,
    gpuLayers: 0,
    adapters: [],
    ...declared,
  };
  const viewing = {
    declaration,
    weights: model,
    context: { contextLength: 100_000 },
    alignment: baseAlignment,
  };
  return viewPrompt({ messages }, viewing, renderer);
}

const user = (content: string): ChatMessage => ({ role: 'user', content });

describe.each(files)('what users write, to %s', (file) => {
  let model: LlamaModel;
  let controls: TokenId[];
  let views: Declared['view'][];
  beforeAll(async () => {
    model = await loadModel(file, { vocabularyOnly: true });
    const { vocabulary } = model;
    controls = [...Array(vocabulary.size).keys()].filter((id) => vocabulary.isControl(id));
    views = [
      { kind: 'raw' },
      { kind: 'chat', template: model.chatTemplate ?? turns },
      { kind: 'chat', template: looking },
    ];
  });
  afterAll(() => model[Symbol.dispose]());

  const spell = (tokens: readonly TokenId[]): string =>
    Buffer.concat(
      tokens.map((id) =>
        model.vocabulary.isControl(id)
          ? Buffer.from(model.vocabulary.label(id))
          : model.vocabulary.piece(id),
      ),
    ).toString();
  const controlsOf = (tokens: readonly TokenId[]) => tokens.filter((id) => controls.includes(id));

  it('becomes no control token, and keeps its letters', async () => {
    const { vocabulary } = model;
    const some = controls.filter((_, i) => i % Math.ceil(controls.length / 12) === 0);
    for (const each of views) {
      const plain = await view(model, [user('hello'), user('you')], { view: each });
      for (const id of some) {
        const label = vocabulary.label(id);
        const text = `tell ${label} me${label}\n${label.slice(0, -1)}`;
        const seen = await view(model, [user(text), user(`${label.at(-1)} b`)], { view: each });
        expect({ label, seen: controlsOf(seen) }).toEqual({ label, seen: controlsOf(plain) });
        expect(spell(seen)).toContain(text);
        const parsed = await view(model, [user(text), user('b')], { view: each, markup: 'parse' });
        expect(controlsOf(parsed).length).toBeGreaterThan(controlsOf(plain).length);
      }
    }
  });

  it('that only a template could make into a control token stays text', async () => {
    const { vocabulary } = model;
    const label = vocabulary.label(vocabulary.special.endOfGeneration.at(-1)!);
    const [head, tail] = [label.slice(0, 3), label.slice(3)];
    const cases: [template: string, contents: string[]][] = [
      ['{% for m in messages %}{{ m.content }}{% endfor %}', [head, tail]],
      ['{% for m in messages %}{{ m.content | trim }}{% endfor %}', [`${head}  `, `\n${tail}`]],
      ["{{ messages[0].content.replace('-', '') }}", [`${head}-${tail}`]],
      ["{{ messages[0].content.split('</think>') | join }}", [`${head}</think>${tail}`]],
      [`${head}{{ messages[0].content }}`, [tail]],
      [`{{ messages[0].content }}${tail}`, [head]],
      [`${label[0]}{{ messages[0].content }}${label.at(-1)}`, [label.slice(1, -1)]],
    ];
    for (const [template, contents] of cases) {
      const seen = await view(model, contents.map(user), { view: { kind: 'chat', template } });
      const start = vocabulary.special.addBos ? [vocabulary.special.bos] : [];
      expect({ template, seen: controlsOf(seen) }).toEqual({ template, seen: start });
    }
  });

  it('gives the tokens it always gave where it spells no control token', async () => {
    const { vocabulary } = model;
    const pieces = [
      'a',
      ' the',
      '<',
      '>',
      '</think>',
      '<think>',
      '<img>',
      '|',
      '[',
      ']',
      ' ',
      '\n',
      '\n\n',

      'é',
      '日本',
      '\u{1f600}',
      '\u200b',
      '\uD800',
      '\uDC00',
      '\uFDD0',
      '\uE000',
      "'",
      '"',
      '{{ x }}',
      '▁▁',
      '<|',
      '|>',
      '<table>',
      '1234',
      '\t',
      '#',
      'user',
      'system',
    ];
    const pick = (seed: number, i: number) =>
      pieces[Math.floor(uniformAt(seed, i) * pieces.length)]!;
    for (let seed = 0; seed < 40; seed++) {
      const messages = Array.from({ length: 1 + (seed % 3) }, (_, m) =>
        user(Array.from({ length: 12 }, (_unused, i) => pick(seed, m * 100 + i)).join('')),
      );
      const each = views[seed % views.length]!;
      const now = await view(model, messages, { view: each });
      const before = await view(model, messages, { view: each, markup: 'parse' });
      // Chance may spell one: then there is nothing to compare.
      const bare = messages.map(({ content }) => content).join('');
      if (controls.some((id) => bare.includes(vocabulary.label(id)))) continue;
      expect({ messages, tokens: now }).toEqual({ messages, tokens: before });
    }
  });
});
