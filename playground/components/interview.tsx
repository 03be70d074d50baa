import { useEffect, useRef } from 'preact/hooks';

import type { Enough, Outcome } from '../api/wire.ts';
import type { Interview as InterviewState } from '../profiles/use-interview.ts';
import { ErrorNote, type Remedies } from './error-note.tsx';

interface InterviewProps {
  readonly interview: InterviewState;
  readonly onRemedy: Omit<Remedies, 'retry'>;
}

const keys: Record<Outcome, string> = { first: '1', second: '2', tie: '=', neither: '0' };

const reasons: Record<Enough['reason'], string> = {
  count: 'These were enough questions: what is known will do.',
  gain: 'Another answer is not expected to teach much.',
  'none left': 'There are no other answers to compare.',
};

/** Two answers to one prompt, and which of them the user prefers; by click, or by key within it. */
export function Interview({ interview, onRemedy }: InterviewProps) {
  const { question, enough, isWaiting, failure, answer } = interview;
  const section = useRef<HTMLElement>(null);
  const isOver = enough !== null;
  // At first the focus is where a user was added, in the end on a button that goes: take it along.
  useEffect(() => {
    const { activeElement, body } = document;
    if (activeElement === body || activeElement?.closest('form')) section.current?.focus();
  }, [isOver]);
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    const outcome = (Object.keys(keys) as Outcome[]).find((name) => keys[name] === event.key);
    if (outcome !== undefined) answer(outcome);
  };
  const button = (outcome: Outcome) => ({
    type: 'button' as const,
    'aria-keyshortcuts': keys[outcome],
    // Not `disabled`: that would lose the focus between two questions.
    'aria-disabled': isWaiting,
    onClick: () => answer(outcome),
  });
  const place = question && `Question ${question.number} of about ${Math.round(question.expected)}`;
  return (
    <section
      ref={section}
      class="interview"
      aria-label="Interview"
      aria-busy={isWaiting && !isOver}
      tabIndex={-1}
      onKeyDown={onKeyDown}
    >
      <div class="profile-head">
        <h2>{isOver ? 'The interview is over' : 'Which answer do you prefer?'}</h2>
        <span class="facts">{place}</span>
      </div>
      <progress
        aria-label="Questions answered"
        max={question?.expected ?? 1}
        value={question === null ? Number(isOver) : question.number - 1}
      />
      {failure !== null && (
        <ErrorNote error={failure.error} onRemedy={{ ...onRemedy, retry: failure.retry }} />
      )}
      {enough === null ? (
        <>
          <p class="question" dir="auto">
            {question?.prompt ?? 'Two answers are being prepared …'}
          </p>
          <div class="choices">
            <button class="choice" {...button('first')}>
              <kbd>1</kbd>
              <span>{question?.first.trim()}</span>
            </button>
            <button class="choice" {...button('second')}>
              <kbd>2</kbd>
              <span>{question?.second.trim()}</span>
            </button>
          </div>
          <div class="choice-others">
            <button class="text-button" {...button('tie')}>
              Both alike <kbd>=</kbd>
            </button>
            <button class="text-button" {...button('neither')}>
              Neither <kbd>0</kbd>
            </button>
          </div>
        </>
      ) : (
        <p class="interview-end">{reasons[enough]}</p>
      )}
      <div class="visually-hidden" role="status">
        {question === null
          ? enough !== null && reasons[enough]
          : `${place}: ${question.prompt} First: ${question.first} Second: ${question.second}`}
      </div>
    </section>
  );
}
