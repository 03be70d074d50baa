import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runs } from '../../test/support/runs.ts';
import { createTextStream } from './text-stream.ts';

const utf8 = new TextEncoder();

/** `bytes` in pieces of the given lengths, over and over. */
function split(bytes: Uint8Array, lengths: readonly number[]): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  for (let start = 0, i = 0; start < bytes.length; i++) {
    const end = start + lengths[i % lengths.length]!;
    pieces.push(bytes.subarray(start, end));
    start = end;
  }
  return pieces;
}

/** The texts that a stream emits for the pieces, and at its end. */
function streamed(pieces: readonly Uint8Array[], stop: readonly string[] = []) {
  const stream = createTextStream({ stop });
  const texts = pieces.map((piece) => stream.push(piece));
  texts.push(stream.end());
  return { texts, text: texts.join(''), stopString: stream.stopString };
}

/** What a stop string search over the whole text gives. */
function stopped(text: string, stops: readonly string[]) {
  let first: { index: number; stop: string } | undefined;
  for (const stop of stops.toSorted((a, b) => a.length - b.length)) {
    const index = text.indexOf(stop);
    if (index >= 0 && (first === undefined || index < first.index)) first = { index, stop };
  }
  return { text: text.slice(0, first?.index), stopString: first?.stop };
}

const lengths = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 8 });
/** Few letters, so that stop strings occur, overlap and nearly occur. */
const letters = fc.constantFrom('a', 'b', 'é😀');
const shortText = fc.string({ unit: letters, maxLength: 60 });
const stops = fc.uniqueArray(fc.string({ unit: letters, minLength: 1, maxLength: 5 }), {
  maxLength: 4,
});

describe('createTextStream', () => {
  it('emits the whole text however its bytes are split', () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 60 }),
      fc.string({ unit: 'grapheme' }).map((text) => utf8.encode(text)),
    );
    fc.assert(
      fc.property(bytes, lengths, (whole, sizes) => {
        const expected = new TextDecoder('utf-8', { ignoreBOM: true }).decode(whole);
        expect(streamed(split(whole, sizes)).text).toBe(expected);
      }),
      { numRuns: runs(300) },
    );
  });

  it('ends before the first stop string however its bytes are split', () => {
    fc.assert(
      fc.property(shortText, stops, lengths, (text, stop, sizes) => {
        const result = streamed(split(utf8.encode(text), sizes), stop);
        expect(result).toMatchObject(stopped(text, stop));
      }),
      { numRuns: runs(2000) },
    );
  });

  it('holds back only what may become a stop string', () => {
    fc.assert(
      fc.property(shortText, stops, (text, stop) => {
        const stream = createTextStream({ stop });
        let seen = '';
        let emitted = '';
        for (const character of stopped(text, stop).text) {
          seen += character;
          emitted += stream.push(utf8.encode(character));
          const held = seen.slice(emitted.length);
          // A stop string begins where the held text does, or the text is waiting for one that does.
          expect(held === '' || stop.some((s) => s.startsWith(held) || held.startsWith(s))).toBe(
            true,
          );
        }
      }),
      { numRuns: runs(500) },
    );
  });

  it('waits for the rest of a character', () => {
    const stream = createTextStream();
    const [a, b, c, d] = utf8.encode('😀');
    expect(stream.push(Uint8Array.of(0x61, a!, b!))).toBe('a');
    expect(stream.push(Uint8Array.of(c!))).toBe('');
    expect(stream.push(Uint8Array.of(d!))).toBe('😀');
    expect(stream.push(Uint8Array.of(a!, b!))).toBe('');
    expect(stream.end()).toBe('\uFFFD');
  });

  it('matches across tokens and emits nothing after', () => {
    const stream = createTextStream({ stop: ['\nUser:', '<end>'] });
    expect(stream.push(utf8.encode('Hello.\nUs'))).toBe('Hello.');
    expect(stream.push(utf8.encode('ually <'))).toBe('\nUsually ');
    expect(stream.stopString).toBeUndefined();
    expect(stream.push(utf8.encode('end> more'))).toBe('');
    expect(stream.stopString).toBe('<end>');
    expect(stream.push(utf8.encode('more'))).toBe('');
    expect(stream.end()).toBe('');
  });

  it('matches a stop string that begins inside a failed match', () => {
    expect(streamed([utf8.encode('xaaab')], ['aab'])).toMatchObject({ text: 'xa' });
    expect(streamed([utf8.encode('xababac')], ['abac'])).toMatchObject({ text: 'xab' });
  });

  it('prefers the stop string that begins first, and of those the shortest', () => {
    expect(streamed([utf8.encode('xabcd')], ['b', 'abcd', 'abcde'])).toMatchObject({
      text: 'x',
      stopString: 'abcd',
    });
    expect(streamed([utf8.encode('xabce')], ['b', 'abcd']).text).toBe('xa');
    // It cannot become `abcd` any more once the text ends.
    expect(streamed([utf8.encode('xabc')], ['b', 'abcd'])).toMatchObject({
      text: 'xa',
      stopString: 'b',
    });
  });
});
