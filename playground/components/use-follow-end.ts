import { useLayoutEffect, useRef } from 'preact/hooks';

import type { Turn } from '../answers/answer.ts';

/** How near the end of the page a reader must be to be taken along, in pixels. */
const nearPx = 120;

/** Keeps the end of the conversation in view while it grows, unless the reader has scrolled away. */
export function useFollowEnd(turns: readonly Turn[]): void {
  const height = useRef(0);
  const count = useRef(0);
  useLayoutEffect(() => {
    const page = document.documentElement;
    const wasNear = scrollY + innerHeight >= height.current - nearPx;
    const isNew = turns.length > count.current;
    if (isNew || (wasNear && page.scrollHeight > height.current)) scrollTo(0, page.scrollHeight);
    height.current = page.scrollHeight;
    count.current = turns.length;
  }, [turns]);
}
