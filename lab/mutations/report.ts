import { showTable } from '../shared/table.ts';
import type { Fate, Outcome } from './journal.ts';
import { mutated, type Mutation } from './operators.ts';

/** The lines that a mutation changes. */
export interface Change {
  /** The first one's number, from 1. */
  readonly line: number;
  readonly before: string;
  readonly after: string;
}

/** A mutation, and what became of it. */
export interface Tried extends Mutation, Outcome, Change {}

export function isSurvivor({ fate }: Outcome): boolean {
  return fate === 'survived';
}

/** @param whole - The text of its file without it. */
export function changeOf(whole: string, mutation: Mutation): Change {
  const { start, end } = mutation;
  const text = mutated(whole, mutation);
  const from = whole.lastIndexOf('\n', start - 1) + 1;
  const cut = (of: string, to: number): string => {
    const until = of.indexOf('\n', to);
    return of.slice(from, until === -1 ? undefined : until);
  };
  return {
    line: whole.slice(0, start).split('\n').length,
    before: cut(whole, end),
    after: cut(text, end + text.length - whole.length),
  };
}

export function showSurvivor({ file, line, operator, before, after }: Tried): string {
  const marked = (mark: string, text: string): string =>
    text
      .split('\n')
      .slice(0, 5)
      .map((each) => `${mark} ${each}`)
      .join('\n');
  return `${file}:${line} ${operator}\n${marked('-', before)}\n${marked('+', after)}`;
}

const fates: readonly Fate[] = ['tests', 'types', 'lint', 'hang', 'survived'];

/** How many of each room were noticed by what. */
export function showRooms(tried: readonly Tried[]): string {
  const roomOf = ({ file }: Tried): string => file.split('/').slice(1, -1).slice(0, 2).join('/');
  const rooms = [...new Set(tried.map(roomOf))].toSorted();
  const row = (name: string, of: readonly Tried[]): readonly string[] => {
    const counts = fates.map((fate) => of.filter((one) => one.fate === fate).length);
    const noticed = of.length === 0 ? 0 : 1 - counts.at(-1)! / of.length;
    return [name, ...[of.length, ...counts].map(String), `${(100 * noticed).toFixed(0)} %`];
  };
  return showTable([
    ['room', 'mutations', ...fates, 'noticed'],
    ...rooms.map((room) =>
      row(
        room,
        tried.filter((one) => roomOf(one) === room),
      ),
    ),
    row('all', tried),
  ]);
}
