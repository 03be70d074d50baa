import { z } from 'zod';

import { RemoteModelError, type TokenId, type Vocabulary } from '../spec/index.ts';
import { answerBytes, type BestQuery, type Connection, type ServerDialect } from './dialect.ts';
import { Exclusion } from './exclusion.ts';
import { findRoute, parseAnswer } from './parse-answer.ts';
import type { ToldEntry } from './told-row.ts';

const path = '/v1/completions';

const completions = z.object({
  model: z.string().optional(),
  choices: z.array(
    z.object({
      index: z.int(),
      logprobs: z.object({ top_logprobs: z.array(z.record(z.string(), z.number())).min(1) }),
    }),
  ),
});

/** A token's name where tokens are written as their ids. */
const byId = /^token_id:(\d+)$/;

/** vLLM asks about so many tokens by their ids at most. */
const mostOfVllm = 128;

/**
 * vLLM 0.32's first model runner gives every request of a batch the tokens that one of them asked for by id, and none of the
 * best: such a row has the chosen token and at most another. It is asked for again, and no request here is beside one by ids.
 */
const spoiledEntries = 2;
const mostTries = 4;

/**
 * `POST /v1/completions` with token ids for prompts and `logprobs`: what servers of the OpenAI API have in common. Their tokens
 * are told by their texts, of which several tokens may have the same.
 */
export function openaiServer(connection: Connection): ServerDialect {
  let idOfText: ReadonlyMap<string, TokenId | null> | undefined;
  const toEntry = ([text, logprob]: [string, number]): ToldEntry => {
    const id = byId.exec(text)?.[1];
    idOfText ??= textsOf(connection.vocabulary);
    return { tokenId: id === undefined ? (idOfText.get(text) ?? null) : Number(id), logprob };
  };
  const ask = asker(connection, {}, toEntry);
  return {
    mostTokenIds: 0,
    namesTexts: true,
    best: ({ prompts, count, signal }) => ask(prompts, count, {}, signal),
    ofTokens: () => Promise.reject(new TypeError('the OpenAI API tells the best tokens alone')),
    tokenize: () => Promise.resolve(null),
    detokenize: () => Promise.resolve(null),
  };
}

/** vLLM's: tokens by their ids, and log-probs of tokens that are asked about. */
export function vllmServer(connection: Connection): ServerDialect {
  const { client, model } = connection;
  const toEntry = ([name, logprob]: [string, number]): ToldEntry => {
    const id = byId.exec(name)?.[1];
    if (id !== undefined) return { tokenId: Number(id), logprob };
    const what = `names a token ${JSON.stringify(name)} where ids were asked for`;
    throw new RemoteModelError(
      'corrupt',
      `The server ${client.name} ${what}: it is no vLLM server, or an old one.`,
    );
  };
  const ask = asker(connection, { return_tokens_as_token_ids: true }, toEntry);
  const exclusion = new Exclusion();
  const best = async (
    { prompts, count, signal }: BestQuery,
    tries = 1,
  ): Promise<readonly (readonly ToldEntry[])[]> => {
    const rows = await ask(prompts, count, {}, signal);
    const isSpoiled = rows.some(({ length }) => length < count && length <= spoiledEntries);
    return isSpoiled && tries < mostTries ? best({ prompts, count, signal }, tries + 1) : rows;
  };
  return {
    mostTokenIds: mostOfVllm,
    namesTexts: false,
    best: (query) => exclusion.beside(() => best(query)),
    async ofTokens({ prompt, tokenIds, signal }) {
      const [told] = await exclusion.alone(() =>
        ask([prompt], 1, { logprob_token_ids: tokenIds }, signal),
      );
      const logprobs = new Map(told!.map(({ tokenId, logprob }) => [tokenId, logprob]));
      return tokenIds.map((tokenId) => {
        const logprob = logprobs.get(tokenId);
        if (logprob !== undefined && logprob <= 1e-5) return logprob;
        const what = `does not tell the log-prob of token ${tokenId}, which was asked for`;
        throw new RemoteModelError('corrupt', `The server ${client.name} ${what}.`);
      });
    },
    async tokenize(text, signal) {
      const body = { ...(model !== null && { model }), prompt: text, add_special_tokens: false };
      const schema = z.object({ tokens: z.array(z.int()) });
      return (await findRoute(client, '/tokenize', body, schema, signal))?.tokens ?? null;
    },
    async detokenize(tokenIds, signal) {
      const body = { ...(model !== null && { model }), tokens: tokenIds };
      const schema = z.object({ prompt: z.string() });
      return (await findRoute(client, '/detokenize', body, schema, signal))?.prompt ?? null;
    },
  };
}

function asker(
  { client, model }: Connection,
  always: object,
  toEntry: (told: [string, number]) => ToldEntry,
) {
  return async (
    prompts: BestQuery['prompts'],
    count: number,
    more: object,
    signal: AbortSignal | undefined,
  ): Promise<readonly (readonly ToldEntry[])[]> => {
    const body = {
      ...(model !== null && { model }),
      prompt: prompts,
      max_tokens: 1,
      temperature: 0,
      logprobs: count,
      ...always,
      ...more,
    };
    const maxBytes = answerBytes(prompts.length, count + mostOfVllm);
    const answer = await client.post(path, body, { maxBytes, signal });
    const { choices } = parseAnswer(client.name, path, completions, answer);
    const rows = prompts.map(
      (_, i) => choices.find(({ index }) => index === i)?.logprobs.top_logprobs[0],
    );
    return rows.map((row) => {
      if (row !== undefined) return Object.entries(row).map(toEntry);
      throw new RemoteModelError(
        'corrupt',
        `The server ${client.name} answers ${prompts.length} prompts with ${choices.length} choices.`,
      );
    });
  };
}

/** Token ids by their texts; `null` where several have one. */
function textsOf(vocabulary: Vocabulary): ReadonlyMap<string, TokenId | null> {
  const ids = new Map<string, TokenId | null>();
  const decoder = new TextDecoder();
  for (let tokenId = 0; tokenId < vocabulary.size; tokenId++) {
    const piece = vocabulary.piece(tokenId);
    const text = piece.length === 0 ? vocabulary.label(tokenId) : decoder.decode(piece);
    ids.set(text, ids.has(text) || text.includes('\uFFFD') ? null : tokenId);
  }
  return ids;
}
