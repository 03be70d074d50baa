import type { Answer } from '../answers/answer.ts';
import { formatPlain, formatSpeed } from '../tokens/numbers.ts';
import { ErrorNote } from './error-note.tsx';
import { TokenText } from './token-text.tsx';

interface AnswerViewProps {
  readonly answer: Answer;
  readonly label: string;
  readonly onRemedy: Remedies;
}

/** What the buttons of an error do. */
export interface Remedies {
  readonly retry: () => void;
  readonly newChat: () => void;
  readonly askKey: () => void;
}

export function AnswerView({ answer, label, onRemedy }: AnswerViewProps) {
  const { status, text, tokens, error } = answer;
  const isWaiting = status === 'streaming' && text === '';
  return (
    <div class={`answer ${status}`} aria-busy={status === 'streaming'}>
      {text !== '' &&
        (tokens.length > 0 ? (
          <TokenText text={text} tokens={tokens} label={label} />
        ) : (
          <p class="answer-body token-list">{text.trimStart()}</p>
        ))}
      {isWaiting && <span class="waiting" role="img" aria-label="Waiting for the first token" />}
      {status === 'failed' && error !== null && <ErrorNote error={error} onRemedy={onRemedy} />}
      {text !== '' && <Facts answer={answer} />}
    </div>
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
