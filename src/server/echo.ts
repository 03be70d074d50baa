import type { InferenceService, GenerateOptions, TokenId } from '../spec/index.ts';
import type { CompletionPrompt } from './completion-body.ts';
import type { Echo } from './completion-answer.ts';
import type { ServedName } from './model-name.ts';

export interface EchoRequest {
  readonly name: ServedName;
  readonly owner: string;
  readonly request: string;
  readonly signal: AbortSignal;
  readonly logprobs: boolean;
  readonly options: Omit<GenerateOptions, 'signal'>;
}

/**
 * A prompt's own text, and the log-probs of its tokens where they are asked for. The first token follows
 * nothing and has none.
 */
export async function echoPrompt(
  service: InferenceService,
  prompt: CompletionPrompt,
  { name, owner, request, signal, logprobs, options }: EchoRequest,
): Promise<Echo> {
  const { recipe, only } = name;
  const ids =
    typeof prompt === 'string'
      ? await service.tokenize(recipe, prompt, {
          only,
          addSpecial: true,
          parseSpecial: true,
          mustFit: true,
        })
      : prompt;
  const text =
    typeof prompt === 'string' ? prompt : await service.detokenize(recipe, ids, { only });
  const tokenCount = ids.length;
  const [first, ...rest] = ids;
  if (!logprobs || first === undefined) return { text, tokens: [], tokenCount };
  const head = { tokenId: first, text: await service.detokenize(recipe, [first], { only }) };
  if (rest.length === 0) return { text, tokens: [head], tokenCount };
  const { params, topLogprobs } = options;
  const { tokens } = await service.score({
    recipe,
    prompt: { tokens: [first] satisfies TokenId[] },
    continuation: rest,
    owner,
    request,
    signal,
    options: {
      ...(params && { params }),
      ...(only !== undefined && { only }),
      ...(topLogprobs !== undefined && { topLogprobs }),
    },
  });
  return { text, tokens: [head, ...tokens], tokenCount };
}
