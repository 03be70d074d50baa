const gap = 6;
const margin = 8;

/**
 * Puts a box of absolute position by its anchor: below, or above where there is more room, inside the
 * window and off the dock, so that a param can be moved while one watches the box. On a phone the style
 * sheet makes it a sheet at the bottom, and this has no effect.
 */
export function placePopover(box: HTMLElement, anchor: HTMLElement): void {
  const frame = box.offsetParent?.getBoundingClientRect();
  const line = anchor.getClientRects()[0];
  if (frame === undefined || line === undefined) return;
  const { width, height } = box.getBoundingClientRect();
  const room = document.documentElement.clientWidth - width - margin;
  const left = Math.max(margin, Math.min(line.left, room)) - frame.left;
  const dock = document.querySelector('.dock')?.getBoundingClientRect();
  const below = (dock?.top ?? innerHeight) - line.bottom;
  const isBelow = below >= height + gap + margin || line.top < height + gap + margin;
  const top = isBelow ? line.bottom + gap : line.top - gap - height;
  box.style.setProperty('left', `${left}px`);
  box.style.setProperty('top', `${top - frame.top}px`);
}
