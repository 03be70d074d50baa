import type { Flags, FlagValues } from './flags.ts';

/** Says a part of what an experiment found, as text; under `--json` nothing is said but the data at the end. */
export type Print = (text: string) => void;

/** What a module of an experiment exports as its default. */
export interface Experiment<Given extends Flags = Flags> {
  readonly flags: Given;
  /** @returns The data of `--json`; the experiment fails if `failed` is true. */
  run(flags: FlagValues<Given>, print: Print): Promise<Findings>;
}

export interface Findings {
  readonly data: object;
  readonly failed?: boolean;
}

export function experiment<const Given extends Flags>(given: Experiment<Given>): Experiment<Given> {
  return given;
}
