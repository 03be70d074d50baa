import { describe, expect, it } from 'vitest';

import { ContractError, InvalidOptionError, QueueFullError } from '../../spec/index.ts';
import { errorMappings, toErrorAnswer } from './errors.ts';

describe('toErrorAnswer', () => {
  it('answers a wrong option with 400, and a contract that Trimtab broke with 500', () => {
    expect(toErrorAnswer(new InvalidOptionError('seed', 'seed is half.'))).toMatchObject({
      status: 400,
      body: { error: { type: 'invalid_request_error', param: 'seed', code: 'invalid_option' } },
    });
    expect(toErrorAnswer(new ContractError('A row of 5 logits, not 4.'))).toMatchObject({
      status: 500,
      headers: { 'x-should-retry': 'false' },
      body: {
        error: {
          message: 'A row of 5 logits, not 4.',
          type: 'server_error',
          param: null,
          code: 'broken_contract',
        },
      },
    });
  });

  it('says when another try is worth it, and of no others', () => {
    const seconds = Object.entries(errorMappings).flatMap(([code, { retryAfter }]) =>
      retryAfter === undefined ? [] : [[code, retryAfter]],
    );
    expect(Object.fromEntries(seconds)).toEqual({
      queue_full: 1,
      too_many_requests: 1,
      engine_unavailable: 1,
      kv_cache_full: 1,
      server_stopping: 5,
      disposed: 5,
    });
    expect(toErrorAnswer(new QueueFullError('Full.', 2.1)).headers).toEqual({
      'retry-after': '3',
      'x-should-retry': 'true',
    });
  });

  it('says nothing of errors that are none of Trimtab’s', () => {
    expect(toErrorAnswer(new TypeError('secret'))).toMatchObject({
      status: 500,
      body: { error: { code: 'internal_error', message: 'The server failed. Its log says why.' } },
    });
  });
});
