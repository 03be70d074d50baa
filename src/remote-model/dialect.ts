import type { TokenId, Vocabulary } from '../spec/index.ts';
import type { BaseClient } from './base-client.ts';
import type { ToldEntry } from './told-row.ts';

/** The best tokens behind each of several texts. */
export interface BestQuery {
  /** Token ids, at least one each. */
  readonly prompts: readonly (readonly TokenId[])[];
  /** Log-probs of each. */
  readonly count: number;
  readonly signal?: AbortSignal | undefined;
}

/** Some tokens behind one text. */
export interface TokensQuery {
  readonly prompt: readonly TokenId[];
  readonly tokenIds: readonly TokenId[];
  readonly signal?: AbortSignal | undefined;
}

/** How one kind of server is asked. Errors are those of {@link BaseClient}, and what cannot be read is `corrupt`. */
export interface ServerDialect {
  /** Tokens that are asked about by their ids at most; 0 where that cannot be done. */
  readonly mostTokenIds: number;
  /** Whether tokens are told by their texts: of several with one text, one alone is told. */
  readonly namesTexts: boolean;
  /** Of each prompt, the best tokens' log-probs before sampling, in any order. */
  best(query: BestQuery): Promise<readonly (readonly ToldEntry[])[]>;
  /** Log-probs of these tokens, in their order. */
  ofTokens(query: TokensQuery): Promise<readonly number[]>;
  /** Without special tokens; `null` where the server has no such route. */
  tokenize(text: string, signal?: AbortSignal): Promise<readonly TokenId[] | null>;
  detokenize(tokenIds: readonly TokenId[], signal?: AbortSignal): Promise<string | null>;
}

/** What a dialect speaks through. */
export interface Connection {
  readonly client: BaseClient;
  /** What the server calls the model. */
  readonly model: string | null;
  readonly vocabulary: Vocabulary;
}

/** Bytes of an answer with so many log-probs: generous, for texts of tokens that are long. */
export function answerBytes(prompts: number, count: number): number {
  return 2 ** 16 + prompts * (2 ** 14 + 512 * (count + 1));
}
