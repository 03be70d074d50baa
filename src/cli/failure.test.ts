import { describe, expect, it } from 'vitest';

import { ContractError, InvalidOptionError, KvCacheFullError } from '../index.ts';
import { exitCodes, reportFailure, UsageError } from './failure.ts';
import type { Output } from './output.ts';
import { createPalette } from './render/palette.ts';

function report(error: unknown): { readonly code: number; readonly said: string } {
  let said = '';
  const err = {
    palette: createPalette(false),
    plain: (text: string) => text,
    write: (text: string) => (said += text),
  } as unknown as Output;
  return { code: reportFailure(error, { err }), said };
}

describe('reportFailure', () => {
  it('says of a broken contract that it is a fault of Trimtab, and what to report', () => {
    const { code, said } = report(new ContractError('A row of 5 logits, not 4.'));
    expect(code).toBe(exitCodes.failed);
    expect(said).toMatch(/^error: A row of 5 logits, not 4\.\n.*fault of Trimtab.*Report it with/);
  });

  it('says the same of what is no error of ours', () => {
    expect(report(new TypeError('x is undefined')).said).toContain('fault of Trimtab');
  });

  it.each([
    [new UsageError('Two recipes.'), exitCodes.usage],
    [new InvalidOptionError('seed', 'seed is half.'), exitCodes.usage],
    [new InvalidOptionError('no such flag', 'It is odd.'), exitCodes.failed],
    [new KvCacheFullError('Full.'), exitCodes.failed],
  ])('ends with a code of its own and blames nobody else: %s', (error, expected) => {
    const { code, said } = report(error);
    expect(code).toBe(expected);
    expect(said).not.toContain('fault of Trimtab');
  });
});
