import { adviceFor, type ApiError, type Remedy } from '../api/errors.ts';

/** What the buttons of an error do. */
export interface Remedies {
  readonly retry: () => void;
  readonly newChat: () => void;
  readonly askKey: () => void;
}

interface ErrorNoteProps {
  readonly error: ApiError;
  readonly onRemedy: Remedies;
}

const labels: Record<Exclude<Remedy, 'none'>, string> = {
  retry: 'Try again',
  'new-chat': 'New chat',
  key: 'Enter the key',
};

/** What went wrong, in the server's words, and what to do about it. */
export function ErrorNote({ error, onRemedy }: ErrorNoteProps) {
  const { text, remedy } = adviceFor(error);
  const actions = { retry: onRemedy.retry, 'new-chat': onRemedy.newChat, key: onRemedy.askKey };
  return (
    <div class="error-note" role="alert">
      <p>
        <strong>{error.message}</strong> {text}
      </p>
      {remedy !== 'none' && (
        <button type="button" class="text-button" onClick={actions[remedy]}>
          {labels[remedy]}
        </button>
      )}
    </div>
  );
}
