import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import type { GeneratedToken, GenerationResult } from '../../spec/index.ts';
import { toChoiceReport } from './choice-report.ts';
import { completionEncoder, type Echo } from './completion-answer.ts';
import { placeInText } from './echo.ts';
import { toChatLogprobs, toCompletionLogprobs } from './logprobs.ts';
import { TextOffsets } from './text-offsets.ts';

/** A token of these bytes, as the engine gives it. */
function tokenOf(
  bytes: Uint8Array,
  tokenId = 0,
  logprob = -1,
): GeneratedToken & { logprob: number } {
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
  const isWhole = Buffer.from(text).equals(bytes);
  return { tokenId, text, ...(!isWhole && { bytes: [...bytes] }), logprob };
}

const start = () => new TextOffsets(0);

describe('bytes', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'é', '日', '😀', '\uFFFD') });
  const size = fc.integer({ min: 1, max: 4 });
  const cut = (given: string, length: number) => {
    const all = Buffer.from(given);
    const count = Math.ceil(all.length / length);
    return Array.from({ length: count }, (_, i) =>
      tokenOf(all.subarray(i * length, (i + 1) * length), i),
    );
  };

  it('of all tokens are the text, in chats', () => {
    fc.assert(
      fc.property(text, size, (given, length) => {
        const { content } = toChatLogprobs(cut(given, length), 0);
        expect(Buffer.from(content.flatMap(({ bytes }) => bytes)).toString()).toBe(given);
      }),
    );
  });

  it('make the same offsets in a stream as in a whole, also after an echo', () => {
    fc.assert(
      fc.property(text, text, size, (prompt, given, length) => {
        const echo: Echo = {
          text: prompt,
          tokens: placeInText(prompt, cut(prompt, length)),
          tokenCount: 1,
        };
        const tokens = cut(given, length);
        const report = { logprobs: true, topLogprobs: 0, trace: false, includeUsage: false };
        const encode = () => completionEncoder(() => ({}) as never, report, [echo], 1000);
        const result = {
          text: given,
          tokens,
          finishReason: 'length',
        } as unknown as GenerationResult;
        const whole = encode().whole([result], {} as never).choices[0]!.logprobs!;
        const encoder = encode();
        const events = tokens.map((token) => ({ index: 0, chunk: { text: '', tokens: [token] } }));
        const chunks = [
          ...encoder.opening!(),
          ...events.flatMap((event) => [...encoder.chunks(event)]),
        ];
        const streamed = chunks.flatMap((chunk) => {
          const { logprobs } = (chunk as { choices: { logprobs: { text_offset: number[] } }[] })
            .choices[0]!;
          return logprobs.text_offset;
        });
        expect(streamed).toEqual(whole.text_offset);
      }),
    );
  });

  it('name parts of characters, and tell them apart', () => {
    const token = tokenOf(Uint8Array.of(0xf0, 0x9f), 7);
    const topLogprobs = [
      token,
      tokenOf(Uint8Array.of(0x98), 8, -2),
      tokenOf(Uint8Array.of(0x80), 9, -3),
    ];
    const { content } = toChatLogprobs([{ ...token, topLogprobs }], 3);
    expect(content[0]!.top_logprobs).toEqual([
      { token: String.raw`bytes:\xf0\x9f`, logprob: -1, bytes: [0xf0, 0x9f] },
      { token: String.raw`bytes:\x98`, logprob: -2, bytes: [0x98] },
      { token: String.raw`bytes:\x80`, logprob: -3, bytes: [0x80] },
    ]);
  });
});

describe('alternatives of one text', () => {
  const same = (tokenId: number, logprob: number) => ({ tokenId, text: 'a', logprob });

  it('are all there; the chosen one has the text', () => {
    const token = { ...same(3, -2), topLogprobs: [same(1, -1), same(3, -2), same(2, -3)] };
    const { tokens, top_logprobs: top } = toCompletionLogprobs([token], 3, start());
    expect(tokens).toEqual(['a']);
    expect(top).toEqual([{ 'token_id:1': -1, a: -2, 'token_id:2': -3 }]);
  });

  it('also where the chosen one is not among the best', () => {
    const token = { ...same(3, -9), topLogprobs: [same(1, -1)] };
    const { top_logprobs: top } = toCompletionLogprobs([token], 1, start());
    expect(top).toEqual([{ 'token_id:1': -1, a: -9 }]);
  });

  it('may be called __proto__', () => {
    const token = { ...same(3, -9), topLogprobs: [{ tokenId: 1, text: '__proto__', logprob: -1 }] };
    const { top_logprobs: top } = toCompletionLogprobs([token], 1, start());
    expect(JSON.stringify(top)).toBe('[{"__proto__":-1,"a":-9}]');
  });
});

describe('what has no number', () => {
  const banned = { tokenId: 1, text: 'b', logprob: -Infinity };
  const token: GeneratedToken = {
    ...banned,
    topLogprobs: [banned],
    trace: {
      terms: [
        { model: 'm', coefficient: -1, logprob: -Infinity, share: Infinity },
        { model: 'n', coefficient: 0, logprob: -Infinity, share: Number.NaN },
      ],
      rewards: [],
      klScale: 1,
      baseChoice: banned,
      shift: -Infinity,
      kl: Infinity,
      topBefore: [banned],
      topAfter: [banned],
    },
  };

  it('is −9999 everywhere: JSON has no infinity', () => {
    const said = [
      toChatLogprobs([token], 1),
      toCompletionLogprobs([token], 1, start()),
      toChoiceReport([token]),
    ];
    const json = JSON.stringify(said);
    expect(json.match(/-9999/g)).toHaveLength(12);
    // Of the chat's refusal alone.
    expect(json.match(/null/g)).toHaveLength(1);
    expect(json).toContain('"share":9999');
    expect(json).toContain('"share":0');
  });
});
