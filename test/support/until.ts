import { setImmediate as turn, setTimeout as delay } from 'node:timers/promises';

/** Lets whatever can go on at once do so, for so many turns of the event loop. */
export async function turns(count = 1): Promise<void> {
  for (let i = 0; i < count; i++) await turn();
}

/** Waits for what comes about by itself; whoever waits for ever is ended by the test runner. */
export async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await delay(1);
}

/** Waits for what comes about within this process, and misses no turn of its event loop. */
export async function untilTurn(isSo: () => boolean): Promise<void> {
  while (!isSo()) await turn();
}
