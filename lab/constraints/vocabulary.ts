import { createVocabulary } from '../../test/support/gguf/index.ts';
import type { Vocabulary } from '../../src/spec/index.ts';
import { everyByte, pieceVocabulary } from '../../test/support/piece-vocabulary.ts';

/**
 * A vocabulary of about `size` byte-level pieces with what real ones have: bytes, words with and without a
 * space, capitals, numbers, punctuation and code, indents, other scripts, and parts of characters.
 */
export function benchVocabulary(size: number): Vocabulary {
  const texts = new Set<string>();
  for (const list of [indents(), numbers(), punctuation(), otherScripts(), words(size)]) {
    for (const text of list) if (text.length > 1 || text > '\u007f') texts.add(text);
  }
  const encoder = new TextEncoder();
  const whole = Array.from(texts, (text) => encoder.encode(text));
  const parts = Array.from({ length: 2000 }, (_, i) =>
    encoder.encode(String.fromCodePoint(0x4e00 + 4 * i)).slice(0, 2),
  );
  const distinct = new Map(
    [...everyByte, ...parts, ...whole].map((piece) => [
      Buffer.from(piece).toString('latin1'),
      piece,
    ]),
  );
  return pieceVocabulary([...distinct.values()].slice(0, size));
}

function indents(): string[] {
  const runs = Array.from({ length: 80 }, (_, i) => i + 1);
  return runs.flatMap((length) => [
    ' '.repeat(length),
    `\n${' '.repeat(length)}`,
    '\t'.repeat(length),
    '-'.repeat(length),
    '='.repeat(length),
  ]);
}

function numbers(): string[] {
  return Array.from({ length: 1110 }, (_, i) =>
    i < 1000 ? String(i).padStart(3, '0') : String(i - 1000).padStart(2, '0'),
  );
}

/** All pairs, with and without a space or a line feed around them, and what JSON and code have. */
function punctuation(): string[] {
  const marks = Array.from('!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~');
  const pairs = marks.flatMap((left) => marks.map((right) => left + right));
  const json = ['":', '":"', '": ', '": "', '","', '", "', '"},', '"}', '{"', '[{"', '"]', '],"'];
  return [...pairs, ...json, ...marks].flatMap((text) => [text, ` ${text}`, `${text}\n`]);
}

function otherScripts(): string[] {
  const script = (first: number, count: number): string[] =>
    Array.from({ length: count }, (_, i) => String.fromCodePoint(first + i));
  const alphabets = [script(0xc0, 250), script(0x391, 60), script(0x410, 64), script(0x5d0, 27)];
  const pairs = alphabets.flatMap((letters) =>
    letters.flatMap((left) => letters.slice(0, 20).map((right) => left + right)),
  );
  const ideographs = script(0x4e00, 5000);
  const compounds = ideographs.slice(0, 1500).flatMap((left, i) => [left + ideographs[i * 3]!]);
  return [...alphabets.flat(), ...pairs, ...ideographs, ...compounds, ...script(0x1f300, 300)];
}

/** Made-up words, half of them behind a space: as they are, with a capital, in capitals, in quotes. */
function words(size: number): string[] {
  const { tokens } = createVocabulary(size, 1);
  const made = tokens
    .map((token) => token.replace('Ġ', ' '))
    .filter((word) => /^ ?[a-z]+$/.test(word));
  const capital = (word: string): string => word.replace(/[a-z]/, (letter) => letter.toUpperCase());
  const frequent = made.slice(0, size / 8);
  return [
    ...frequent,
    ...frequent.map(capital),
    ...frequent.slice(0, 4000).map((word) => word.toUpperCase()),
    ...frequent.slice(0, 4000).map((word) => `"${word.trim()}`),
    ...frequent.slice(0, 2000).map((word) => `_${word.trim()}`),
    ...made,
  ];
}
