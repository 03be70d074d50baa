import { createTextStream, type TextStream } from '../../prompt/index.ts';
import type {
  CallSyntax,
  GeneratedToken,
  GenerationChunk,
  TokenId,
  Vocabulary,
} from '../../spec/index.ts';
import { ChunkQueue } from './chunk-queue.ts';

export interface AnswerWriterOptions {
  readonly vocabulary: Vocabulary;
  readonly stop: readonly string[];
  /** Of so many tokens, the text is not searched for stop strings. */
  readonly minTokens: number;
  /** Whether control tokens are part of the text: a constraint has named them. */
  readonly saysControls: boolean;
  /** How the text writes calls; `null` where it has none. */
  readonly calls: CallSyntax | null;
  /** Called when a reader who was behind has caught up. */
  readonly onDrain: () => void;
}

/** An answer's tokens, and the text of those that are settled: it goes to the reader at once. */
export class AnswerWriter {
  readonly chunks: ChunkQueue<GenerationChunk>;
  readonly tokens: GeneratedToken[] = [];
  readonly tokenIds: TokenId[] = [];
  readonly #options: AnswerWriterOptions;
  readonly #stream: TextStream;
  /** Tokens whose text has been given out. */
  #emitted = 0;
  #text = '';

  constructor(options: AnswerWriterOptions) {
    this.#options = options;
    this.#stream = createTextStream({ stop: options.stop });
    this.chunks = new ChunkQueue(options.onDrain);
  }

  get length(): number {
    return this.tokens.length;
  }

  get text(): string {
    return this.#text;
  }

  get stopString(): string | undefined {
    return this.#stream.stopString;
  }

  push(token: GeneratedToken): void {
    this.tokens.push(token);
    this.tokenIds.push(token.tokenId);
  }

  /** Keeps the first `length` tokens, no fewer than are settled. */
  truncate(length: number): void {
    this.tokens.length = length;
    this.tokenIds.length = length;
  }

  /** Gives out the text of all tokens. @returns Tokens up to a stop string, if there is one. */
  settle(): number | undefined {
    const { minTokens } = this.#options;
    while (this.#emitted < this.tokens.length) {
      const token = this.tokens[this.#emitted++]!;
      const isHeld = this.#emitted <= minTokens;
      const text = this.#stream.push(this.#pieceOf(token.tokenId), !isHeld);
      this.#text += text;
      this.#give(text, [token]);
      if (this.#stream.stopString !== undefined) return this.#emitted;
    }
    return undefined;
  }

  /** Gives out what is left of the text. */
  end(): void {
    const rest = this.#stream.end();
    if (rest === '') return;
    this.#text += rest;
    this.#give(rest, []);
  }

  #pieceOf(tokenId: TokenId): Uint8Array {
    const { vocabulary, saysControls } = this.#options;
    const isSaid = saysControls && vocabulary.isControl(tokenId);
    if (!isSaid || vocabulary.special.endOfGeneration.includes(tokenId)) {
      return vocabulary.piece(tokenId);
    }
    return new TextEncoder().encode(vocabulary.label(tokenId));
  }

  #give(text: string, tokens: readonly GeneratedToken[]): void {
    const { calls } = this.#options;
    this.chunks.push({ text, tokens, ...(calls !== null && { calls }) });
  }
}
