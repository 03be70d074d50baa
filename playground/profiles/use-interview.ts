import { useEffect, useState } from 'preact/hooks';

import { fetchQuestion, sendAnswer } from '../api/profiles.ts';
import type { Enough, Outcome, ProfileQuestion } from '../api/wire.ts';
import type { Profile } from './use-profile.ts';
import { useWork, type Failure } from './use-work.ts';

export interface Interview {
  /** The last one shown, until the next one has come: nothing gives way to nothing. */
  readonly question: ProfileQuestion | null;
  /** Why there is nothing more to ask. */
  readonly enough: Enough['reason'] | null;
  /** Whether the question cannot be answered now: it has been, or is yet to come. */
  readonly isWaiting: boolean;
  readonly failure: Failure | null;
  readonly answer: (outcome: Outcome) => void;
}

/** The questions to one user, one after another. */
export function useInterview(id: string, recipe: string, { view, change }: Profile): Interview {
  const [next, setNext] = useState<ProfileQuestion | Enough['reason'] | null>(null);
  const [answered, setAnswered] = useState<string | null>(null);
  const { failure, run } = useWork();
  const count = view?.answers;
  // Another number of answers calls for another question: one more, or none after a reset.
  useEffect(() => {
    if (count === undefined) return undefined;
    const controller = new AbortController();
    const { signal } = controller;
    run(async () => {
      try {
        const fetched = await fetchQuestion(id, recipe, signal);
        setNext(fetched);
        setAnswered(null);
      } catch (error) {
        if (!signal.aborted) throw error;
      }
    });
    return () => controller.abort();
  }, [id, recipe, count, run]);

  const question = typeof next === 'string' ? null : next;
  const isWaiting = question === null || question.id === answered;
  const answer = (outcome: Outcome): void => {
    if (isWaiting) return;
    setAnswered(question.id);
    change(async () => {
      try {
        await sendAnswer(id, question.id, outcome);
      } catch (error) {
        setAnswered(null);
        throw error;
      }
    });
  };
  return { question, enough: typeof next === 'string' ? next : null, isWaiting, failure, answer };
}
