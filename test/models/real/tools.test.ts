// Conversations with tools against jinja2: what each template writes of them, token for token in a real model's prompt.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { viewPrompt } from '../../../src/engine/request/prompts.ts';
import { loadModel, type LlamaModel } from '../../../src/llama/index.ts';
import {
  createChatRenderer,
  findToolSupport,
  toTemplateInput,
  withToolText,
  type TemplateInput,
} from '../../../src/prompt/index.ts';
import type { ChatPrompt } from '../../../src/spec/index.ts';
import { baseAlignment } from '../../support/base-alignment.ts';
import { findPython, runPython } from '../../support/python.ts';
import { findRealModel } from '../../support/real-models.ts';
import { toolTemplates } from '../../support/tool-templates.ts';

const python = findPython('jinja2', 'tools in chat templates against jinja2');
const file = findRealModel('qwen2.5-coder-0.5b-instruct-q4_k_m', 'tools in its template');

const tools = [
  {
    name: 'weather',
    description: 'The weather of a place, "now" & <here>; it’s free.',
    parameters: {
      type: 'object',
      properties: { city: { type: 'string', description: '日本\n' }, days: { enum: [1, 3] } },
      required: ['city'],
    },
  },
  { name: 'now' },
];
const calls = [
  {
    id: 'aB3dE5gH7',
    name: 'weather',
    arguments: '{"city": "Zürich \\"Altstadt\\"", "days": [1.5, null]}',
  },
  { id: 'aB3dE5gH8', name: 'now', arguments: '{}' },
];
const user = (content: string) => ({ role: 'user' as const, content });
const calling = (...toolCalls: typeof calls) => ({
  role: 'assistant' as const,
  content: '',
  toolCalls,
});
const result = (toolCallId: string) => ({
  role: 'tool' as const,
  content: '{"sky": "clear"}',
  toolCallId,
});

const conversations: readonly ChatPrompt[] = [
  { tools, messages: [user('Weather?')] },
  { tools, messages: [{ role: 'system', content: 'Be brief.' }, user('Weather?')] },
  { tools, messages: [user('Weather?'), calling(calls[0]!), result('aB3dE5gH7')] },
  { messages: [user('Weather?'), calling(calls[0]!), result('aB3dE5gH7')] },
  {
    tools,
    messages: [
      user('Weather?'),
      { ...calling(calls[0]!), content: 'I look.' },
      result('aB3dE5gH7'),
      { role: 'assistant', content: 'Clear.' },
      user('And the time?'),
      calling(calls[1]!),
      result('aB3dE5gH8'),
    ],
  },
  { tools, messages: [user('Both?'), calling(...calls), result('aB3dE5gH7'), result('aB3dE5gH8')] },
];

const renderer = createChatRenderer();
afterAll(() => renderer[Symbol.asyncDispose]());

const specials = { bos_token: '<s>', eos_token: '</s>' };

/** Numbers with a point, which the arguments of calls keep apart from whole ones. */
function asNumber(_: string, value: unknown): unknown {
  return typeof value === 'object' && value !== null && Object.keys(value).join() === 'value'
    ? Object.values(value)[0]
    : value;
}

/** What jinja2 writes; `null` where it fails. */
async function theirs(template: string, inputs: readonly TemplateInput[]) {
  const variables = inputs.map((input) => ({
    ...(JSON.parse(JSON.stringify(input, asNumber)) as TemplateInput),
    documents: null,
    add_generation_prompt: true,
    ...specials,
  }));
  const rendered = await runPython<{ text?: string }[]>(python!, 'render_templates.py', {
    template,
    variables,
  });
  return rendered.map(({ text = null }) => text);
}

describe.skipIf(python === undefined).each(toolTemplates)('the template of $name', (each) => {
  it('writes tools, calls and results as jinja2 does', async () => {
    const { template } = each;
    const render = (input: TemplateInput) =>
      renderer.render({ template, bosToken: '<s>', eosToken: '</s>', ...input });
    const support = await findToolSupport(render);
    const inputs = conversations.map((conversation) =>
      toTemplateInput(withToolText(conversation, support), support.calls ?? undefined),
    );
    const ours = await Promise.all(inputs.map((input) => render(input).catch(() => null)));
    expect(ours).toEqual(await theirs(template, inputs));
    // Llama's refuses two calls at once.
    expect(ours.filter((text) => text !== null)).toHaveLength(each.form === 'llama' ? 5 : 6);
  });
});

describe.skipIf(python === undefined || file === undefined)('Qwen2.5-Coder 0.5B', () => {
  let model: LlamaModel;
  beforeAll(async () => {
    model = await loadModel(file!, { vocabularyOnly: true });
  });
  afterAll(() => model?.[Symbol.dispose]());
  function view(prompt: ChatPrompt) {
    const declaration = {
      name: 'base',
      source: { kind: 'file' as const, path: file! },
      view: { kind: 'chat' as const, template: null },
      markup: 'text' as const,
      system: undefined,
      gpuLayers: 0,
      adapters: [],
    };
    const context = { contextLength: 100_000 };
    return viewPrompt(
      prompt,
      { declaration, weights: model, context, alignment: baseAlignment },
      renderer,
    );
  }

  const tokenize = (text: string) =>
    model.vocabulary.tokenize(text, { addSpecial: false, parseSpecial: true });

  it('sees the tokens of what jinja2 writes', async () => {
    const texts = await theirs(
      model.chatTemplate!,
      conversations.map((each) => toTemplateInput(each)),
    );
    for (const [i, conversation] of conversations.entries()) {
      expect(await view(conversation)).toEqual(tokenize(texts[i]!));
    }
  });

  it('goes on with a message', async () => {
    const messages = [user('Who?'), { role: 'assistant' as const, content: 'It was ' }];
    const [text] = await theirs(model.chatTemplate!, [
      toTemplateInput({ messages: [user('Who?')] }),
    ]);
    expect(await view({ messages, continueFinalMessage: true })).toEqual(
      tokenize(`${text}It was `),
    );
  });
});
