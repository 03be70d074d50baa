// Damaged and forged model files, each loaded and used in a child process: npm run fuzz
// -- --variants  how many: 10,000 by default; -- --first  the number of the first; -- --json  prints data
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';

import { showProgress } from '../shared/measure.ts';

const { values: flags } = parseArgs({
  options: {
    variants: { type: 'string', default: '10000' },
    first: { type: 'string', default: '0' },
    json: { type: 'boolean', default: false },
  },
});

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

/** A line of a child: what it is about to load, or how that ended. */
type Line = { readonly variant: number } & (
  | { readonly what: string }
  | { readonly outcome: string }
);

const script = path.join(import.meta.dirname, 'fuzz-headers-child.ts');

/** Runs variants from `first` in one child. @returns Where it ended before its time, or `null`. */
async function run(first: number, end: number, onOutcome: (outcome: string) => void) {
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

const count = Number(flags.variants);
const first = Number(flags.first);
const outcomes: Record<string, number> = {};
const aborts: FuzzHeadersResults['aborts'][number][] = [];
let done = 0;
for (let next = first; next < first + count;) {
  const fault = await run(next, first + count, (outcome) => {
    outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
    if (++done % 100 === 0) showProgress(`${done} of ${count} variants, ${aborts.length} aborts`);
  });
  if (fault === null) break;
  aborts.push(fault);
  next = fault.variant + 1;
}
const results: FuzzHeadersResults = { variants: count, outcomes, aborts };
if (flags.json) console.log(JSON.stringify(results));
else {
  console.log(`${count} variants: ${aborts.length} ended the process that loaded them.`);
  for (const [outcome, times] of Object.entries(outcomes)) console.log(`  ${outcome}: ${times}`);
  for (const { variant, what, end } of aborts)
    console.log(`  variant ${variant}: ${what}\n    ${end}`);
}
process.exitCode = aborts.length === 0 ? 0 : 1;
