import { Writable } from 'node:stream';

import { onAbort } from '../waiting/index.ts';
import type { Cli } from './cli.ts';
import { Interrupted } from './interruption.ts';
import type { Output } from './output.ts';

type Prompts = typeof import('@clack/prompts');

/** What questions are asked through. */
export type TerminalCli = Pick<Cli, 'interruption' | 'input' | 'out' | 'screen'>;

/** What every question at a terminal is asked with. */
export interface QuestionStyle {
  readonly signal: AbortSignal;
  readonly withGuide: false;
  readonly input: Cli['input'];
  readonly output: Writable;
}

/** The user's answer to a question at the terminal. @throws Interrupted if they leave */
export async function askAtTerminal<Answer>(
  { interruption, input, out, screen }: TerminalCli,
  ask: (prompts: Prompts, style: QuestionStyle) => Promise<Answer>,
): Promise<Exclude<Answer, symbol>> {
  const prompts = await import('@clack/prompts');
  // A prompt never takes its listener away, which ends the prompt, and a line: it gets a signal of its own.
  const leaving = new AbortController();
  const detach = onAbort(interruption.signal, (reason) => leaving.abort(reason));
  const answer = await ask(prompts, {
    signal: leaving.signal,
    withGuide: false,
    input,
    output: out.palette.hasColors ? screen : withoutColors(out),
  }).finally(detach);
  interruption.signal.throwIfAborted();
  if (prompts.isCancel(answer)) throw new Interrupted('SIGINT', 130);
  return answer as Exclude<Answer, symbol>;
}

// oxlint-disable-next-line no-control-regex -- an escape sequence begins with one
const styling = /\u001B\[[0-9;]*m/g;

/** The prompts have no switch for their colours. */
function withoutColors(out: Output): Writable {
  return new Writable({
    write(text: Buffer, _, done) {
      out.write(text.toString().replace(styling, ''));
      done();
    },
  });
}
