import { z } from 'zod';

import {
  EngineUnavailableError,
  InvalidOptionError,
  type ScoredToken,
  type ScoreResult,
  type ScoreServiceRequest,
  type TokenId,
} from '../../spec/index.ts';
import type { ServerClient } from './server-client.ts';

/** What stands for a banned token on the wire, or below: no number of JSON says it. */
const banned = -9999;

const echoSchema = z.object({
  choices: z.tuple([
    z.object({
      logprobs: z.object({
        tokens: z.array(z.string()),
        token_logprobs: z.array(z.number().nullable()),
        top_logprobs: z.array(z.record(z.string(), z.number()).nullable()),
      }),
    }),
  ]),
});

/** Token ids that are scored after token ids. */
export interface ScoredTokens {
  /** `recipe`, or `recipe/model`. */
  readonly model: string;
  readonly prompt: readonly TokenId[];
  readonly continuation: readonly TokenId[];
  /** How the composition steers. */
  readonly steering: Pick<ScoreServiceRequest['options'], 'params' | 'schedules'>;
}

/** Scores by a completion that echoes its prompt and adds nothing. @throws EngineUnavailableError */
export async function scoreTokens(
  client: ServerClient,
  { model, prompt, continuation, steering }: ScoredTokens,
  signal: AbortSignal,
): Promise<ScoreResult> {
  const body = {
    model,
    prompt: [...prompt, ...continuation],
    echo: true,
    max_tokens: 0,
    // The best token stands beside the given one, unless they are the same.
    logprobs: 1,
    ...(Object.keys(steering).length > 0 && { trimtab: steering }),
  };
  const { data, error } = echoSchema.safeParse(await client.post('/v1/completions', body, signal));
  const told = data?.choices[0].logprobs;
  if (told === undefined || told.tokens.length !== prompt.length + continuation.length) {
    throw new EngineUnavailableError(
      `${client.url} did not score each of the ${prompt.length + continuation.length} tokens that it was given.`,
      { cause: error },
    );
  }
  const tokens = continuation.map((tokenId, i): ScoredToken => {
    const at = prompt.length + i;
    const logprob = told.token_logprobs[at] ?? banned;
    return {
      tokenId,
      ...unspelled(told.tokens[at]!),
      logprob: logprob <= banned ? -Infinity : logprob,
    };
  });
  return {
    tokens,
    logprob: tokens.reduce((sum, { logprob }) => sum + logprob, 0),
    isGreedy: told.top_logprobs
      .slice(prompt.length)
      .every((best) => best !== null && Object.keys(best).length === 1),
  };
}

/** @throws InvalidOptionError for what the wire cannot ask. */
export function requireTokens({ prompt, options }: ScoreServiceRequest): readonly TokenId[] {
  if (options.topLogprobs !== undefined && options.topLogprobs > 0) {
    throw new InvalidOptionError(
      'topLogprobs',
      'topLogprobs: a server tells no token ids of alternatives to scored tokens. Score on this machine.',
    );
  }
  if (typeof prompt === 'object' && 'tokens' in prompt && prompt.tokens.length > 0) {
    return prompt.tokens;
  }
  throw new InvalidOptionError(
    'prompt',
    'prompt: a server scores what follows token ids alone, as each model sees a chat or a text in its own ' +
      'way. Give at least one token, or score on this machine.',
  );
}

const spelledBytes = /^bytes:((?:\\x[0-9a-f]{2})+)$/;

/** A token as the wire spells it: text, or the bytes of a part of a character. */
function unspelled(spelling: string): Pick<ScoredToken, 'text' | 'bytes'> {
  const [, spelled] = spelledBytes.exec(spelling) ?? [];
  if (spelled === undefined) return { text: spelling };
  const bytes = [...Buffer.from(spelled.replaceAll(String.raw`\x`, ''), 'hex')];
  return { text: Buffer.from(bytes).toString('utf8'), bytes };
}
