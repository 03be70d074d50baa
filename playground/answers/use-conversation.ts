import { useCallback, useEffect, useMemo, useRef, useState } from 'preact/hooks';

import type { ApiError } from '../api/errors.ts';
import type { ServedRecipe } from '../../src/spec/index.ts';
import type { Params } from '../api/wire.ts';
import { emptyAnswer, messagesUpTo, type Answer, type Role, type Turn } from './answer.ts';
import type { ConstraintFields } from './constraint.ts';
import { isComposed, toTracedRequest, type Settings } from './request.ts';
import { runAnswer } from './run-answer.ts';

/** What the next request is made of. */
export interface Situation {
  readonly recipe: ServedRecipe | null;
  readonly params: Params;
  /** Weights of rewards that are not the recipe's. */
  readonly rewards: Params;
  /** Id of whom the answers are for. */
  readonly profile: string | null;
  readonly constraint: ConstraintFields;
  readonly settings: Settings;
  /** Who answers a question. */
  readonly roles: readonly Role[];
  /** Called with the server's refusal of the constraint, and with `null` once one is accepted. */
  readonly onConstraintRefused: (error: ApiError | null) => void;
}

export interface Conversation {
  readonly turns: readonly Turn[];
  readonly isBusy: boolean;
  /** @param earlier - The conversation that it goes on with; the one there is by default. */
  readonly ask: (question: string, earlier?: readonly Turn[]) => void;
  /** Answers a question again, the last by default, by these roles; what they are doing is ended first. */
  readonly answerAgain: (roles: readonly Role[], turnId?: number) => void;
  readonly stop: () => void;
  readonly clear: () => void;
}

export function useConversation(situation: Situation): Conversation {
  const [turns, setTurns] = useState<readonly Turn[]>([]);
  const current = useRef({ situation, turns });
  current.current = { situation, turns };
  const running = useRef(new Map<string, AbortController>());
  const counter = useRef(0);

  const put = useCallback((id: number, role: Role, change: (before?: Answer) => Answer) => {
    const changed = (turn: Turn): Turn =>
      turn.id === id
        ? { ...turn, answers: { ...turn.answers, [role]: change(turn.answers[role]) } }
        : turn;
    setTurns((all) => all.map(changed));
  }, []);

  const start = useCallback(
    async (all: readonly Turn[], role: Role) => {
      const { recipe, onConstraintRefused, ...asked } = current.current.situation;
      const turn = all.at(-1);
      if (recipe === null || turn === undefined) return;
      const key = `${turn.id} ${role}`;
      running.current.get(key)?.abort();
      const controller = new AbortController();
      running.current.set(key, controller);
      const isCurrent = (): boolean => running.current.get(key) === controller;
      const messages = messagesUpTo(all, all.length - 1);
      const request = toTracedRequest({ ...asked, recipe, role, messages });
      const params = isComposed(role) ? asked.params : {};
      const profile = role === 'composed' ? asked.profile : null;
      const first = emptyAnswer(++counter.current, params, profile);
      put(turn.id, role, (before) => (before ? { ...before, status: 'streaming' } : first));
      const show = (answer: Answer): void => {
        if (isCurrent()) put(turn.id, role, () => answer);
      };
      const answer = await runAnswer(request, first, show, controller.signal);
      if (!isCurrent()) return; // another request has taken its place
      running.current.delete(key);
      const isRefused = answer.error?.code === 'invalid_constraint';
      onConstraintRefused(isRefused ? answer.error : null);
      put(turn.id, role, (before) => {
        // What is there stays, rather than giving way to nothing.
        if (before === undefined || before.text === '' || answer.text !== '') return answer;
        if (isRefused) return { ...before, status: 'done' };
        return answer.status === 'stopped' ? { ...before, status: 'stopped' } : answer;
      });
    },
    [put],
  );

  const stop = useCallback(() => {
    for (const controller of running.current.values()) controller.abort();
  }, []);
  useEffect(() => stop, [stop]);

  const answerAgain = useCallback(
    (roles: readonly Role[], turnId?: number) => {
      const all = current.current.turns;
      const at = turnId === undefined ? all.length - 1 : all.findIndex(({ id }) => id === turnId);
      for (const role of roles) void start(all.slice(0, at + 1), role);
    },
    [start],
  );
  const ask = useCallback(
    (question: string, earlier: readonly Turn[] = current.current.turns) => {
      const id = ++counter.current;
      const all = [...earlier, { id, question, answers: {} }];
      for (const controller of running.current.values()) controller.abort();
      setTurns(all);
      for (const role of current.current.situation.roles) void start(all, role);
    },
    [start],
  );
  const clear = useCallback(() => {
    stop();
    running.current.clear();
    setTurns([]);
  }, [stop]);

  const isBusy = useMemo(
    () =>
      turns.some(({ answers }) =>
        Object.values(answers).some(({ status }) => status === 'streaming'),
      ),
    [turns],
  );
  return { turns, isBusy, ask, answerAgain, stop, clear };
}
