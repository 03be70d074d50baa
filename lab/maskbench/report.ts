import { sum } from '../shared/numbers.ts';
import { tableOf } from '../shared/table.ts';
import type { SchemaFile } from './files.ts';
import type { Judgement } from './judge.ts';
import type { PeerJudgement } from './peer.ts';

/** A schema, and what became of it here and there. */
export interface Judged {
  readonly file: SchemaFile;
  readonly ours: Judgement;
  readonly peer: PeerJudgement | null;
}

interface Group {
  readonly name: string;
  readonly all: readonly Judged[];
}

/** Compiled, all valid documents accepted (their keys in the order that they have), all invalid ones refused. */
export function isPassed({ refusal, invalidAccepted, validRefused }: Judgement): boolean {
  return refusal === null && invalidAccepted + validRefused === 0;
}

export function showTotals(judged: readonly Judged[]): string {
  const ours = judged.map((each) => each.ours);
  const documents = sum(ours.map((each) => each.documents));
  const count = (pick: (each: Judgement) => number): number => sum(ours.map(pick));
  const refused = count((each) => each.validRefused);
  const ordered = count((each) => each.otherOrder);
  const times = ours.map((each) => each.milliseconds);
  const lines = [
    `${judged.length} schemas, ${documents} documents: ${count((each) => each.invalidAccepted)} invalid ones accepted, ` +
      `${refused} valid ones refused, of which ${ordered} for the order of their keys.`,
    `Compiling, ms: ${quantiles(times)}.`,
  ];
  const peers = judged.flatMap(({ peer }) => peer ?? []);
  if (peers.length > 0) {
    lines.push(`llguidance, ms: ${quantiles(peers.map((each) => each.milliseconds))}.`);
  }
  return lines.join('\n');
}

export function showBySplit(judged: readonly Judged[]): string {
  const groups = new Map<string, Judged[]>();
  for (const each of judged) {
    const group = groups.get(each.file.split) ?? [];
    groups.set(each.file.split, group);
    group.push(each);
  }
  const rows: Group[] = [
    { name: 'all', all: judged },
    ...[...groups].map(([name, all]) => ({ name, all })),
  ];
  const withDocuments = ({ all }: Group) => all.filter(({ ours }) => ours.documents > 0);
  const hasPeer = judged.some(({ peer }) => peer !== null);
  return tableOf(rows, {
    split: ({ name }) => name,
    schemas: ({ all }) => String(all.length),
    'pass %': ({ all }) => share(all, ({ ours }) => isPassed(ours)),
    'with documents': (group) => String(withDocuments(group).length),
    'of these pass %': (group) => share(withDocuments(group), ({ ours }) => isPassed(ours)),
    ...(hasPeer && {
      'llguidance compiles %': ({ all }: Group) =>
        share(all, ({ peer }) => peer !== null && peer.refusal === undefined),
      'llguidance passes %': ({ all }: Group) => share(all, isPassedByPeer),
      'of those with documents %': (group: Group) => share(withDocuments(group), isPassedByPeer),
    }),
  });
}

function isPassedByPeer({ peer }: Judged): boolean {
  return peer !== null && peer.refusal === undefined && peer.right.every(Boolean);
}

/** Why schemas are refused, the most frequent first; places and numbers are left out. */
export function showFailures(judged: readonly Judged[]): string {
  const reasons = new Map<string, number>();
  for (const { ours } of judged) {
    if (ours.refusal === null) continue;
    const reason = ours.refusal
      .replaceAll(/#\S*( & #\S*)*/g, '#')
      .replaceAll(/\d+/g, 'N')
      .slice(0, 100);
    reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
  }
  const sorted = [...reasons].toSorted(([, a], [, b]) => b - a).slice(0, 15);
  return tableOf(sorted, {
    schemas: ([, count]) => String(count),
    'refused because': ([reason]) => reason,
  });
}

function share(all: readonly Judged[], test: (each: Judged) => boolean): string {
  return all.length === 0 ? '–' : ((100 * all.filter(test).length) / all.length).toFixed(1);
}

function quantiles(values: readonly number[]): string {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (q: number): string => sorted[Math.floor(q * (sorted.length - 1))]!.toFixed(1);
  return `p50 ${at(0.5)}, p90 ${at(0.9)}, p99 ${at(0.99)}, most ${at(1)}`;
}
