import { describe, expect, it } from 'vitest';
import { InvalidOptionError, type SamplingOptions } from '../spec/index.ts';
import { resolveSampling, samplingDefaults } from './index.ts';

describe('resolveSampling', () => {
  it('gives the defaults for no options', () => {
    expect(resolveSampling({})).toEqual({ ...samplingDefaults, logitBias: [], seed: undefined });
  });

  it('prefers the options to the given defaults, and those to its own', () => {
    const recipe = { temperature: 0.7, topP: 0.9, logitBias: { 1: 1 }, seed: 5 };
    expect(resolveSampling({ topP: 0.5, logitBias: { 2: 2 } }, recipe)).toMatchObject({
      temperature: 0.7,
      topP: 0.5,
      topK: samplingDefaults.topK,
      logitBias: [{ tokenId: 2, bias: 2 }],
      seed: 5,
    });
  });

  it('bans at a bias of -100 and less, and orders biases by token', () => {
    const logitBias = { 30: -100, 4: -99.5, 200: -Infinity, 7: 100 };
    expect(resolveSampling({ logitBias }).logitBias).toEqual([
      { tokenId: 4, bias: -99.5 },
      { tokenId: 7, bias: 100 },
      { tokenId: 30, bias: -Infinity },
      { tokenId: 200, bias: -Infinity },
    ]);
  });

  it.each<SamplingOptions>([
    { temperature: 0 },
    { temperature: 1e-6 },
    { temperature: 100 },
    { topK: 1 },
    { topP: 1e-9 },
    { minP: 1 },
    { typicalP: 1e-9 },
    { repetitionPenalty: 0.01 },
    { presencePenalty: -2 },
    { frequencyPenalty: 2 },
    { seed: Number.MIN_SAFE_INTEGER },
  ])('accepts %o, at the edge', (options) => {
    expect(resolveSampling(options)).toMatchObject(options);
  });

  it.each<[string, SamplingOptions]>([
    ['temperature', { temperature: -0.1 }],
    ['temperature', { temperature: 101 }],
    ['temperature', { temperature: 1e-7 }],
    ['temperature', { temperature: '1' as unknown as number }],
    ['topK', { topK: -1 }],
    ['topK', { topK: 2.5 }],
    ['topP', { topP: 0 }],
    ['topP', { topP: 1.01 }],
    ['minP', { minP: -0.1 }],
    ['minP', { minP: Number.NaN }],
    ['typicalP', { typicalP: 0 }],
    ['repetitionPenalty', { repetitionPenalty: 0 }],
    ['repetitionPenalty', { repetitionPenalty: 1e-300 }],
    ['temperature', { temperature: 1e-300 }],
    ['repetitionPenalty', { repetitionPenalty: Infinity }],
    ['presencePenalty', { presencePenalty: 2.1 }],
    ['frequencyPenalty', { frequencyPenalty: -2.1 }],
    ['logitBias.5', { logitBias: { 5: Number.NaN } }],
    ['logitBias.5', { logitBias: { 5: 101 } }],
    ['logitBias.-1', { logitBias: { [-1]: 0 } }],
    ['logitBias.1.5', { logitBias: { 1.5: 0 } }],
    ['logitBias.', { logitBias: { '': 0 } as Record<number, number> }],
    [
      'logitBias',
      { logitBias: Object.fromEntries(Array.from({ length: 1025 }, (_, i) => [i, 1])) },
    ],
    ['seed', { seed: 0.5 }],
    ['seed', { seed: 2 ** 53 }],
  ])('refuses a bad %s, naming it: %o', (option, options) => {
    const resolve = (): unknown => resolveSampling(options);
    expect(resolve).toThrow(InvalidOptionError);
    expect(resolve).toThrow(expect.objectContaining({ option }));
  });

  it('says value and range', () => {
    expect(() => resolveSampling({ topP: 1.5 })).toThrow(
      'topP must be a number above 0 and at most 1, not 1.5.',
    );
  });
});
