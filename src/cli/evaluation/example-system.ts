import { readExamples, type EvaluationSystem, type Example } from '../../evaluation/index.ts';
import { UsageError } from '../failure.ts';
import { parseFile } from '../named-file.ts';

/** Flags of in-context examples, as commander parses them. */
export interface ExampleFlags {
  readonly examples?: string;
  readonly shots?: number;
}

/** @returns None without the flags. @throws UsageError */
export async function readExampleFlags({ examples, shots }: ExampleFlags): Promise<Example[]> {
  if (examples === undefined && shots === undefined) return [];
  if (examples === undefined) {
    throw new UsageError('--shots: it says how many of --examples are shown; give the file, too.');
  }
  if (!(shots !== undefined && Number.isInteger(shots) && shots >= 1)) {
    throw new UsageError(
      `--shots: it must be an integer of at least 1, not ${shots ?? 'missing'}: how many of --examples ` +
        'are shown.',
    );
  }
  return parseFile('--examples', examples, (text) => readExamples(text, examples, shots));
}

/** The systems, and after the base the base with examples, if there are any. */
export function withExampleSystem(
  systems: readonly EvaluationSystem[],
  base: string,
  examples: readonly Example[],
): EvaluationSystem[] {
  const { length } = examples;
  if (length === 0) return [...systems];
  const suffix = length === 1 ? '+1 example' : `+${length} examples`;
  return systems.flatMap((system) =>
    system.name === base ? [system, { ...system, name: base + suffix, examples }] : [system],
  );
}
