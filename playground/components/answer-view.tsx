import type { Answer } from '../answers/answer.ts';
import { formatPlain, formatSpeed } from '../tokens/numbers.ts';
import { ErrorNote, type Remedies } from './error-note.tsx';
import { TokenText } from './token-text.tsx';

interface AnswerViewProps {
  readonly answer: Answer;
  readonly label: string;
  readonly onRemedy: Remedies;
}

export function AnswerView({ answer, label, onRemedy }: AnswerViewProps) {
  const { status, text, tokens, error } = answer;
  const isWaiting = status === 'streaming' && text === '';
  const isOver = status === 'done' || status === 'stopped';
  return (
    <div class={`answer ${status}`} aria-busy={status === 'streaming'}>
      {text !== '' &&
        (tokens.length > 0 ? (
          <TokenText text={text} tokens={tokens} label={label} />
        ) : (
          <p class="answer-body token-list" dir="auto">
            {text.trimStart()}
          </p>
        ))}
      {isOver && text.trim() === '' && <BlankNote status={status} retry={onRemedy.retry} />}
      {isWaiting && <span class="waiting" role="img" aria-label="Waiting for the first token" />}
      {status === 'failed' && error !== null && <ErrorNote error={error} onRemedy={onRemedy} />}
      {(text !== '' || status === 'done') && <Facts answer={answer} />}
    </div>
  );
}

interface BlankNoteProps {
  readonly status: 'done' | 'stopped';
  readonly retry: () => void;
}

/** In place of an answer without text: a turn never says nothing. */
function BlankNote({ status, retry }: BlankNoteProps) {
  if (status === 'done') return <p class="blank-note">The answer is empty.</p>;
  return (
    <p class="blank-note">
      Stopped before the first token.{' '}
      <button type="button" class="text-button" onClick={retry}>
        Try again
      </button>
    </p>
  );
}

function Facts({ answer }: { readonly answer: Answer }) {
  const { status, params, profile, tokenCount, tokensPerSecond, finishReason, rewards, kl } =
    answer;
  const facts = [
    ...(profile === null ? [] : [`for ${profile}`]),
    ...Object.entries(params).map(([name, value]) => `${name} ${value}`),
    `${tokenCount} ${tokenCount === 1 ? 'token' : 'tokens'}`,
    ...(tokensPerSecond === null ? [] : [formatSpeed(tokensPerSecond)]),
    ...Object.entries(rewards).map(([name, value]) => `reward ${name} ${formatPlain(value)}`),
    ...(kl === null ? [] : [`${kl.toFixed(1)} nats from the base`]),
    ...(status === 'stopped' ? ['stopped'] : []),
    ...(status === 'done' && finishReason === 'length' ? ['cut at the token limit'] : []),
  ];
  return (
    <ul class="facts">
      {facts.map((fact) => (
        <li key={fact}>{fact}</li>
      ))}
    </ul>
  );
}
