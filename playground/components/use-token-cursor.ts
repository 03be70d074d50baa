import type { RefObject } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';

/** Milliseconds in which the pointer may cross from one token to the next. */
const leaveDelayMs = 180;

export interface TokenCursor {
  /** Index of the token whose popover is open; `null` while none is. */
  readonly index: number | null;
  /** A pinned popover stays until it is closed, also while the answer changes under it. */
  readonly isPinned: boolean;
  readonly open: (index: number, pin?: boolean) => void;
  readonly close: () => void;
  /** Closes soon, unless the popover is pinned or another one is opened. */
  readonly leave: () => void;
}

/** Which token's popover is open, by pointer, focus or tap. */
export function useTokenCursor(list: RefObject<HTMLElement>): TokenCursor {
  const [state, setState] = useState<{ index: number | null; isPinned: boolean }>({
    index: null,
    isPinned: false,
  });
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const cancelLeaving = (): void => clearTimeout(timer.current);
  const close = (): void => {
    cancelLeaving();
    setState({ index: null, isPinned: false });
  };
  useEffect(() => () => clearTimeout(timer.current), []);

  const isOpen = state.index !== null;
  useEffect(() => {
    if (!isOpen) return undefined;
    const onKey = ({ key }: KeyboardEvent): void => {
      if (key === 'Escape') setState({ index: null, isPinned: false });
    };
    const onPointer = ({ target }: PointerEvent): void => {
      if (!(target instanceof Element) || list.current?.contains(target) === true) return;
      // Params are moved to watch an open popover change.
      if (target.closest('.popover, .dock') === null) setState({ index: null, isPinned: false });
    };
    document.addEventListener('keydown', onKey);
    document.addEventListener('pointerdown', onPointer);
    return () => {
      document.removeEventListener('keydown', onKey);
      document.removeEventListener('pointerdown', onPointer);
    };
  }, [isOpen, list]);

  return {
    ...state,
    open(index, pin) {
      cancelLeaving();
      setState((before) => ({ index, isPinned: pin ?? before.isPinned }));
    },
    close,
    leave() {
      if (state.isPinned) return;
      cancelLeaving();
      timer.current = setTimeout(close, leaveDelayMs);
    },
  };
}
