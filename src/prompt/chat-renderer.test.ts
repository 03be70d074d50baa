import { afterAll, describe, expect, it } from 'vitest';
import {
  ContextLengthError,
  DisposedError,
  InvalidOptionError,
  TemplateError,
} from '../spec/index.ts';
import type { ChatMessage } from '../spec/index.ts';
import { createChatRenderer } from './chat-renderer.ts';

const user: ChatMessage = { role: 'user', content: 'Who was she? ' };
const conversation: readonly ChatMessage[] = [
  { role: 'system', content: 'Be brief.' },
  { role: 'user', content: 'Hello' },
  { role: 'assistant', content: 'Good day.' },
  user,
];

const embedded =
  '{% for m in messages %}<|{{ m.role }}|> {{ m.content }}\n{% endfor %}' +
  '{% if add_generation_prompt %}<|assistant|>{% endif %}';
const chatml = `{%- for message in messages %}
    {{- '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>\\n' }}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|im_start|>assistant\\n' }}
{%- endif %}`;
const headers = `{{- bos_token }}
{%- if not tools is defined %}{%- set tools = none %}{%- endif %}
{%- if messages[0].role == 'system' %}
    {%- set system = messages[0].content | trim %}
    {%- set rest = messages[1:] %}
{%- else %}
    {%- set system = '' %}
    {%- set rest = messages %}
{%- endif %}
{{- '<|header|>system<|/header|>\\n\\nToday: ' + strftime_now('%d %b %Y') + '\\n' + system + '<|eot|>' }}
{%- if tools is not none %}{{ raise_exception('tools') }}{%- endif %}
{%- for message in rest %}
    {{- '<|header|>' + message.role + '<|/header|>\\n\\n' + message.content | trim + '<|eot|>' }}
{%- endfor %}
{%- if add_generation_prompt %}{{- '<|header|>assistant<|/header|>\\n\\n' }}{%- endif %}`;
const noSystem = `{{ bos_token }}
{%- if messages[0]['role'] == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}
{%- for message in messages %}
{%- set role = 'model' if message['role'] == 'assistant' else message['role'] %}
{{- '<start>' + role + '\\n' + (message['content'] | trim) + '<end>\\n' }}
{%- endfor %}
{%- if add_generation_prompt %}{{ '<start>model\\n' }}{% endif %}`;
const instructions = `{{ bos_token }}{% for message in messages %}
{%- if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}
{{- raise_exception('Roles must alternate user/assistant/user/assistant/...') }}
{%- endif %}
{%- if message['role'] == 'user' %}{{ '[INST] ' + message['content'] + ' [/INST]' }}
{%- else %}{{ message['content'] + eos_token }}{% endif %}
{%- endfor %}`;

const renderer = createChatRenderer();
afterAll(() => renderer[Symbol.asyncDispose]());

const render = (template: string, messages = conversation) =>
  renderer.render({
    template,
    messages,
    bosToken: '<s>',
    eosToken: '</s>',
    now: new Date(2026, 2, 7, 15, 4, 5),
  });

describe('families of templates', () => {
  it('renders the embedded models', async () => {
    const prompt =
      '<|system|> Be brief.\n<|user|> Hello\n<|assistant|> Good day.\n<|user|> Who was she? \n';
    expect(await render(embedded)).toBe(`${prompt}<|assistant|>`);
    const options = { template: embedded, messages: conversation, addGenerationPrompt: false };
    expect(await renderer.render(options)).toBe(prompt);
  });

  it('renders ChatML', async () => {
    expect(await render(chatml, [user])).toBe(
      '<|im_start|>user\nWho was she? <|im_end|>\n<|im_start|>assistant\n',
    );
  });

  it('renders headers, with the date that it is given', async () => {
    expect(await render(headers)).toBe(
      '<s><|header|>system<|/header|>\n\nToday: 07 Mar 2026\nBe brief.<|eot|>' +
        '<|header|>user<|/header|>\n\nHello<|eot|>' +
        '<|header|>assistant<|/header|>\n\nGood day.<|eot|>' +
        '<|header|>user<|/header|>\n\nWho was she?<|eot|>' +
        '<|header|>assistant<|/header|>\n\n',
    );
  });

  it('renders turns, and says why a template refuses', async () => {
    expect(await render(noSystem, conversation.slice(1))).toBe(
      '<s><start>user\nHello<end>\n<start>model\nGood day.<end>\n' +
        '<start>user\nWho was she?<end>\n<start>model\n',
    );
    await expect(render(noSystem)).rejects.toThrow('“System role not supported”');
  });

  it('renders instructions', async () => {
    expect(await render(instructions, conversation.slice(1))).toBe(
      '<s>[INST] Hello [/INST]Good day.</s>[INST] Who was she?  [/INST]',
    );
    await expect(render(instructions)).rejects.toThrow('Roles must alternate');
  });

  it('writes times as Python does', async () => {
    expect(
      await render("{{ strftime_now('%A %-d %B %y, %j, %I:%M:%S %p, %H %a %Q 100%%') }}"),
    ).toBe('Saturday 7 March 26, 066, 03:04:05 PM, 15 Sat %Q 100%');
  });

  it('counts as Python does', async () => {
    expect(
      await render(
        '{{ range(3)|join(",") }} {{ range(1, 8, 3)|join(",") }} {{ range(3, 0, -1)|join(",") }}',
      ),
    ).toBe('0,1,2 1,4,7 3,2,1');
  });

  it('is the text itself, whatever it contains', async () => {
    const content = 'a {{ 7 * 7 }} {% raise %} \u2028 \uD83D </s> "quoted" \0';
    expect(await render('{{ messages[0].content }}', [{ role: 'user', content }])).toBe(content);
  });
});

/** A template with a string of `16 × 2^times` characters in `ns.x`. */
function doubled(times: number, end: string): string {
  return `{% set ns = namespace(x='0123456789abcdef') %}{% for i in range(${times}) %}{% set ns.x = ns.x ~ ns.x %}{% endfor %}${end}`;
}

describe('templates that fail', () => {
  it.each([
    ['{% if %}', 'does not parse in line 1'],
    [`{{ ${'('.repeat(50_000)}1${')'.repeat(50_000)} }}`, 'does not parse'],
    ['a\n{{ nothing() }}', "failed in line 2: 'nothing' is undefined."],
    ['{{ range(300000000) }}', 'MAX_RANGE'],
    ["\n\n{{ raise_exception('no') }}", 'refuses these messages in line 3: “no”'],
  ])('say what failed, where, and what to do: %.30s', async (template, says) => {
    const rendering = render(template);
    await expect(rendering).rejects.toBeInstanceOf(TemplateError);
    await expect(rendering).rejects.toThrow(says);
    await expect(rendering).rejects.toThrow('prompt: raw');
  });

  it.each([
    [
      'steps',
      `${'{% for i in range(1000) %}'.repeat(4)}${'{% endfor %}'.repeat(4)}`,
      'more than 50000 steps',
    ],
    ['memory', doubled(15, '{{ ns.x|upper|length }}'), 'more than 1048576 bytes'],
    ['length', doubled(12, '{{ ns.x }}'), 'above the limit of 1000'],
  ])('are ended at their limit of %s, and the next works', async (limit, template, says) => {
    await using bounded = createChatRenderer({
      stepLimit: limit === 'steps' ? 50_000 : 10_000_000,
      memoryLimitMb: 1,
      maxOutputLength: limit === 'length' ? 1000 : 10_000_000,
    });
    const rendering = bounded.render({ template, messages: [] });
    await expect(rendering).rejects.toThrow(TemplateError);
    await expect(rendering).rejects.toThrow(says);
    expect(await bounded.render({ template: 'fine', messages: [] })).toBe('fine');
  });
});

describe('the renderer', () => {
  it.each([
    ['longer than a prompt may be', '{{ messages | length }}', 1001],
    ['that a template makes too long', '{{ messages[0].content }}{{ messages[0].content }}', 600],
    [
      'that a template has too much to do with',
      '{% for c in messages[0].content %}{{ c }}{{ c }}{% endfor %}',
      400,
    ],
  ])('refuses messages %s as too long a prompt', async (_, template, length) => {
    await using bounded = createChatRenderer({ maxOutputLength: 1000, stepLimit: 500 });
    const messages = [{ role: 'user', content: 'x'.repeat(length) } as const];
    const rendering = bounded.render({ template, messages });
    await expect(rendering).rejects.toThrow(ContextLengthError);
    await expect(rendering).rejects.toThrow(
      `have ${length} characters, and a whole prompt may have 1000`,
    );
    const short = bounded.render({ template: '{{ "x" * 1001 }}', messages: [] });
    await expect(short).rejects.toThrow(TemplateError); // of its own making
  });

  it('renders many at once, each with its own messages', async () => {
    const contents = Array.from({ length: 30 }, (_, i) => `message ${i}`);
    const texts = contents.map((content) =>
      render('{{ messages[0].content }}', [{ role: 'user', content }]),
    );
    expect(await Promise.all(texts)).toEqual(contents);
  });

  it('lets others go on while a long conversation is rendered', async () => {
    const long = Array.from({ length: 5000 }, () => user);
    const order: string[] = [];
    const slow = render(chatml, long).then(() => order.push('slow'));
    await render(chatml, [user]).then(() => order.push('quick'));
    await slow;
    expect(order).toEqual(['quick', 'slow']);
  });

  it('forgets old templates without harm', async () => {
    const templates = Array.from({ length: 40 }, (_, i) => `${i % 20}`);
    expect(await Promise.all(templates.map((template) => render(template)))).toEqual(templates);
  });

  it('rejects with the reason of an abort, before and while rendering', async () => {
    const reason = new Error('gone');
    const endless =
      '{% for i in range(100000) %}{% for j in range(100000) %}{% endfor %}{% endfor %}';
    await using bounded = createChatRenderer({ stepLimit: 1e12 });
    const options = { template: endless, messages: [] };
    const controller = new AbortController();
    const running = bounded.render({ ...options, signal: controller.signal });
    const unaffected = bounded.render({ template: 'fine', messages: [] });
    controller.abort(reason);
    await expect(running).rejects.toBe(reason);
    await expect(bounded.render({ ...options, signal: controller.signal })).rejects.toBe(reason);
    expect(await unaffected).toBe('fine');
  });

  it('ends what is pending when it is disposed of', async () => {
    const mortal = createChatRenderer({ stepLimit: 1e12 });
    const endless =
      '{% for i in range(100000) %}{% for j in range(100000) %}{% endfor %}{% endfor %}';
    const pending = mortal.render({ template: endless, messages: [] });
    const [outcome] = await Promise.allSettled([pending, mortal[Symbol.asyncDispose]()]);
    expect(outcome).toMatchObject({ reason: expect.any(DisposedError) as DisposedError });
    await expect(mortal.render({ template: 'x', messages: [] })).rejects.toThrow(DisposedError);
  });

  it('refuses limits that are none', () => {
    expect(() => createChatRenderer({ stepLimit: 0 })).toThrow(InvalidOptionError);
    expect(() => createChatRenderer({ memoryLimitMb: Number.NaN })).toThrow(InvalidOptionError);
  });
});
