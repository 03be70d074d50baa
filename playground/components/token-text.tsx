import { useId, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';

import type { GeneratedToken } from '../../src/spec/index.ts';
import { alignTokens, type Piece } from '../tokens/align.ts';
import { formatSigned, visibleText } from '../tokens/numbers.ts';
import { shiftClass, shiftStep } from '../tokens/shift.ts';
import { TokenPopover } from './token-popover.tsx';
import { useTokenCursor } from './use-token-cursor.ts';

interface TokenTextProps {
  readonly text: string;
  readonly tokens: readonly GeneratedToken[];
  readonly label: string;
}

/**
 * An answer whose tokens are shaded by their shift. The tokens are one stop of the Tab key, arrows
 * move between them; a screen reader reads the text as text, and the tokens on request.
 */
export function TokenText({ text, tokens, label }: TokenTextProps) {
  const id = useId();
  const list = useRef<HTMLDivElement>(null);
  const cursor = useTokenCursor(list);
  const [anchor, setAnchor] = useState<HTMLElement | null>(null);
  const pieces = useMemo(() => alignTokens(text, tokens), [text, tokens]);
  const index = cursor.index === null ? null : Math.min(cursor.index, pieces.length - 1);
  const open = index === null ? undefined : pieces[index];

  useLayoutEffect(() => {
    const found = index === null ? null : document.getElementById(`${id}-${index}`);
    setAnchor(found);
  }, [id, index, pieces]);

  const move = (to: number): void => {
    const target = Math.max(0, Math.min(to, pieces.length - 1));
    cursor.open(target);
    document.getElementById(`${id}-${target}`)?.scrollIntoView({ block: 'nearest' });
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const at = index ?? -1;
    // Where the text runs to the left, what comes next is on the left.
    const ahead = getComputedStyle(list.current!).direction === 'rtl' ? -1 : 1;
    const targets: Record<string, number> = {
      ArrowRight: at + ahead,
      ArrowDown: at + 1,
      ArrowLeft: at - ahead,
      ArrowUp: at - 1,
      Home: 0,
      End: pieces.length - 1,
    };
    const target = targets[event.key];
    if (target !== undefined) move(target);
    else if ((event.key === 'Enter' || event.key === ' ') && index !== null) {
      cursor.open(index, !cursor.isPinned);
    } else return;
    event.preventDefault();
  };

  return (
    <div class="answer-body">
      <p class="visually-hidden" dir="auto">
        {text}
      </p>
      <div
        ref={list}
        class="token-list"
        dir="auto"
        role="listbox"
        tabIndex={0}
        aria-label={`${label}, token by token`}
        aria-orientation="horizontal"
        aria-activedescendant={index === null ? undefined : `${id}-${index}`}
        aria-describedby={open?.token.trace === undefined ? undefined : `${id}-popover`}
        onKeyDown={onKeyDown}
        onFocus={() => {
          if (index === null && list.current?.matches(':focus-visible') === true) move(0);
        }}
        onBlur={cursor.leave}
        onPointerOver={({ target, pointerType }) => {
          const hovered = indexOf(target);
          if (hovered === null || cursor.isPinned || pointerType === 'touch') return;
          cursor.open(hovered);
        }}
        onPointerLeave={cursor.leave}
        onClick={({ target }) => {
          const clicked = indexOf(target);
          if (clicked === null) return;
          if (cursor.isPinned && clicked === index) cursor.close();
          else cursor.open(clicked, true);
        }}
      >
        {pieces.map((piece, at) => (
          <Token key={at} id={`${id}-${at}`} at={at} piece={piece} isActive={at === index} />
        ))}
      </div>
      {open !== undefined && anchor !== null && (
        <TokenPopover
          id={`${id}-popover`}
          token={open.token}
          anchor={anchor}
          isPinned={cursor.isPinned}
          onClose={cursor.close}
        />
      )}
    </div>
  );
}

/** Of the token that an event's target is or is in. */
function indexOf(target: EventTarget | null): number | null {
  const at = target instanceof Element ? target.closest<HTMLElement>('[data-at]') : null;
  return at === null ? null : Number(at.dataset['at']);
}

interface TokenProps {
  readonly id: string;
  readonly at: number;
  readonly piece: Piece;
  readonly isActive: boolean;
}

function Token({ id, at, piece: { text, token }, isActive }: TokenProps) {
  const shift = token.trace?.shift ?? 0;
  const word = text.trimStart();
  const lead = text.slice(0, text.length - word.length);
  const isBreak = word === '' && lead.includes('\n');
  return (
    <span
      id={id}
      class="token"
      role="option"
      aria-selected={isActive}
      aria-label={`${visibleText(text.trim() || text)}, shift ${formatSigned(shift, 1)}`}
      data-at={at}
    >
      {isBreak ? '' : lead}
      <span class={`word ${shiftClass(shiftStep(shift))} ${isBreak ? 'line-break' : ''}`}>
        {word}
      </span>
      {isBreak ? lead : ''}
    </span>
  );
}
