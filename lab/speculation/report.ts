import { showSummary } from '../shared/measure.ts';
import { showTable } from '../shared/table.ts';
import type { Counts } from './counts.ts';
import type { PeerResults } from './llama-server.ts';
import type { WayResults, WorkloadResults } from './measure.ts';

export interface SpeculationResults {
  readonly subject: string;
  readonly rounds: number;
  readonly threads: number;
  /** Answers that differ by more than rounding explains. */
  readonly broken: number;
  readonly workloads: readonly WorkloadResults[];
  /** `null` where it was not compared. */
  readonly peer: PeerResults | null;
}

/** Counts first: what they say depends on no machine. */
export function showWorkload({ name, answers, ways, alone }: WorkloadResults): string {
  const rows = Object.entries(ways).map(([way, results]) => [
    way,
    passes(results.counts, 'base'),
    `${passes(results.counts, 'expert')} + ${passes(results.counts, 'antiExpert')}`,
    showDrafts(results.counts),
    showSummary(results.overOff),
    showSummary(results.overAlone),
    showSameness(results),
  ]);
  return [
    `## ${name}: ${answers} answers, ${ways.off.counts.tokens} tokens`,
    '',
    showTable([
      [
        'drafts',
        "base's passes a token",
        "pair's",
        'accepted of drafted',
        'seconds ÷ off',
        '÷ base alone',
        'other answers',
      ],
      ...rows,
    ]),
    '',
    `The base alone: ${passes(alone.counts, 'base')} passes a token, ` +
      `${showSummary(alone.msPerToken, 1)} ms.`,
  ].join('\n');
}

function passes({ passesPerToken }: Counts, model: string): string {
  return (passesPerToken[model] ?? 0).toFixed(2);
}

/** `copies 12 of 30, constraint 4 of 4` */
export function showDrafts({ drafts }: Counts): string {
  const shown = Object.entries(drafts).map(
    ([drafter, { drafted, accepted }]) => `${drafter} ${accepted} of ${drafted}`,
  );
  return shown.length === 0 ? '–' : shown.join(', ');
}

function showSameness({ sameness: { answers, differing, nearTies } }: WayResults): string {
  if (differing === 0) return `0 of ${answers}`;
  return `${differing} of ${answers}, ${nearTies} at near ties`;
}
