const gap = 6;
const margin = 8;

/**
 * Puts a box of absolute position by its anchor: below, or above where there is more room, and inside
 * the window. On a phone the style sheet makes it a sheet at the bottom, and this has no effect.
 */
export function placePopover(box: HTMLElement, anchor: HTMLElement): void {
  const frame = box.offsetParent?.getBoundingClientRect();
  const line = anchor.getClientRects()[0];
  if (frame === undefined || line === undefined) return;
  const { width, height } = box.getBoundingClientRect();
  const room = document.documentElement.clientWidth - width - margin;
  const left = Math.max(margin, Math.min(line.left, room)) - frame.left;
  const below = innerHeight - line.bottom;
  const isBelow = below >= height + gap + margin || below >= line.top;
  const top = isBelow ? line.bottom + gap : line.top - gap - height;
  box.style.setProperty('left', `${left}px`);
  box.style.setProperty('top', `${top - frame.top}px`);
}
