/** How a program ended; every way but one is a failure. */
export type ProgramOutcome =
  | { readonly passed: true }
  | { readonly passed: false; readonly reason: ProgramFault; readonly message: string };

/** Why programs fail. */
export const programFaults = [
  /** It threw. */
  'error',
  /** It ran out of a limit. */
  'time',
  'memory',
  'stack',
  /** It ended with a promise that nothing settles. */
  'pending',
  /** It ended itself before its tests did. */
  'exit',
  /** It asked for what no program may: another process, a file to write, the network. */
  'forbidden',
  /** It broke its interpreter. */
  'crash',
] as const;

export type ProgramFault = (typeof programFaults)[number];
