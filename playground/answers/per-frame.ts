/** Calls `paint` at most once a frame, with the latest value. */
export interface PerFrame<T> {
  readonly push: (value: T) => void;
  /** Drops what is pending. */
  readonly cancel: () => void;
}

export function createPerFrame<T>(paint: (value: T) => void): PerFrame<T> {
  let frame: number | undefined;
  let latest: T;
  return {
    push(value) {
      latest = value;
      frame ??= requestAnimationFrame(() => {
        frame = undefined;
        paint(latest);
      });
    },
    cancel() {
      if (frame !== undefined) cancelAnimationFrame(frame);
      frame = undefined;
    },
  };
}
