import { describe, expect, it } from 'vitest';

import {
  byteVocabulary,
  bytesOf,
  controlToken,
  endToken,
} from '../../../test/support/byte-vocabulary.ts';
import { fakeLoader } from '../../../test/support/fake-model/fake-loader.ts';
import { fakeRecipe } from '../../../test/support/fake-model/fake-recipe.ts';
import { plainTemplate, toolTemplates } from '../../../test/support/tool-templates.ts';
import { uniformAt } from '../../math/index.ts';
import { readCalls } from '../../calls/index.ts';
import type { RecipeDocument } from '../../recipe/index.ts';
import type { ChatPrompt, GenerateOptions, TokenId } from '../../spec/index.ts';
import { LoadedRecipe } from '../loaded-recipe.ts';

const vocabulary = byteVocabulary(['<tool_call>', '{"', '": ', '"}']);

interface World {
  readonly template: string;
  readonly logits: (tokens: readonly TokenId[]) => ArrayLike<number>;
  readonly recipe?: Partial<RecipeDocument>;
}

function load({ template, logits, recipe = {} }: World): Promise<LoadedRecipe> {
  const document = fakeRecipe({
    models: { base: { file: 'base.gguf', prompt: { template } } },
    formula: 'base',
    params: {},
    engine: { contextLength: 4096 },
    ...recipe,
  });
  const { loader } = fakeLoader({ base: { vocabulary, logits } });
  return LoadedRecipe.load(document, { loader });
}

const mark = '#?';

/** Says a text after the question, and ends. */
const saying = (text: string) => {
  const script = bytesOf(text);
  return (tokens: readonly TokenId[]): Float32Array => {
    const asked = Buffer.from(tokens.map((id) => (id < 256 ? id : 1))).lastIndexOf(mark);
    const said = tokens.length - asked - mark.length;
    const logits = new Float32Array(vocabulary.size);
    logits[script[said] ?? endToken] = 50;
    return logits;
  };
};

/** Likes anything, with a taste for calls, and ends sooner or later. */
function babbling(tokens: readonly TokenId[]): Float32Array {
  const logits = new Float32Array(vocabulary.size);
  const seed = tokens.reduce((sum, id, i) => (sum + id * (i + 1)) % 99_991, tokens.length);
  for (let id = 0; id < logits.length; id++) logits[id] = 6 * uniformAt(seed, id);
  logits[258] = 8; // <tool_call>
  for (const id of bytesOf('<[{"}]fg:, ')) logits[id]! += 4;
  logits[endToken] = 7;
  return logits;
}

const city = {
  type: 'object',
  properties: { city: { type: 'string', maxLength: 3 }, days: { enum: [1, 3] } },
  required: ['city', 'days'],
  additionalProperties: false,
} as const;
const tools = [{ name: 'look', parameters: city }, { name: 'stop' }];
const ask = (more: Partial<ChatPrompt> = {}): ChatPrompt => ({
  messages: [{ role: 'user', content: mark }],
  tools,
  ...more,
});

function fits(name: string, given: string): boolean {
  const value = JSON.parse(given) as Record<string, unknown>;
  const names = Object.keys(value).toSorted().join();
  if (name === 'stop') return names === '';
  return (
    names === 'city,days' &&
    typeof value['city'] === 'string' &&
    [1, 3].includes(value['days'] as number)
  );
}

async function answer(world: World, prompt: ChatPrompt, options: GenerateOptions = {}) {
  await using trimtab = await load(world);
  const result = await trimtab.generate(prompt, { maxTokens: 300, temperature: 0, ...options });
  return { ...result, read: result.calls && readCalls(result.text, result.calls) };
}

// The fake counts what it has said from the question on, so that nothing may stand behind it.
const bare = (template: string): string =>
  template + "{% if false %}{{ '<function=' }}{% endif %}{{ '\n" + mark + "' }}";

describe.each(toolTemplates)('an answer through the template of $name', ({ template, form }) => {
  const spelled = {
    hermes:
      'I look.<tool_call>\n{"name": "look", "arguments": {"city": "A", "days": 3}}\n</tool_call>',
    llama: 'I look.{"name": "look", "parameters": {"city": "A", "days": 3}}',
    mistral: 'I look.[TOOL_CALLS] [{"name": "look", "arguments": {"city": "A", "days": 3}}]',
    functionary: 'I look.<function=look>{"city": "A", "days": 3}</function>',
  }[form];

  it('may say something, and call in its form', async () => {
    const world = { template: bare(template), logits: saying(spelled) };
    const { text, calls, read, finishReason } = await answer(world, ask());
    const names = ['look', 'stop'];
    expect([text, calls, finishReason]).toEqual([spelled, { form, atStart: false, names }, 'stop']);
    expect(read).toEqual({
      content: 'I look.',
      calls: [{ name: 'look', arguments: '{"city": "A", "days": 3}' }],
    });
  });

  it('may call in a block of JSON where models of its form do', async () => {
    const block =
      'So:\n```json\n{\n  "name": "look",\n  "arguments": {\n    "city": "Ab",\n    "days": 1\n  }\n}\n```';
    const world = { template: bare(template), logits: saying(block) };
    const { text, read } = await answer(world, ask());
    expect(text).toBe(block);
    const called = [{ name: 'look', arguments: '{\n    "city": "Ab",\n    "days": 1\n  }' }];
    const isCall = form === 'hermes';
    expect(read).toEqual(
      isCall ? { content: 'So:', calls: called } : { content: block, calls: [] },
    );
    const wrong = { template: bare(template), logits: saying(block.replace('"Ab"', '"Abcd"')) };
    const { read: fitted } = await answer(wrong, ask());
    expect(fitted!.calls.map((call) => fits(call.name, call.arguments))).toEqual(
      isCall ? [true] : [],
    );
    const other = block.replace('look', 'lookup');
    expect((await answer({ ...world, logits: saying(other) }, ask())).read).toEqual({
      content: other,
      calls: [],
    });
  });

  it('has arguments that fit their schemas, whatever the model likes', async () => {
    await using trimtab = await load({ template: bare(template), logits: babbling });
    let called = 0;
    for (let seed = 0; seed < 12; seed++) {
      const toolChoice = (['auto', 'required', { name: 'look' }] as const)[seed % 3];
      const prompt = ask({ toolChoice, parallelToolCalls: seed % 2 === 0 });
      const options = { seed, temperature: 1, maxTokens: 160 };
      const { text, calls, finishReason } = await trimtab.generate(prompt, options);
      if (finishReason === 'length') continue;
      const read = readCalls(text, calls!);
      called += read.calls.length;
      const wrong = read.calls.filter(({ name, arguments: given }) => !fits(name, given));
      const isOne = typeof toolChoice === 'object' || seed % 2 === 1;
      const isForced = toolChoice !== 'auto';
      expect({
        wrong,
        tooMany: isOne && read.calls.length > 1,
        tooFew: isForced && read.calls.length === 0,
        content: isForced ? read.content : '',
        other: typeof toolChoice === 'object' && read.calls.some(({ name }) => name !== 'look'),
      }).toEqual({ wrong: [], tooMany: false, tooFew: false, content: '', other: false });
    }
    expect(called).toBeGreaterThan(0);
  });
});

it('may begin a call with the control token that its vocabulary has for that', async () => {
  const { template } = toolTemplates.find(({ form }) => form === 'mistral')!;
  const label = (tokenId: TokenId): string =>
    tokenId === controlToken ? '[TOOL_CALLS]' : vocabulary.label(tokenId);
  const piece = (tokenId: TokenId): Uint8Array =>
    tokenId === controlToken ? new Uint8Array() : vocabulary.piece(tokenId);
  const said = [
    ...bytesOf('I look. '),
    controlToken,
    ...bytesOf(' [{"name": "look", "arguments": {"city": "A", "days": 3}}]'),
    endToken,
  ];
  let prompt = Infinity;
  const logits = (tokens: readonly TokenId[]): Float32Array => {
    prompt = Math.min(prompt, tokens.length);
    const row = new Float32Array(vocabulary.size);
    row[said[tokens.length - prompt]!] = 50;
    return row;
  };
  const { loader } = fakeLoader({ base: { vocabulary: { ...vocabulary, label, piece }, logits } });
  const recipe = fakeRecipe({
    models: { base: { file: 'base.gguf', prompt: { template } } },
    formula: 'base',
    params: {},
    engine: { contextLength: 4096 },
  });
  await using trimtab = await LoadedRecipe.load(recipe, { loader });
  const { text, tokens, calls } = await trimtab.generate(ask(), { maxTokens: 200 });
  expect(tokens.map(({ tokenId }) => tokenId)).toEqual(said.slice(0, -1));
  expect(text).toBe(
    'I look. [TOOL_CALLS] [{"name": "look", "arguments": {"city": "A", "days": 3}}]',
  );
  expect(readCalls(text, calls!).calls).toHaveLength(1);
});

describe('an answer with tools', () => {
  const template = bare(plainTemplate);
  const call = '<tool_call>\n{"name": "stop", "arguments": {}}\n</tool_call>';

  it('may make several calls, or one where it is told so', async () => {
    const world = { template, logits: saying(`${call}\n${call}`) };
    expect((await answer(world, ask())).read!.calls).toHaveLength(2);
    const one = await answer(world, ask({ parallelToolCalls: false }));
    expect([one.text, one.finishReason]).toEqual([call, 'stop']);
  });

  it('is text where the model says text, and nothing else is forced', async () => {
    const text = 'No <tool, no call.';
    const result = await answer({ template, logits: saying(text) }, ask());
    expect([result.text, result.read]).toEqual([text, { content: text, calls: [] }]);
  });

  it('is not made to fit calls, nor shown tools, where none may be called', async () => {
    const world = { template, logits: saying(`${call} and on`) };
    const result = await answer(world, ask({ toolChoice: 'none' }));
    expect([result.text, result.calls]).toEqual([`${call} and on`, undefined]);
    const without = await answer(world, { messages: ask().messages });
    expect(result.usage.promptTokens).toBe(without.usage.promptTokens);
    const shown = await answer(world, ask());
    expect(shown.usage.promptTokens).toBeGreaterThan(without.usage.promptTokens + 100);
  });

  it('calls, or is what else it must be', async () => {
    const constraint = {
      jsonSchema: {
        type: 'object',
        properties: { a: { const: call } },
        required: ['a'],
        additionalProperties: false,
      },
    };
    const json = JSON.stringify({ a: call });
    for (const recipe of [{}, { constraint }]) {
      const options = 'constraint' in recipe ? {} : { constraint };
      const said = await answer({ template, logits: saying(json), recipe }, ask(), options);
      expect(said.read).toEqual({ content: json, calls: [] });
      const called = await answer({ template, logits: saying(call), recipe }, ask(), options);
      expect(called.read).toEqual({ content: '', calls: [{ name: 'stop', arguments: '{}' }] });
      const neither = await answer({ template, logits: saying('Hi'), recipe }, ask(), options);
      expect(neither.text === json || neither.read!.calls.length > 0).toBe(true);
    }
    const forced = answer({ template, logits: babbling }, ask({ toolChoice: 'required' }), {
      constraint,
    });
    await expect(forced).rejects.toMatchObject({ option: 'toolChoice' });
  });

  it('tells of schemas at fault at their place', async () => {
    const wrong = { name: 'wrong', parameters: { properties: { a: { type: 'x' } } } };
    const world = { template, logits: babbling };
    for (const toolChoice of ['auto', 'required', { name: 'wrong' }] as const) {
      const asked = answer(world, ask({ tools: [...tools, wrong], toolChoice }));
      await expect(asked).rejects.toMatchObject({
        code: 'invalid_constraint',
        path: 'tools[2].parameters/properties/a/type',
      });
    }
    const both = answer(world, ask(), { constraint: { jsonSchema: { type: 'x' } } });
    await expect(both).rejects.toMatchObject({ path: '/type' });
    const format = { type: 'json_schema', json_schema: { type: 'x' } };
    const tags = [{ begin: '<a>', content: format, end: '</a>' }];
    const tagged = answer(world, ask(), {
      constraint: { structuralTag: { type: 'triggered_tags', triggers: ['<'], tags } },
    });
    await expect(tagged).rejects.toMatchObject({ path: '/tags/0/content/json_schema/type' });
    const short = answer(world, ask({ toolChoice: 'required' }), { maxTokens: 5 });
    await expect(short).rejects.toMatchObject({ path: 'toolChoice', message: /Raise maxTokens/ });
  });

  it('is strict where its schema is, also beside tools', async () => {
    const world = { template, logits: babbling };
    const loose = { type: 'object', javaType: 'A' } as const;
    const given = { strict: true, name: 'given', parameters: loose };
    for (const toolChoice of ['auto', 'required'] as const) {
      const asked = answer(world, ask({ tools: [...tools, given], toolChoice }));
      await expect(asked).rejects.toMatchObject({ path: 'tools[2].parameters/javaType' });
    }
    for (const prompt of [ask(), ask({ tools: [] })]) {
      const strictly = answer(world, prompt, { constraint: { jsonSchema: loose, strict: true } });
      await expect(strictly).rejects.toMatchObject({ path: expect.stringMatching(/\/javaType$/) });
    }
    const { warnings } = await answer(world, ask({ tools: [{ ...given, strict: false }] }));
    expect(warnings?.join()).toContain('javaType');
  });

  it('is constrained by what follows a message that it goes on with', async () => {
    const prompt: ChatPrompt = {
      ...ask(),
      messages: [...ask().messages, { role: 'assistant', content: 'I say: ' }],
      continueFinalMessage: true,
    };
    await using trimtab = await load({ template: plainTemplate, logits: babbling });
    const { calls } = await trimtab.generate(prompt, { maxTokens: 20 });
    expect(calls).toMatchObject({ form: 'hermes', atStart: false });
  });
});
