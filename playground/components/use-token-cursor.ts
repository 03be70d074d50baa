import { useEffect, useRef, useState } from 'preact/hooks';

/** Milliseconds in which the pointer may cross from a token to its popover. */
const leaveDelayMs = 180;

export interface TokenCursor {
  /** Index of the token whose popover is open; `null` while none is. */
  readonly index: number | null;
  /** A pinned popover stays until it is closed, also while the answer changes under it. */
  readonly isPinned: boolean;
  readonly open: (index: number, pin?: boolean) => void;
  readonly close: () => void;
  /** Closes soon unless the popover is pinned or entered. */
  readonly leave: () => void;
  readonly stay: () => void;
}

/** Which token's popover is open, by pointer, focus or tap. */
export function useTokenCursor(): TokenCursor {
  const [state, setState] = useState<{ index: number | null; isPinned: boolean }>({
    index: null,
    isPinned: false,
  });
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const stay = (): void => clearTimeout(timer.current);
  const close = (): void => {
    stay();
    setState({ index: null, isPinned: false });
  };
  useEffect(() => () => clearTimeout(timer.current), []);

  const isOpen = state.index !== null;
  useEffect(() => {
    if (!isOpen) return undefined;
    const onKey = ({ key }: KeyboardEvent): void => {
      if (key === 'Escape') setState({ index: null, isPinned: false });
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, [isOpen]);

  return {
    ...state,
    open(index, pin) {
      stay();
      setState((before) => ({ index, isPinned: pin ?? before.isPinned }));
    },
    close,
    leave() {
      if (state.isPinned) return;
      stay();
      timer.current = setTimeout(close, leaveDelayMs);
    },
    stay,
  };
}
