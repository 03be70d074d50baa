import { z } from 'zod';

import {
  RemoteModelError,
  VocabularyMismatchError,
  type ServerSource,
  type TokenId,
  type Vocabulary,
} from '../spec/index.ts';
import type { ServerDialect } from './dialect.ts';
import { parseAnswer } from './parse-answer.ts';
import type { BaseClient } from './base-client.ts';
import type { ToldEntry } from './told-row.ts';

/** What a server turned out to give. */
export interface Probed {
  /** Log-probs of one position at most. */
  readonly mostLogprobs: number;
  /** Tokens of its vocabulary, where it tells all of them; `Infinity` where it does not. */
  readonly serverTokens: number;
  /** What it says of a text that is always the same: its model's likeness. */
  readonly likeness: readonly ToldEntry[];
  readonly warnings: readonly string[];
}

/** What `/v1/models` says of a model. */
export interface OfferedModel {
  readonly id: string;
  readonly contextLength: number | null;
}

/** Texts with what tokenizers do differently: spaces, digits, accents, other scripts, symbols, code. */
const texts = [
  'Hello, world! How are you?',
  ' Two  spaces,\n\ta tab and 12345.678e-9.',
  'naïve café – 東京 🙂',
  'def f(x):\n    return x ** 2  # ok',
];

/** Tokens by which a model is known again. */
const likenessLength = 20;

/** How many log-probs a server is asked for until it gives as many. */
const ladder = [4096, 1024, 256, 64, 20, 5, 1];

/** The models that a server lists. @throws RemoteModelError if it lacks `wanted`. */
export async function findModel(
  client: BaseClient,
  wanted: string | null,
  signal: AbortSignal | undefined,
): Promise<OfferedModel | null> {
  const path = '/v1/models';
  const listed = z.object({
    data: z.array(
      z.object({
        id: z.string(),
        max_model_len: z.number().nullish(),
        meta: z.object({ n_ctx_train: z.number().optional() }).nullish(),
      }),
    ),
  });
  let answer: unknown;
  try {
    answer = await client.get(path, { maxBytes: 2 ** 22, signal });
  } catch (error) {
    if (error instanceof RemoteModelError && error.reason === 'refused') return null; // it lists none
    throw error;
  }
  const { data } = parseAnswer(client.name, path, listed, answer);
  const found = wanted === null ? data[0] : data.find(({ id }) => id === wanted);
  if (found !== undefined && (wanted !== null || data.length === 1)) {
    return { id: found.id, contextLength: found.max_model_len ?? found.meta?.n_ctx_train ?? null };
  }
  const names = data.map(({ id }) => id).join(', ');
  const what = wanted === null ? 'has several models: name one of them' : `has no model ${wanted}`;
  throw new RemoteModelError(
    'refused',
    `The server ${client.name} ${what} (it has ${names || 'none'}).`,
  );
}

/** Finds out what a server gives before anything depends on it. @throws RemoteModelError, VocabularyMismatchError */
export async function probe(
  dialect: ServerDialect,
  server: string,
  source: ServerSource,
  vocabulary: Vocabulary,
  signal: AbortSignal | undefined,
): Promise<Probed> {
  const warnings = await compareTokens(dialect, server, source.tokenizer, vocabulary, signal);
  const likeness = likenessPrompt(vocabulary);
  const most = source.maxLogprobs ?? Infinity;
  const counts = [...new Set([Math.min(most, ladder[0]!), ...ladder.filter((one) => one < most)])];
  let refusal: unknown;
  for (const count of counts) {
    let entries: readonly ToldEntry[];
    try {
      [entries = []] = await dialect.best({ prompts: [likeness], count, signal });
    } catch (error) {
      if (!(error instanceof RemoteModelError) || error.reason !== 'refused') throw error;
      refusal = error;
      continue;
    }
    requireUncut(entries, server);
    const given = dialect.namesTexts ? count : Math.min(count, entries.length);
    const mass = entries.reduce((sum, { logprob }) => sum + Math.exp(logprob), 0);
    const isAll = !dialect.namesTexts && entries.length < count && mass > 1 - 1e-3;
    return {
      mostLogprobs: given,
      serverTokens: isAll ? entries.length : Infinity,
      likeness: bestOf(entries),
      warnings,
    };
  }
  throw new RemoteModelError('refused', `The server ${server} tells no log-probs.`, {
    cause: refusal,
  });
}

/** What the model says behind the text by which it is known again. */
export async function likenessOf(
  dialect: ServerDialect,
  vocabulary: Vocabulary,
  most: number,
  signal: AbortSignal | undefined,
): Promise<readonly ToldEntry[]> {
  const prompts = [likenessPrompt(vocabulary)];
  const count = Math.min(likenessLength, most);
  const [entries = []] = await dialect.best({ prompts, count, signal });
  return bestOf(entries);
}

function bestOf(entries: readonly ToldEntry[]): readonly ToldEntry[] {
  return entries.toSorted((a, b) => b.logprob - a.logprob).slice(0, likenessLength);
}

/** Whether the same model may have said both: numbers differ a little with what is computed beside. */
export function isAlike(a: readonly ToldEntry[], b: readonly ToldEntry[]): boolean {
  const far = 0.2;
  const other = new Map(b.map(({ tokenId, logprob }) => [tokenId, logprob]));
  return a.slice(0, 5).every(({ tokenId, logprob }) => {
    const found = other.get(tokenId);
    const isShort = logprob < (b.at(-1)?.logprob ?? 0) + far; // it may have dropped out of a short list
    return found === undefined ? isShort : Math.abs(found - logprob) <= far;
  });
}

function likenessPrompt(vocabulary: Vocabulary): TokenId[] {
  return vocabulary.tokenize(texts[0]!, { addSpecial: true, parseSpecial: false });
}

/** @throws RemoteModelError where something is cut off before log-probs are told. */
function requireUncut(entries: readonly ToldEntry[], server: string): void {
  const cut = entries.filter(({ logprob }) => logprob < -9000).length;
  if (cut === 0) return;
  throw new RemoteModelError(
    'refused',
    `The server ${server} gives ${cut} of ${entries.length} tokens no probability: it cuts them off before it tells. ` +
      'Start it so that it tells log-probs before sampling (vLLM: --logprobs-mode raw_logprobs --generation-config vllm).',
  );
}

/** Token ids of texts, both ways. @returns Warnings. @throws VocabularyMismatchError */
async function compareTokens(
  dialect: ServerDialect,
  server: string,
  local: string,
  vocabulary: Vocabulary,
  signal: AbortSignal | undefined,
): Promise<string[]> {
  const own = { addSpecial: false, parseSpecial: false };
  for (const text of texts) {
    const here = vocabulary.tokenize(text, own);
    const there = await dialect.tokenize(text, signal);
    if (there === null) {
      return [
        `The server ${server} does not tell its tokens: whether they are those of ${JSON.stringify(local)} could not be checked.`,
      ];
    }
    const at = here.findIndex((tokenId, i) => tokenId !== there[i]);
    if (at !== -1 || there.length !== here.length) {
      const place = at === -1 ? here.length : at;
      throw new VocabularyMismatchError(
        `The server ${server} reads ${JSON.stringify(text)} as other tokens than ${JSON.stringify(local)}: token ${place} is ` +
          `${there[place] ?? 'none'} there and ${here[place] ?? 'none'} here. Models of one formula need the same tokens.`,
      );
    }
    const back = await dialect.detokenize(here, signal);
    if (back === null || back.trim() === text.trim()) continue;
    throw new VocabularyMismatchError(
      `The server ${server} reads the tokens of ${JSON.stringify(local)} for ${JSON.stringify(text)} as ${JSON.stringify(back)}.`,
    );
  }
  return [];
}
