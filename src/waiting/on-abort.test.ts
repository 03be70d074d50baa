import { getEventListeners, setMaxListeners, getMaxListeners } from 'node:events';
import { expect, test, vi } from 'vitest';
import { onAbort } from './on-abort.ts';

test('hears the reason once, and not after it was taken away', () => {
  const controller = new AbortController();
  const heard = vi.fn<(reason: unknown) => void>();
  const deaf = vi.fn<(reason: unknown) => void>();
  onAbort(controller.signal, heard);
  onAbort(controller.signal, deaf)();
  controller.abort('enough');
  expect(heard.mock.calls).toEqual([['enough']]);
  expect(deaf).not.toHaveBeenCalled();
  expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
});

test('hears at once where the signal has aborted', () => {
  const heard = vi.fn<(reason: unknown) => void>();
  onAbort(AbortSignal.abort('before'), heard);
  expect(heard.mock.calls).toEqual([['before']]);
});

test.each([
  ['a signal', new AbortController().signal],
  ['one of several', AbortSignal.any([new AbortController().signal])],
])('%s may end many requests without a warning', async (_, signal) => {
  const warned = vi.fn<(warning: Error) => void>();
  process.on('warning', warned);
  for (let request = 0; request < 100; request++) onAbort(signal, () => {});
  await new Promise(setImmediate);
  process.off('warning', warned);
  expect(warned).not.toHaveBeenCalled();
});

test("keeps a limit that the signal's owner chose", () => {
  const { signal } = new AbortController();
  setMaxListeners(3, signal);
  onAbort(signal, () => {});
  expect(getMaxListeners(signal)).toBe(3);
});

test('nothing to hear without a signal', () => {
  onAbort(undefined, () => expect.unreachable())();
});
