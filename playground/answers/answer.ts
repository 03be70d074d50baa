import type { AnswerChunk } from '../api/client.ts';
import type { ApiError } from '../api/errors.ts';
import type { ChatMessage, GeneratedToken } from '../../src/spec/index.ts';
import type { Params } from '../api/wire.ts';

/** Who answers: the formula, the same without the chosen profile, or one of its models alone. */
export type Role = 'base' | 'expert' | 'plain' | 'composed';

export interface Answer {
  readonly status: 'streaming' | 'done' | 'stopped' | 'failed';
  /** Changes with every request, so that a second answer to one question is told from the first. */
  readonly run: number;
  readonly params: Params;
  /** Id of the profile of whom it is for. */
  readonly profile: string | null;
  readonly text: string;
  readonly tokens: readonly GeneratedToken[];
  readonly finishReason: string | null;
  /** The whole answer's value under each reward, once it has ended. */
  readonly rewards: Readonly<Record<string, number>>;
  /** Nats that it has spent of its KL budget; `null` without one. */
  readonly kl: number | null;
  readonly tokenCount: number;
  readonly tokensPerSecond: number | null;
  readonly error: ApiError | null;
}

export interface Turn {
  readonly id: number;
  readonly question: string;
  readonly answers: Readonly<Partial<Record<Role, Answer>>>;
}

/** Whether it failed, or was stopped before there was any of it. */
export function lacksAnswer(answer: Answer | undefined): boolean {
  return answer?.status === 'failed' || (answer?.status === 'stopped' && answer.text === '');
}

export function emptyAnswer(run: number, params: Params, profile: string | null): Answer {
  return {
    status: 'streaming',
    run,
    params,
    profile,
    text: '',
    tokens: [],
    finishReason: null,
    rewards: {},
    kl: null,
    tokenCount: 0,
    tokensPerSecond: null,
    error: null,
  };
}

/**
 * Folds chunks into an answer. Its speed is measured from the first token on, so its wait does not
 * count, and is the server's own in the end.
 */
export function createFold(start: Answer, now: () => number): (chunk: AnswerChunk) => Answer {
  let answer = start;
  let firstAt: number | undefined;
  return ({ text, tokens, finishReason, usage, rewards, kl }) => {
    const counted = tokens.length > 0 ? tokens.length : Number(text !== '');
    const tokenCount = usage?.tokenCount ?? answer.tokenCount + counted;
    if (tokenCount > 0) firstAt ??= now();
    const seconds = (now() - (firstAt ?? now())) / 1000;
    const measured = tokenCount > 1 && seconds > 0 ? (tokenCount - 1) / seconds : null;
    answer = {
      ...answer,
      text: answer.text + text,
      tokens: tokens.length > 0 ? [...answer.tokens, ...tokens] : answer.tokens,
      finishReason: finishReason ?? answer.finishReason,
      rewards: rewards ?? answer.rewards,
      kl: kl ?? answer.kl,
      tokenCount,
      tokensPerSecond: usage?.tokensPerSecond || (counted > 0 ? measured : answer.tokensPerSecond),
    };
    return answer;
  };
}

/** The conversation up to and with the question of `turns[index]`, as the server reads it. */
export function messagesUpTo(turns: readonly Turn[], index: number): ChatMessage[] {
  const earlier = turns.slice(0, index).flatMap(({ question, answers }): ChatMessage[] => {
    const answer = answers.composed?.text.trim() ?? '';
    if (answer === '') return [];
    return [
      { role: 'user', content: question },
      { role: 'assistant', content: answer },
    ];
  });
  return [...earlier, { role: 'user', content: turns[index]!.question }];
}
