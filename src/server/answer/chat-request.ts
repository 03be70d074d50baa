import type { Context } from 'hono';

import { withSteering } from '../../profiles/index.ts';
import type { AppliedContext } from '../../contexts/index.ts';
import type { GenerateOptions } from '../../spec/index.ts';
import { inBackground } from './calls.ts';
import type { ErrorPlace } from '../edge/errors.ts';
import type { AppEnv, ServerContext } from '../environment.ts';
import type { AppliedProfile } from '../lazy-profiles.ts';
import {
  toChatConstraint,
  toChatOptions,
  toConversation,
  type ChatBody,
} from '../wire/chat-body.ts';
import { toKeepAlive } from '../wire/generation-fields.ts';
import { resolveRequested, type RequestedName } from '../wire/model-name.ts';
import { repeated } from '../wire/seeds.ts';
import type { AnswerEncoder, AnswerRequest } from './answer.ts';
import type { ReportedParts } from './chat-answer.ts';

/** What an answer to a chat is written with. */
export interface ChatAnswering {
  readonly name: RequestedName;
  readonly profile: AppliedProfile | undefined;
  readonly context: AppliedContext['used'] | undefined;
  readonly options: Omit<GenerateOptions, 'signal'>;
  readonly report: ReportedParts;
}

/**
 * A chat as it is asked of the service, in whichever route's shape it came and is answered.
 * @param place - What that route calls things.
 * @throws InvalidOptionError, ModelNotFoundError, RefusedError
 */
export async function chatRequest<Whole>(
  c: Context<AppEnv>,
  {
    service,
    calls,
    profiles,
    contexts,
  }: Pick<ServerContext, 'service' | 'calls' | 'profiles' | 'contexts'>,
  body: ChatBody,
  place: ErrorPlace,
  createEncoder: (answering: ChatAnswering) => AnswerEncoder<Whole>,
): Promise<AnswerRequest<Whole>> {
  c.set('place', place);
  const name = resolveRequested(service, body.model);
  const requested = toChatConstraint(body);
  c.set('place', { ...place, constraint: requested });
  const { owner, priority } = c.var;
  const profile = await profiles.steering(owner, body.trimtab?.profile, name);
  const options = withSteering(toChatOptions(body, requested), profile ?? {});
  const said = toConversation(body);
  const context = await contexts.apply(owner, body.trimtab ?? {}, name, said);
  c.var.record.model = name.model;
  c.var.record.prompt = said.messages;
  const includeUsage = body.stream_options?.include_usage === true;
  const report = {
    logprobs: body.logprobs === true,
    topLogprobs: body.top_logprobs ?? 0,
    trace: options.trace === true,
    includeUsage,
  };
  const encoder = createEncoder({ name, profile, context: context?.used, options, report });
  const keepAlive = toKeepAlive(body);
  const call = calls.begin(c.var.client, priority);
  const starts = repeated(options, body.n ?? 1).map((each) => () => {
    const stream = service.stream({
      recipe: name.recipe,
      prompt: context?.prompt ?? said,
      owner,
      request: call.id,
      signal: call.signal,
      ...keepAlive,
      options: {
        ...each,
        ...inBackground(priority),
        ...(context && { prepared: context.prepared }),
        ...(name.only !== undefined && { only: name.only }),
      },
    });
    if (context !== undefined) stream.result.then(context.count, () => undefined);
    return stream;
  });
  return { name, starts, perPrompt: body.n ?? 1, call, encoder, includeUsage };
}
