import { readFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';

import { plainTemplate, toolTemplates } from '../../test/support/tool-templates.ts';
import type { ChatMessage, ChatPrompt } from '../spec/index.ts';
import { createChatRenderer } from './chat-renderer.ts';
import { toTemplateInput, type TemplateInput } from './template-input.ts';
import { findToolSupport, type ToolSupport } from './tool-support.ts';
import { withToolText } from './tool-text.ts';

const renderer = createChatRenderer();
afterAll(() => renderer[Symbol.asyncDispose]());

const specials = { bosToken: '<s>', eosToken: '</s>' };
const rendering = (template: string) => (input: TemplateInput) =>
  renderer.render({ template, ...specials, ...input });

const supportOf = (template: string): Promise<ToolSupport> => findToolSupport(rendering(template));

async function show(template: string, conversation: ChatPrompt): Promise<string> {
  const support = await supportOf(template);
  const told = withToolText(conversation, support);
  return rendering(template)(toTemplateInput(told, support.calls ?? undefined));
}

const weather = { name: 'weather', description: 'The weather.', parameters: { type: 'object' } };
const call = { id: 'call_0123456789abcdef', name: 'weather', arguments: '{"city": "Oslo"}' };
const messages: readonly ChatMessage[] = [
  { role: 'user', content: 'Weather?' },
  { role: 'assistant', content: '', toolCalls: [call] },
  { role: 'tool', content: 'rain', toolCallId: call.id },
];

it('no template is shown whether a schema is strict', async () => {
  const plain = { messages: messages.slice(0, 1), tools: [weather] };
  const strict = { ...plain, tools: [{ ...weather, strict: true }] };
  for (const template of [toolTemplates[0]!.template, plainTemplate]) {
    expect(await show(template, strict)).toBe(await show(template, plain));
  }
});

describe.each(toolTemplates)('the template of $name', ({ template, form }) => {
  it('is found to know tools, and its form', async () => {
    expect(await supportOf(template)).toMatchObject({ tools: true, results: true, form });
  });

  it('shows the tools, the call in its form, and the result', async () => {
    const text = await show(template, { messages, tools: [weather] });
    expect(text).toContain('The weather.');
    expect(text).toContain('rain');
    const written = {
      hermes: '<tool_call>\n{"name": "weather", "arguments": {"city": "Oslo"}}\n</tool_call>',
      llama: '{"name": "weather", "parameters": {"city": "Oslo"}}',
      mistral: '[TOOL_CALLS] [{"name": "weather", "arguments": {"city": "Oslo"}, "id": "',
      functionary: '<function=weather>{"city": "Oslo"}</function>',
    }[form];
    expect(text).toContain(written);
  });
});

it('finds how a template takes arguments, empty content and ids', async () => {
  const styles = await Promise.all(
    toolTemplates.map(async ({ name, template }) => [name, (await supportOf(template)).calls]),
  );
  const object = { arguments: 'object', nullContent: true, idLength: null };
  expect(Object.fromEntries(styles)).toEqual({
    'Llama 3.1': object,
    Hermes: object,
    Mistral: { ...object, idLength: 9 },
    'Functionary 3.1': { ...object, arguments: 'text' },
    'Qwen2.5-Coder': object,
    Qwen3: object,
  });
});

describe('a template that knows no tools', () => {
  it('is found to', async () => {
    expect(await supportOf(plainTemplate)).toEqual({
      tools: false,
      calls: null,
      results: false,
      system: true,
      form: 'hermes',
    });
  });

  it('has tools described in the system message, calls as text, and results said by the user', async () => {
    const [question, called, result] = messages;
    const again = { ...call, id: 'b' };
    const both = [
      { role: 'system' as const, content: 'Be brief.' },
      question!,
      { ...called!, content: 'I look.', toolCalls: [call, again] },
      result!,
      { role: 'tool' as const, content: 'sun', toolCallId: 'b' },
    ];
    const text = await show(plainTemplate, { messages: both, tools: [weather] });
    const spelled = '<tool_call>\n{"name": "weather", "arguments": {"city": "Oslo"}}\n</tool_call>';
    expect(text).toMatch(/^Be brief\.\n\nYou may call these functions:\n/);
    expect(text).toContain(
      '<tools>\n{"name":"weather","description":"The weather.","parameters":{"type":"object"}}\n</tools>',
    );
    expect(text).toContain(`<|assistant|> I look.\n${spelled}\n${spelled}\n`);
    expect(text).toMatch(
      /<\|user\|> <tool_response>\nrain\n<\/tool_response>\n<tool_response>\nsun\n<\/tool_response>\n<\|assistant\|>$/,
    );
  });

  it('has them described to the user where it has no system message', async () => {
    const template = plainTemplate.replace("m.role == 'system'", 'false');
    expect(await supportOf(template)).toMatchObject({ system: false });
    const text = await show(template, { messages: messages.slice(0, 1), tools: [weather] });
    expect(text).toMatch(/^<\|user\|> You may call[^]*\n\nWeather\?\n<\|assistant\|>$/);
  });
});

it('shows published templates as they are', async () => {
  for (const file of ['deepseekv3', 'glm4moe', 'gptoss', 'phi3', 'qwen3_vl', 'smollm2']) {
    const url = new URL(`../../test/golden/templates/${file}.jinja`, import.meta.url);
    const template = readFileSync(url, 'utf8');
    const text = await show(template, { messages, tools: [weather] });
    expect({ file, rain: text.includes('rain') }).toEqual({ file, rain: true });
    expect({ file, name: text.includes('weather') }).toEqual({ file, name: true });
  }
});

describe('arguments', () => {
  it('keep their numbers as they were written', async () => {
    const given =
      '{"id": 12345678901234567890, "x": 1.0, "y": -0.5e3, "z": [7, "1.0"], "s": "12345678901234567"}';
    const told = [{ ...messages[1]!, toolCalls: [{ ...call, arguments: given }] }];
    const text = await show(toolTemplates[1]!.template, { messages: told });
    expect(text).toContain(
      '{"id": 12345678901234567890, "x": 1.0, "y": -500.0, "z": [7, "1.0"], "s": "12345678901234567"}',
    );
  });
});
