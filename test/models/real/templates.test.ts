// The chat templates of real models against jinja2: byte for byte, and token for token in a prompt.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { viewPrompt } from '../../../src/engine/request/prompts.ts';
import { loadModel, type LlamaModel } from '../../../src/llama/index.ts';
import { createChatRenderer } from '../../../src/prompt/index.ts';
import { JinjaError, renderJinja } from '../../../src/prompt/jinja/index.ts';
import type { RecipeModel } from '../../../src/recipe/index.ts';
import type { ChatMessage } from '../../../src/spec/index.ts';
import { baseAlignment } from '../../support/base-alignment.ts';
import { conversations } from '../../support/conversations.ts';
import { findPython, runPython } from '../../support/python.ts';
import { findRealModel } from '../../support/real-models.ts';

const names = [
  'smollm2-135m-instruct-q4_1',
  'qwen2.5-coder-0.5b-instruct-q4_k_m',
  'qwen2.5-coder-1.5b-instruct-q4_k_m',
];
const python = findPython('jinja2', 'chat templates against jinja2');

interface Rendered {
  readonly text?: string;
  readonly error?: string;
}

/** Every conversation with and without what introduces an answer. */
const cases = Object.entries(conversations).flatMap(([name, given]) =>
  [true, false].map((add_generation_prompt) => ({
    name: add_generation_prompt ? name : `${name}, no answer`,
    variables: { tools: null, documents: null, ...given, add_generation_prompt },
  })),
);

const limits = { steps: 2_000_000, bytes: 2 ** 26, length: 2 ** 22 };

const renderer = createChatRenderer();
afterAll(() => renderer[Symbol.asyncDispose]());

const plainRoles: ReadonlySet<unknown> = new Set(['system', 'user', 'assistant']);

/** Plain messages that do not end with an answer. */
function isAnswerable(given: readonly object[]): given is readonly ChatMessage[] {
  const messages = given as readonly Partial<ChatMessage>[];
  const last = messages.at(-1)?.role;
  if (last === undefined || last === 'assistant') return false;
  return messages.every(
    ({ role, content, ...more }) =>
      plainRoles.has(role) && typeof content === 'string' && Object.keys(more).length === 0,
  );
}

describe.skipIf(python === undefined).each(names)('the template of %s', (name) => {
  const file = findRealModel(name, 'its template');
  let model: LlamaModel;
  let template: string;
  let theirs: readonly Rendered[];
  let specials: { bos_token: string; eos_token: string };
  beforeAll(async () => {
    if (file === undefined) return;
    model = await loadModel(file, { vocabularyOnly: true });
    template = model.chatTemplate!;
    const { bos, eos } = model.vocabulary.special;
    const spell = (id: number | null) => (id === null ? '' : model.vocabulary.label(id));
    specials = { bos_token: spell(bos), eos_token: spell(eos) };
    const variables = cases.map((each) => ({ ...each.variables, ...specials }));
    theirs = await runPython(python!, 'render_templates.py', { template, variables });
  });
  afterAll(() => model?.[Symbol.dispose]());

  it.skipIf(file === undefined)('renders what jinja2 renders, and fails where it fails', () => {
    const ours = cases.map(({ variables }) => {
      try {
        const given = { ...variables, ...specials };
        return renderJinja(template, { variables: given, timeFields: () => null!, limits });
      } catch (error) {
        if (!(error instanceof JinjaError)) throw error;
        return null;
      }
    });
    const named = (texts: readonly (string | null)[]) =>
      cases.map((each, i) => [each.name, texts[i]]);
    expect(named(ours)).toEqual(named(theirs.map(({ text = null }) => text)));
    console.log(`${name}: ${ours.filter((text) => text !== null).length} of ${ours.length} render`);
  });

  it.skipIf(file === undefined)('makes the prompts that jinja2 makes', async () => {
    const prompts = cases.flatMap(({ variables: { messages, tools, add_generation_prompt } }, i) =>
      isAnswerable(messages) && tools === null && add_generation_prompt
        ? [{ messages, text: theirs[i]!.text! }]
        : [],
    );
    expect(prompts.length).toBeGreaterThan(12);
    for (const { messages, text } of prompts) {
      const seen = await view(messages, { markup: 'parse' });
      const options = { addSpecial: model.vocabulary.special.addBos, parseSpecial: true };
      expect({ text, seen }).toEqual({ text, seen: model.vocabulary.tokenize(text, options) });
    }
  });

  it.skipIf(file === undefined)(
    'is told of no system message, of another, and of none',
    async () => {
      const render = async (messages: readonly ChatMessage[]) => {
        const variables = [{ messages, add_generation_prompt: true, tools: null, ...specials }];
        const [rendered] = await runPython<Rendered[]>(python!, 'render_templates.py', {
          template,
          variables,
        });
        return model.vocabulary.tokenize(rendered!.text!, {
          addSpecial: false,
          parseSpecial: true,
        });
      };
      const question: ChatMessage = { role: 'user', content: 'Who are you?' };
      const asked: ChatMessage[] = [{ role: 'system', content: 'Be brief.' }, question];
      const other: ChatMessage = { role: 'system', content: 'Be long.' };
      expect(await view(asked, {})).toEqual(await render(asked));
      expect(await view(asked, { system: null })).toEqual(await render([question]));
      expect(await view(asked, { system: 'Be long.' })).toEqual(await render([other, question]));
      const bare = '<|im_start|>user\nWho are you?<|im_end|>\n<|im_start|>assistant\n';
      const tokens = model.vocabulary.tokenize(bare, { addSpecial: false, parseSpecial: true });
      expect(await view(asked, { system: false })).toEqual(tokens);
    },
  );

  function view(messages: readonly ChatMessage[], declared: Partial<RecipeModel>) {
    const declaration: RecipeModel = {
      name: 'base',
      source: { kind: 'file', path: file! },
      view: { kind: 'chat', template: null },
      markup: 'text',
      system: undefined,
      gpuLayers: 0,
      adapters: [],
      ...declared,
    };
    const context = { contextLength: 100_000 };
    return viewPrompt(
      { messages },
      { declaration, weights: model, context, alignment: baseAlignment },
      renderer,
    );
  }
});
