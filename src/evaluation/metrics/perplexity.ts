import { InvalidOptionError } from '../../spec/index.ts';

/** Metric of a text or of a given answer: `−logprob / bytes of UTF-8`, which vocabularies have in common. */
export const natsPerByte = 'nats-per-byte';

/** One text and what a model thinks of it. */
export interface ScoredText {
  readonly text: string;
  /** Of the whole text, in nats. */
  readonly logprob: number;
  /** Tokens the log-prob is the sum of. */
  readonly tokenCount: number;
}

/** `exp(−Σ logprob / Σ units)`; only the last two compare models of different vocabularies. */
export interface Perplexity {
  readonly perToken: number;
  /** Words are what white space separates. */
  readonly perWord: number;
  /** Bytes of UTF-8. */
  readonly perByte: number;
}

/** Perplexity of the texts together. @throws InvalidOptionError if they hold no word or no token. */
export function perplexity(scored: readonly ScoredText[]): Perplexity {
  let [logprob, tokens, words, bytes] = [0, 0, 0, 0];
  for (const { text, ...score } of scored) {
    logprob += score.logprob;
    tokens += score.tokenCount;
    words += text.match(/\S+/gu)?.length ?? 0;
    bytes += Buffer.byteLength(text);
  }
  if (words === 0 || tokens === 0) {
    throw new InvalidOptionError(
      'scored',
      `Perplexity needs a text: these ${scored.length} hold ${words} words and ${tokens} tokens.`,
    );
  }
  const per = (units: number): number => Math.exp(-logprob / units);
  return { perToken: per(tokens), perWord: per(words), perByte: per(bytes) };
}
