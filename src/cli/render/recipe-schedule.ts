import type { ResolvedSchedule } from '../../spec/index.ts';

/** What a schedule does, in words. @param base - The model that is steered. */
export function explainSchedule({ match, junctions }: ResolvedSchedule, base: string): string {
  const rest =
    match === undefined
      ? 'its value'
      : `as much of its value as leads ${base} as far, in KL, as one side of its difference is from the other`;
  if (junctions === undefined) return rest;
  return `0 where the entropy of ${base} is below ${junctions} nats, else ${rest}`;
}
