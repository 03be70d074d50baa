import { InvalidOptionError, NativeCallError } from '../spec/index.ts';
import type { SpecialTokens, TokenId, Vocabulary } from '../spec/index.ts';
import type { LlamaApi, Pointer } from './library.ts';

const controlAttribute = 1 << 3; // LLAMA_TOKEN_ATTR_CONTROL
const noPiece = new Uint8Array(0);

/** llama.h says "none" with a negative id. */
function tokenOrNull(tokenId: number): TokenId | null {
  return tokenId < 0 ? null : tokenId;
}

/** A model's vocabulary; it borrows the model's memory and must not outlive it. */
export class LlamaVocabulary implements Vocabulary {
  readonly size: number;
  readonly special: SpecialTokens;
  readonly #api: LlamaApi;
  readonly #vocab: () => Pointer;
  readonly #pieces = new Map<TokenId, Uint8Array>();

  /** @param vocab - Gives the native vocabulary, or throws when the model was disposed of. */
  constructor(api: LlamaApi, vocab: () => Pointer) {
    this.#api = api;
    this.#vocab = vocab;
    const pointer = vocab();
    this.size = api.vocabSize(pointer);
    const endOfGeneration: TokenId[] = [];
    for (let tokenId = 0; tokenId < this.size; tokenId++) {
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
    return (this.#api.vocabAttributes(this.#vocab(), tokenId) & controlAttribute) !== 0;
  }

  tokenize(
    text: string,
    options: { readonly addSpecial: boolean; readonly parseSpecial: boolean },
  ): TokenId[] {
    const bytes = new TextEncoder().encode(text);
    const run = (capacity: number): { count: number; tokens: Int32Array } => {
      const tokens = new Int32Array(capacity);
      const { addSpecial, parseSpecial } = options;
      const count = this.#api.tokenize(
        this.#vocab(),
        bytes,
        bytes.length,
        tokens,
        capacity,
        addSpecial,
        parseSpecial,
      );
      return { count, tokens };
    };
    let result = run(bytes.length + 8); // at most one token a byte, and the special ones
    if (result.count < 0 && result.count !== -(2 ** 31)) result = run(-result.count);
    if (result.count < 0) {
      throw new NativeCallError(
        'llama_tokenize',
        result.count,
        `The text has ${bytes.length} bytes.`,
      );
    }
    return [...result.tokens.subarray(0, result.count)];
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
