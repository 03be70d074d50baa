import { InvalidOptionError, NativeCallError } from '../spec/index.ts';
import type {
  LongTokenizeOptions,
  SpecialTokens,
  TokenId,
  TokenizeTextOptions,
  Vocabulary,
} from '../spec/index.ts';
import type { LlamaApi } from './library.ts';
import type { Pointer } from './structs.ts';
import type { PreTokenizer } from './pre-tokenizer.ts';
import { SpecialSpellings, tokenAttributes, type TextPart } from './special-spellings.ts';

const { control, unknown, userDefined } = tokenAttributes;
const noPiece = new Uint8Array(0);

/** llama.h says "none" with a negative id. */
function tokenOrNull(tokenId: number): TokenId | null {
  return tokenId < 0 ? null : tokenId;
}

/** Text that is cut on the event loop's thread without a turn for others, in UTF-16 units: some 30 ms. */
const shortPart = 16_384;

/** Tokens of a text are at most its bytes, a blank in front and the special ones around it. */
const extraTokens = 8;

/** A model's vocabulary; it borrows the model's memory and must not outlive it. */
export class LlamaVocabulary implements Vocabulary {
  readonly size: number;
  readonly special: SpecialTokens;
  readonly #api: LlamaApi;
  readonly #vocab: () => Pointer;
  readonly #preTokenizer: PreTokenizer | undefined;
  readonly #pieces = new Map<TokenId, Uint8Array>();
  readonly #attributes: Int32Array;
  /** By whether control tokens are read as such. */
  readonly #spellings = new Map<boolean, SpecialSpellings>();
  #longCalls: Promise<void> | undefined;

  /**
   * @param vocab - Gives the native vocabulary, or throws when the model was disposed of.
   * @param preTokenizer - Where it limits the texts.
   */
  constructor(api: LlamaApi, vocab: () => Pointer, preTokenizer?: PreTokenizer) {
    this.#api = api;
    this.#vocab = vocab;
    this.#preTokenizer = preTokenizer;
    const pointer = vocab();
    this.size = api.vocabSize(pointer);
    const endOfGeneration: TokenId[] = [];
    this.#attributes = new Int32Array(this.size);
    for (let tokenId = 0; tokenId < this.size; tokenId++) {
      this.#attributes[tokenId] = api.vocabAttributes(pointer, tokenId);
      if (api.vocabIsEog(pointer, tokenId)) endOfGeneration.push(tokenId);
    }
    this.special = {
      bos: tokenOrNull(api.vocabBos(pointer)),
      eos: tokenOrNull(api.vocabEos(pointer)),
      endOfGeneration,
      addBos: api.vocabAddBos(pointer),
    };
  }

  piece(tokenId: TokenId): Uint8Array {
    const known = this.#pieces.get(tokenId);
    if (known !== undefined) return known;
    this.#check(tokenId);
    const piece = this.#render(tokenId, 64);
    this.#pieces.set(tokenId, piece);
    return piece;
  }

  label(tokenId: TokenId): string {
    this.#check(tokenId);
    return this.#api.vocabText(this.#vocab(), tokenId) ?? '';
  }

  isControl(tokenId: TokenId): boolean {
    this.#check(tokenId);
    return (this.#attributes[tokenId]! & (control | unknown)) !== 0;
  }

  tokenize(text: string, options: TokenizeTextOptions): TokenId[] {
    const { before, after } = this.#around(options);
    const tokens = [...before];
    for (const part of this.#parts(text, options)) {
      if (typeof part === 'number') tokens.push(part);
      else append(tokens, this.#tokenizePart(part.text, part.hasControls));
    }
    append(tokens, after);
    return tokens;
  }

  async tokenizeLong(text: string, options: LongTokenizeOptions): Promise<TokenId[]> {
    const { before, after } = this.#around(options);
    const tokens = [...before];
    let sinceTurn = 0;
    for (const part of this.#parts(text, options)) {
      if (tokens.length > options.most) return tokens;
      if (typeof part === 'number') tokens.push(part);
      else if (part.text.length <= shortPart) {
        append(tokens, this.#tokenizePart(part.text, part.hasControls));
      } else append(tokens, await this.#tokenizeBeside(part.text, part.hasControls));
      sinceTurn += typeof part === 'number' ? 1 : part.text.length;
      if (sinceTurn < shortPart) continue;
      sinceTurn = 0;
      await new Promise((resolve) => setImmediate(resolve));
      options.signal?.throwIfAborted();
    }
    append(tokens, after);
    return tokens;
  }

  /** Settles when the calls of llama.cpp that use the vocabulary beside us have ended; `undefined`: none does. */
  get longCalls(): Promise<void> | undefined {
    return this.#longCalls;
  }

  /** @throws InvalidOptionError for a text that llama.cpp cannot split. */
  #parts(text: string, { parseSpecial }: TokenizeTextOptions): Generator<TextPart> {
    this.#preTokenizer?.check(text);
    let spellings = this.#spellings.get(parseSpecial);
    if (spellings === undefined) {
      const ids = [...this.#attributes.keys()].filter((id) =>
        this.isControl(id) ? parseSpecial : (this.#attributes[id]! & userDefined) !== 0,
      );
      spellings = new SpecialSpellings(
        ids.map((tokenId) => ({
          tokenId,
          text: this.label(tokenId),
          attributes: this.#attributes[tokenId]!,
        })),
      );
      this.#spellings.set(parseSpecial, spellings);
    }
    return spellings.parts(text);
  }

  /** What `addSpecial` puts before and after every text. */
  #around({ addSpecial }: TokenizeTextOptions): { before: TokenId[]; after: TokenId[] } {
    const tokens = addSpecial ? [...this.#tokenizePart('', false, true)] : [];
    const { bos, addBos } = this.special;
    const count = addBos && tokens[0] === bos ? 1 : 0;
    return { before: tokens.slice(0, count), after: tokens.slice(count) };
  }

  #tokenizePart(text: string, parseSpecial: boolean, addSpecial = false): Int32Array {
    const bytes = new TextEncoder().encode(text);
    const call = (tokens: Int32Array): number =>
      this.#api.tokenize(
        this.#vocab(),
        bytes,
        bytes.length,
        tokens,
        tokens.length,
        addSpecial,
        parseSpecial,
      );
    let tokens = new Int32Array(bytes.length + extraTokens);
    let count = call(tokens);
    if (isNeed(count)) {
      tokens = new Int32Array(-count);
      count = call(tokens);
    }
    if (count < 0) throw failed(count, bytes);
    return tokens.subarray(0, count);
  }

  /** One call on libuv's pool at a time, so that decoding finds room there. */
  #tokenizeBeside(text: string, parseSpecial: boolean): Promise<Int32Array> {
    const before = this.#longCalls ?? Promise.resolve();
    const call = before.then(async () => {
      const bytes = new TextEncoder().encode(text);
      let tokens = new Int32Array(bytes.length + extraTokens);
      let count = await this.#callBeside(bytes, tokens, parseSpecial);
      if (isNeed(count)) {
        tokens = new Int32Array(-count);
        count = await this.#callBeside(bytes, tokens, parseSpecial);
      }
      if (count < 0) throw failed(count, bytes);
      return tokens.subarray(0, count);
    });
    const settle = (): void => {
      if (this.#longCalls === ended) this.#longCalls = undefined;
    };
    const ended = call.then(settle, settle); // whoever asked for it is told how it went
    this.#longCalls = ended;
    return call;
  }

  #callBeside(bytes: Uint8Array, tokens: Int32Array, parseSpecial: boolean): Promise<number> {
    const vocab = this.#vocab();
    return new Promise((resolve, reject) => {
      this.#api.tokenize.async(
        vocab,
        bytes,
        bytes.length,
        tokens,
        tokens.length,
        false,
        parseSpecial,
        (error, count) => {
          if (error === null) resolve(count);
          else reject(error);
        },
      );
    });
  }

  #render(tokenId: TokenId, capacity: number): Uint8Array {
    const buffer = new Uint8Array(capacity);
    const length = this.#api.tokenToPiece(this.#vocab(), tokenId, buffer, capacity, 0, false);
    if (length < 0) return this.#render(tokenId, -length);
    return length === 0 ? noPiece : buffer.slice(0, length);
  }

  #check(tokenId: TokenId): void {
    if (!Number.isInteger(tokenId) || tokenId < 0 || tokenId >= this.size) {
      throw new InvalidOptionError(
        'tokenId',
        `Token id ${tokenId} is not in the vocabulary of ${this.size} tokens (0 to ${this.size - 1}).`,
      );
    }
  }
}

/** Whether `llama_tokenize` says how many tokens it would need, and not that they overflow. */
function isNeed(count: number): boolean {
  return count < 0 && count !== -(2 ** 31);
}

function failed(count: number, { length }: Uint8Array): NativeCallError {
  return new NativeCallError('llama_tokenize', count, `The text has ${length} bytes.`);
}

function append(tokens: TokenId[], more: Iterable<TokenId>): void {
  for (const tokenId of more) tokens.push(tokenId);
}
