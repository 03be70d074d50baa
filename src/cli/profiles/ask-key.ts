import { Writable } from 'node:stream';

import type { Cli } from '../cli.ts';
import { Interrupted } from '../interruption.ts';
import type { Output } from '../output.ts';
import { outcomes, quitKey, type OutcomeKey } from './outcomes.ts';

const labels: Readonly<Record<OutcomeKey | typeof quitKey, string>> = {
  1: 'the first',
  2: 'the second',
  t: 'both alike',
  s: 'neither: skip it',
  q: 'enough for now',
};

/** What the user at the terminal says of two answers; `null` if they leave. @throws Interrupted */
export async function askKey(
  { interruption, input, out, screen }: Pick<Cli, 'interruption' | 'input' | 'out' | 'screen'>,
  message: string,
): Promise<OutcomeKey | null> {
  const { isCancel, selectKey } = await import('@clack/prompts');
  const keys: (OutcomeKey | typeof quitKey)[] = [
    ...(Object.keys(outcomes) as OutcomeKey[]),
    quitKey,
  ];
  const key = await selectKey({
    message,
    options: keys.map((value) => ({ value, label: labels[value] })),
    signal: interruption.signal,
    withGuide: false,
    input,
    output: out.palette.hasColors ? screen : withoutColors(out),
  });
  interruption.signal.throwIfAborted();
  if (isCancel(key)) throw new Interrupted('SIGINT', 130);
  return key === quitKey ? null : key;
}

// oxlint-disable-next-line no-control-regex -- an escape sequence begins with one
const styling = /\u001B\[[0-9;]*m/g;

/** The prompt has no switch for its colours. */
function withoutColors(out: Output): Writable {
  return new Writable({
    write(text: Buffer, _, done) {
      out.write(text.toString().replace(styling, ''));
      done();
    },
  });
}
