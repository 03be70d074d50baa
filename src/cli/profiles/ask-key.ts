import { askAtTerminal, type TerminalCli } from '../terminal-questions.ts';
import { outcomes, quitKey, type OutcomeKey } from './outcomes.ts';

const labels: Readonly<Record<OutcomeKey | typeof quitKey, string>> = {
  1: 'the first',
  2: 'the second',
  t: 'both alike',
  s: 'neither: skip it',
  q: 'enough for now',
};

/** What the user at the terminal says of two answers; `null` if they leave. @throws Interrupted */
export async function askKey(cli: TerminalCli, message: string): Promise<OutcomeKey | null> {
  const keys: (OutcomeKey | typeof quitKey)[] = [
    ...(Object.keys(outcomes) as OutcomeKey[]),
    quitKey,
  ];
  const options = keys.map((value) => ({ value, label: labels[value] }));
  const key = await askAtTerminal(cli, ({ selectKey }, style) =>
    selectKey({ message, options, ...style }),
  );
  return key === quitKey ? null : key;
}
