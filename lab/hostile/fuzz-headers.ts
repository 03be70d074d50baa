// Damaged and forged model files, each loaded and used in a child process.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';

import { experiment } from '../shared/experiment.ts';
import { number } from '../shared/flags.ts';
import { showProgress } from '../shared/progress.ts';

export interface FuzzHeadersResults {
  readonly variants: number;
  /** Variants by how they ended: `used`, or the code of the error. */
  readonly outcomes: Readonly<Record<string, number>>;
  /** Variants that ended the process that loaded them. */
  readonly aborts: readonly {
    readonly variant: number;
    readonly what: string;
    readonly end: string;
  }[];
}

export default experiment({
  flags: { variants: number('how many', 10_000), first: number('the number of the first', 0) },
  async run({ variants, first }, print) {
    const outcomes: Record<string, number> = {};
    const aborts: FuzzHeadersResults['aborts'][number][] = [];
    let done = 0;
    for (let next = first; next < first + variants;) {
      const fault = await runChild(next, first + variants, (outcome) => {
        outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
        if (++done % 100 === 0) {
          showProgress(`${done} of ${variants} variants, ${aborts.length} aborts`);
        }
      });
      if (fault === null) break;
      aborts.push(fault);
      next = fault.variant + 1;
    }
    print(`${variants} variants: ${aborts.length} ended the process that loaded them.`);
    for (const [outcome, times] of Object.entries(outcomes)) print(`  ${outcome}: ${times}`);
    for (const { variant, what, end } of aborts) print(`  variant ${variant}: ${what}\n    ${end}`);
    const data: FuzzHeadersResults = { variants, outcomes, aborts };
    return { data, failed: aborts.length > 0 };
  },
});

/** A line of a child: what it is about to load, or how that ended. */
type Line = { readonly variant: number } & (
  | { readonly what: string }
  | { readonly outcome: string }
);

const script = path.join(import.meta.dirname, 'fuzz-headers-child.ts');

/** Runs variants from `first` in one child. @returns Where it ended before its time, or `null`. */
async function runChild(first: number, end: number, onOutcome: (outcome: string) => void) {
  const args = ['--import', 'tsx', script, String(first), String(end)];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let log = '';
  child.stderr.on('data', (chunk: Buffer) => (log = (log + chunk.toString()).slice(-4000)));
  let last: { variant: number; what: string } | undefined;
  const ended = once(child, 'close');
  for await (const text of createInterface(child.stdout)) {
    if (!text.startsWith('{')) continue;
    const line = JSON.parse(text) as Line;
    if ('what' in line) last = line;
    else {
      last = undefined;
      onOutcome(line.outcome);
    }
  }
  const [code, signal] = (await ended) as [number | null, string | null];
  if (code === 0) return null;
  if (last === undefined) throw new Error(`The child ended with ${code ?? signal}: ${log}`);
  return {
    ...last,
    end: `${signal ?? code}: ${log.split('\n').find((row) => row.includes('ASSERT') || row.includes('what():')) ?? ''}`,
  };
}
