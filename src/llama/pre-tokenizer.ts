import { InvalidOptionError } from '../spec/index.ts';

/**
 * Characters in a row, in UTF-16 units, that one match of a pre-tokenizer's pattern may take. `std::regex`
 * calls itself for each: on our calls' stacks of 16 MiB the costliest pattern has room for over 40,000.
 */
export const longestRun = 16_384;

/** Pre-tokenizers that llama.cpp splits by hand, or of which a match of `std::regex` is one character. */
const unlimited = new Set(
  [
    'llama3 llama-v3 llama-bpe falcon3 falcon-h1 pixtral midm-2.0 lfm2 jina-v5-nano dbrx smaug-bpe',
    'glm4 chatglm-bpe gpt-2 phi-2 jina-es jina-de gigachat jina-v2-es jina-v2-de a.x-4.0 mellum',
    'modern-bert jina-v1-en jina-v2-code roberta-bpe exaone4 mpt olmo jais trillion granite-docling',
    'starcoder refact command-r smollm codeshell exaone minerva-7b mellum2 qwen2 deepseek-r1-qwen',
    'kormo f2llmv2 megrez stablelm2 hunyuan solar-open grok-2 qwen35 kimi-k2 gemma4 sarvam-moe',
    'granite-embed-multi-311m laguna',
  ].flatMap((names) => names.split(' ')),
);

/** Tokenizers with a pre-tokenizer; llama.cpp splits no other's text with patterns. */
const splitting = new Set(['gpt2', 'hybriddna', 'whitespace']);

/** Kinds of characters, bits of a set: a run is of one kind. */
const letter = 1;
const digit = 2;
const blank = 4;
const mark = 8;
const kinds = [letter, digit, blank, mark];

/** Of each UTF-16 unit, the kinds that it may be of. */
type Kinds = Uint8Array<ArrayBuffer>;

/**
 * What no version of Unicode and no pattern sees otherwise is of its kind alone; all else may be of any, so
 * that runs come out too long rather than too short.
 */
const byCategory: Kinds = new Uint8Array(2 ** 16).fill(letter | digit | blank | mark);
setKinds(byCategory, mark, '\0\u007F、。！／：＠');
setKinds(byCategory, letter, 'AZazÀÖØöøƺАяぁゖァヺ一龥가힣');
setKinds(byCategory, digit, '09');
setKinds(byCategory, blank, '\t\r  ');
setKinds(byCategory, blank | mark, '\n\n\r\r'); // marks take the line breaks behind them

/** For the patterns that take words with the single blanks between them. */
const byPhrase: Kinds = byCategory.slice();
setKinds(byPhrase, blank | letter, '  ');

/** For the patterns that take whatever is no white space. */
const byBlank: Kinds = new Uint8Array(2 ** 16).fill(letter);
setKinds(byBlank, 0, '\t\r  ');

/** What takes the square of the digits in a row in time, and nothing else long. */
const byDigit: Kinds = byCategory.map((set) => set & digit);
const longestOfDigits = 256;

const otherKinds = new Map([
  ['exaone-moe', byPhrase],
  ['superbpe', byDigit],
  ...['bloom', 'gpt3-finnish', 'poro-chat', 'viking', 'whitespace'].map((name): [string, Kinds] => [
    name,
    byBlank,
  ]),
]);

/** @param ranges - The first and the last character of each. */
function setKinds(table: Kinds, set: number, ranges: string): void {
  for (let i = 0; i < ranges.length; i += 2) {
    table.fill(set, ranges.charCodeAt(i), ranges.charCodeAt(i + 1) + 1);
  }
}

/** How a model's tokenizer splits a text before all else, where that limits the text. */
export class PreTokenizer {
  readonly #name: string;
  readonly #kinds: Kinds;
  /** Characters in a row. */
  readonly #most: number;

  constructor(name: string) {
    this.#name = name;
    this.#kinds = otherKinds.get(name) ?? byCategory;
    this.#most = this.#kinds === byDigit ? longestOfDigits : longestRun;
  }

  /** @returns `undefined` where texts may be of any shape. */
  static of(metadata: ReadonlyMap<string, string>): PreTokenizer | undefined {
    if (!splitting.has(metadata.get('tokenizer.ggml.model') ?? '')) return undefined;
    const name = metadata.get('tokenizer.ggml.pre') || 'default';
    return unlimited.has(name) ? undefined : new PreTokenizer(name);
  }

  /**
   * Refuses what might overflow the stack and so end the process; its time is linear in the text.
   * @throws InvalidOptionError for more than {@link longestRun} characters of a kind in a row.
   */
  check(text: string): void {
    if (text.length <= this.#most) return;
    for (const kind of kinds) {
      let length = 0;
      for (let at = 0; at <= text.length; at++) {
        if (at < text.length && (this.#kinds[text.charCodeAt(at)]! & kind) !== 0) length++;
        else if (length > this.#most) throw this.#tooLong(text, at - length, length);
        else length = 0;
      }
    }
  }

  #tooLong(text: string, begin: number, length: number): InvalidOptionError {
    const beginning = JSON.stringify(text.slice(begin, begin + 16));
    return new InvalidOptionError(
      '',
      `The text has ${length} characters of one kind in a row at offset ${begin} (${beginning} …). The ` +
        `pre-tokenizer "${this.#name}" takes at most ${this.#most}: shorten them, or put others between.`,
    );
  }
}
