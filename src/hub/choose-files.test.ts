import { describe, expect, it } from 'vitest';

import { HubError } from '../spec/index.ts';
import { chooseFiles, listModels, quantOf } from './choose-files.ts';
import { parseHubName } from './hub-name.ts';

const choose = (name: string, paths: readonly string[]) => chooseFiles(parseHubName(name), paths);

const several = ['README.md', 'm-Q4_K_M.gguf', 'm-Q8_0.gguf', 'm-f16.gguf', 'mmproj-m-f16.gguf'];
const split = [1, 2, 3].map((part) => `big/Q8_0/m-0000${part}-of-00003.gguf`);

describe('the quant of a file', () => {
  it.each([
    ['Qwen3-8B-Q4_K_M.gguf', 'Q4_K_M'],
    ['qwen2.5-0.5b-instruct-q4_k_m.gguf', 'Q4_K_M'],
    ['model.IQ2_XXS.gguf', 'IQ2_XXS'],
    ['gemma-UD-Q4_K_XL.gguf', 'UD-Q4_K_XL'],
    ['m-BF16-00001-of-00002.gguf', 'BF16'],
    ['Q6_K/m-00001-of-00002.gguf', 'Q6_K'],
    ['gpt-oss-20b-mxfp4.gguf', 'MXFP4'],
    ['f16.gguf', 'F16'],
    ['m.gguf', null],
    ['Q4_K_M/x/y/m.gguf', null],
  ])('%s is %s', (file, quant) => expect(quantOf(file)).toBe(quant));
});

describe('of a repository', () => {
  it('a quant is chosen whatever its case', () => {
    expect(choose('hf:a/b:q8_0', several)).toEqual(['m-Q8_0.gguf']);
    expect(choose('hf:a/b:F16', several)).toEqual(['m-f16.gguf']);
  });

  it('Q4_K_M is chosen where nothing is said, or the only model', () => {
    expect(choose('hf:a/b', several)).toEqual(['m-Q4_K_M.gguf']);
    expect(choose('hf:a/b', ['x.gguf', 'imatrix.gguf', 'mmproj-x.gguf'])).toEqual(['x.gguf']);
  });

  it('a file is chosen by its path, weights or not', () => {
    expect(choose('hf:a/b/mmproj-m-f16.gguf', several)).toEqual(['mmproj-m-f16.gguf']);
    expect(choose('hf:a/b/README.md', several)).toEqual(['README.md']);
  });

  it('all parts of a split model are chosen, by quant or by any part', () => {
    expect(choose('hf:a/b:Q8_0', [...split.toReversed(), 'x-Q4_0.gguf'])).toEqual(split);
    expect(choose(`hf:a/b/${split[1]}`, split)).toEqual(split);
    expect(listModels(split)).toEqual([{ quant: 'Q8_0', files: split }]);
  });

  it.each([
    [
      'a quant that is not there',
      'hf:a/b:Q5_K_M',
      several,
      'not-found',
      /no Q5_K_M.*There are F16|There are Q4_K_M, Q8_0, F16/,
    ],
    ['a quant misspelt', 'hf:a/b:Q8-0', several, 'not-found', /Did you mean `Q8_0`/],
    [
      'a file that is not there',
      'hf:a/b/n-Q8_0.gguf',
      several,
      'not-found',
      /Did you mean `m-Q8_0.gguf`/,
    ],
    [
      'no default',
      'hf:a/b',
      ['m-Q8_0.gguf', 'm-Q6_K.gguf'],
      'ambiguous',
      /none in Q4_K_M.*There are Q6_K, Q8_0/,
    ],
    [
      'two of one quant',
      'hf:a/b:Q8_0',
      ['m-Q8_0.gguf', 'n-Q8_0.gguf'],
      'ambiguous',
      /fits 2 models: name the file. There are m-Q8_0.gguf, n-Q8_0.gguf/,
    ],
    ['no GGUF file at all', 'hf:a/b', ['model.safetensors'], 'not-found', /no GGUF file/],
    [
      'a part that is missing',
      'hf:a/b:Q8_0',
      split.slice(1),
      'not-found',
      /of 3 parts there are 2/,
    ],
  ] as const)('%s is said, with what there is', (_, name, paths, reason, message) => {
    const choosing = () => choose(name, paths);
    expect(choosing).toThrow(HubError);
    expect(choosing).toThrow(message);
    expect(choosing).toThrow(expect.objectContaining({ reason }));
  });
});
