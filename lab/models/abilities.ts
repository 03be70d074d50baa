import path from 'node:path';

import { createProfiles } from '../../src/profiles/index.ts';
import { createLocalService } from '../../src/service/index.ts';
import { openSqliteStore, storeFileName } from '../../src/store/index.ts';
import type { Subject } from './subject.ts';

/** Whether a model can do something; `says` is a figure, or why not. */
export interface Outcome {
  readonly works: boolean;
  readonly says: string;
}

type Ability = (subject: Subject) => Promise<Outcome>;

const works = (says = ''): Outcome => ({ works: true, says });
const fails = (says: string): Outcome => ({ works: false, says });

const conversation = {
  messages: [
    { role: 'user' as const, content: 'Name one colour of the sky, in one short sentence.' },
  ],
};

/** Texts whose tokens must say the same text again: scripts, spaces, what regular expressions of tokenizers differ in. */
const texts = [
  'The quick brown fox jumps over the lazy dog.',
  "It's John's, isn't it? We'll see; they'd've said so.",
  '  two spaces, a\ttab,\na line\r\nand another\n\n',
  'if (a[i] !== b[j]) { return x ** 2; } // 0x1F, 1e-9',
  '12345678901234567890 3.14159 1,000,000.00',
  'Ärger über süße Äpfel, naïve façade, Łódź',
  'Москва и Санкт-Петербург',
  'Η γρήγορη αλεπού',
  '東京は日本の首都です。',
  '中文分词没有空格',
  '대한민국의 수도는 서울',
  'שלום עולם and مرحبا بالعالم',
  'नमस्ते दुनिया',
  'ภาษาไทยไม่มีช่องว่าง',
  '👩‍🚀🏳️‍🌈 🇩🇪 ❤️ e\u0301',
  '<|im_start|>user\nhi<|im_end|> </s> [INST]',
  '\u00A0\u2003\u200Bzero width',
];

/** From the first to the last: each costs more than those before it. */
export const abilities: Readonly<Record<string, Ability>> = {
  async load({ loaded }) {
    return works(`${(loaded.models[0]!.weightBytes / 2 ** 20).toFixed(1)} MiB`);
  },

  async 'text and back'({ loaded }) {
    const changed: string[] = [];
    for (const text of texts) {
      const back = loaded.detokenize(loaded.tokenize(text));
      if (back !== text) changed.push(JSON.stringify(text.slice(0, 20)));
    }
    return changed.length === 0
      ? works(`${texts.length} of ${texts.length}`)
      : fails(`changes ${changed.join(', ')}`);
  },

  async template({ hasTemplate }) {
    return hasTemplate ? works() : fails('its file has none: it continues text');
  },

  async chat({ loaded, hasTemplate }) {
    if (!hasTemplate) return fails('without a template');
    const { text, finishReason, usage } = await loaded.generate(conversation, {
      temperature: 0,
      maxTokens: 120,
    });
    if (finishReason !== 'stop') return fails(`does not end in ${usage.completionTokens} tokens`);
    if (/<\|?\/?[a-z_]+\|?>/.test(text)) return fails(`writes markup: ${JSON.stringify(text)}`);
    return works(`ends after ${usage.completionTokens}`);
  },

  async constraint({ loaded, hasTemplate }) {
    const jsonSchema = {
      type: 'object',
      properties: {
        colour: { type: 'string', maxLength: 20 },
        count: { type: 'integer', minimum: 0, maximum: 9 },
        tags: { type: 'array', items: { enum: ['warm', 'cold'] }, maxItems: 3 },
      },
      required: ['colour', 'count', 'tags'],
      additionalProperties: false,
    };
    const prompt = hasTemplate ? conversation : 'A colour as JSON: ';
    for (let seed = 1; seed <= 3; seed++) {
      const { text } = await loaded.generate(prompt, {
        constraint: { jsonSchema },
        maxTokens: 80,
        seed,
      });
      const value = JSON.parse(text) as { colour: string; count: number; tags: string[] };
      if (!(Array.from(value.colour).length <= 20 && value.count <= 9 && value.tags.length <= 3)) {
        return fails(`does not fit: ${text}`);
      }
    }
    return works('3 of 3');
  },

  async reward({ loaded, hasTemplate }) {
    if (!hasTemplate) return fails('two prompts need a template');
    const ask = (weight: number) =>
      loaded.generate(conversation, {
        rewards: { cheer: weight },
        reportRewards: ['cheer'],
        klBudget: { perToken: 1 },
        temperature: 0,
        maxTokens: 32,
      });
    const [less, more] = [await ask(-2), await ask(2)];
    const [low, high] = [less.rewards!['cheer']!, more.rewards!['cheer']!];
    return high > low
      ? works(`${low.toFixed(1)} → ${high.toFixed(1)}`)
      : fails(`its value is ${high} with weight 2, ${low} with −2`);
  },

  async profile({ recipe, hasTemplate, folder }) {
    if (!hasTemplate) return fails('an interview needs a template');
    const file = path.join(folder, storeFileName);
    await using store = await openSqliteStore({ file, now: Date.now });
    await using service = await createLocalService({ recipes: [recipe] });
    await using profiles = createProfiles({ service, store, recipes: [recipe], seed: 1 });
    await profiles.create('lab', { id: 'user', recipe: recipe.name });
    const question = await profiles.question('lab', 'user');
    if (question.kind === 'enough') return fails(`no question: ${question.reason}`);
    await profiles.answer('lab', 'user', { question: question.id, outcome: 'first' });
    const { attributes } = await profiles.get('lab', 'user');
    return works(`learns (sd ${attributes[0]!.sd.toFixed(2)})`);
  },

  async 'long prompt'({ loaded, longPrompt }) {
    const { contextLength } = loaded.models[0]!;
    const size = Math.min(longPrompt, contextLength - 16);
    const words = loaded.tokenize(
      ' the cat sat on the mat and saw a bird in the tree.'.repeat(400),
    );
    const tokens = words.slice(0, size);
    const began = performance.now();
    const { usage } = await loaded.generate({ tokens }, { temperature: 0, maxTokens: 8 });
    const seconds = (performance.now() - began) / 1000;
    if (usage.promptTokens < size) return fails(`${usage.promptTokens} of ${size} tokens`);
    const speed = (size / seconds).toFixed(0);
    return size < longPrompt
      ? fails(`its context is ${contextLength} tokens; ${size} work, at ${speed} a second`)
      : works(`${speed} tokens/s`);
  },
};
