import { z } from 'zod';

import { RemoteModelError } from '../spec/index.ts';
import { answerBytes, type BestQuery, type Connection, type ServerDialect } from './dialect.ts';
import { findRoute, parseAnswer } from './parse-answer.ts';

const entry = z.object({ id: z.int(), logprob: z.number() });
const completion = z.object({
  model: z.string().optional(),
  completion_probabilities: z.array(entry.extend({ top_logprobs: z.array(entry) })).min(1),
});

/**
 * llama.cpp's server, by its own route: `POST /completion` with `n_probs`. Its log-probs are of the logits as the model
 * gave them (`post_sampling_probs` is off), all of the vocabulary if as many are asked for.
 */
export function llamaServer({ client }: Connection): ServerDialect {
  return {
    mostTokenIds: 0,
    namesTexts: false,
    async best({ prompts, count, signal }: BestQuery) {
      const body = {
        prompt: prompts.length === 1 ? prompts[0] : prompts,
        n_predict: 1,
        n_probs: count,
        post_sampling_probs: false,
        temperature: 0,
        cache_prompt: true,
        stream: false,
      };
      const maxBytes = answerBytes(prompts.length, count);
      const answer = await client.post('/completion', body, { maxBytes, signal });
      const several = Array.isArray(answer) ? answer : [answer];
      const read = several.map((one) => parseAnswer(client.name, '/completion', completion, one));
      if (read.length !== prompts.length) {
        throw new RemoteModelError(
          'corrupt',
          `The server ${client.name} answers ${prompts.length} prompts with ${read.length} completions.`,
        );
      }
      return read.map(({ completion_probabilities: [first] }) =>
        first!.top_logprobs.map(({ id, logprob }) => ({ tokenId: id, logprob })),
      );
    },
    ofTokens: () => Promise.reject(new TypeError('llama-server tells the best tokens alone')),
    async tokenize(text, signal) {
      const body = { content: text, add_special: false, parse_special: false };
      return (
        (await findRoute(client, '/tokenize', body, z.object({ tokens: z.array(z.int()) }), signal))
          ?.tokens ?? null
      );
    },
    async detokenize(tokenIds, signal) {
      const body = { tokens: tokenIds };
      return (
        (await findRoute(client, '/detokenize', body, z.object({ content: z.string() }), signal))
          ?.content ?? null
      );
    },
  };
}
