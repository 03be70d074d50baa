import { describe, expect, it } from 'vitest';

import { InvalidOptionError } from '../spec/index.ts';
import { longestRun, PreTokenizer } from './pre-tokenizer.ts';

function preTokenizer(pre: string | undefined, model = 'gpt2'): PreTokenizer | undefined {
  const metadata = new Map([['tokenizer.ggml.model', model]]);
  if (pre !== undefined) metadata.set('tokenizer.ggml.pre', pre);
  return PreTokenizer.of(metadata);
}

const over = longestRun + 1;

describe('a run that one match may take', () => {
  it.each([
    ['letters', 'tekken', 'a'],
    ['letters', 'gpt-4o', 'aA'],
    ['letters', 'llama4', 'é'],
    ['letters', 'deepseek-v3', '中文'],
    ['letters', 'deepseek-llm', '中—'],
    ['letters', 'tekken', 'e\u0301'],
    ['letters', 'youtu', 'カ・'],
    ['letters', 'tekken', '\u{20000}'],
    ['letters', 'exaone-moe', 'some words '],
    ['digits', 'default', '7'],
    ['digits', 'deepseek-llm', '٣٤'],
    ['white space', 'tekken', ' \n'],
    ['white space', 'gpt-4o', '\t\u3000'],
    ['marks', 'falcon', '-'],
    ['marks', 'tekken', '/\r\n'],
    ['marks', 'tekken', '。！'],
    ['marks', 'gpt-4o', '\u{1F600}!'],
    ['anything', 'bloom', 'a7-中'],
    ['letters', 'a-name-of-a-later-version', 'x'],
  ])('of %s has a longest length with %s: %j', (_, pre, unit) => {
    const limit = preTokenizer(pre)!;
    const run = unit.repeat(over).slice(0, over);
    expect(() => limit.check(run.slice(1))).not.toThrow();
    const text = pre === 'bloom' ? `ab ${run}` : `a7 !${run}`;
    expect(() => limit.check(text)).toThrow(InvalidOptionError);
    expect(() => limit.check(text)).toThrow(/has 1638\d characters of one kind in a row/);
  });

  it('is told with its place, its length, its beginning and the limit', () => {
    const text = `Some words, and then: ${'ab'.repeat(10_000)} and more.`;
    expect(() => preTokenizer('tekken')!.check(text)).toThrow(
      'The text has 20000 characters of one kind in a row at offset 22 ("abababababababab" …). The ' +
        'pre-tokenizer "tekken" takes at most 16384: shorten them, or put others between.',
    );
  });

  it.each([
    ['tekken', 'base64+of/32\n'],
    ['deepseek-llm', 'eine lange Erklärung, '],
    ['gpt-4o', '这是一个很长的句子，没有空格。'],
    ['default', '{"a":[1,2,3]},'],
    ['deepseek-coder', '    return x;\n'],
    ['bloom', 'some words '],
  ])('is short in ordinary text of any length with %s: %j', (pre, unit) => {
    expect(() => preTokenizer(pre)!.check(unit.repeat(100_000))).not.toThrow();
  });
});

it.each(['gpt-2', 'llama-bpe', 'qwen2', 'qwen35', 'smollm', 'kimi-k2', 'gemma4'])(
  'does not limit %s, which llama.cpp splits by hand',
  (pre) => {
    expect(preTokenizer(pre)).toBeUndefined();
  },
);

it('limits what takes long, and not only what goes deep', () => {
  const limit = preTokenizer('superbpe')!;
  expect(() => limit.check(`${'7'.repeat(256)} ${'a'.repeat(2 * longestRun)}`)).not.toThrow();
  expect(() => limit.check(`a ${'7'.repeat(257)}`)).toThrow('has 257 characters of one kind');
});

it('limits a file that names none as llama.cpp splits it, and no tokenizer without one', () => {
  expect(preTokenizer(undefined)).toBeDefined();
  expect(preTokenizer('tekken', 'llama')).toBeUndefined();
  expect(preTokenizer(undefined, 'gemma4')).toBeUndefined();
});
