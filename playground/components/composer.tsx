import { useRef, useState } from 'preact/hooks';

import { useLasting } from '../answers/use-lasting.ts';
import { Icon } from './icon.tsx';

interface ComposerProps {
  readonly isBusy: boolean;
  /** @returns Whether it was asked. */
  readonly onAsk: (question: string) => boolean;
  readonly onStop: () => void;
}

/** Answers that take less show no stop button, so that it does not flicker while a param moves. */
const stopDelayMs = 150;

/** Enter sends, Shift+Enter breaks the line. */
export function Composer({ isBusy, onAsk, onStop }: ComposerProps) {
  const [draft, setDraft] = useState('');
  const showsStop = useLasting(isBusy, stopDelayMs);
  const field = useRef<HTMLTextAreaElement>(null);
  const question = draft.trim();
  const send = (): void => {
    if (question === '' || !onAsk(question)) return;
    setDraft('');
    field.current?.focus();
  };
  return (
    <form
      class="composer"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <textarea
        ref={field}
        rows={1}
        dir="auto"
        aria-label="Your question"
        placeholder="Ask a question"
        value={draft}
        onInput={({ currentTarget }) => setDraft(currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
          event.preventDefault();
          send();
        }}
      />
      {showsStop ? (
        <button type="button" class="round" aria-label="Stop" title="Stop" onClick={onStop}>
          <Icon name="stop" />
        </button>
      ) : (
        <button
          type="submit"
          class="round"
          aria-label="Send"
          title="Send"
          disabled={question === ''}
        >
          <Icon name="send" />
        </button>
      )}
    </form>
  );
}
