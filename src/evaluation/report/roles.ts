import { InvalidOptionError } from '../../spec/index.ts';
import type { DescribedSystem } from '../run/run-description.ts';

/** Which systems have a part in verdicts and in the gap closed; by name. */
export interface SystemRoles {
  /** What the others are compared with. */
  readonly base: string;
  /** The small model alone; `null` where there is none. */
  readonly expert: string | null;
  /** The base tuned directly; `null` where there is none. */
  readonly direct: string | null;
}

/**
 * Names of the systems that are judged: those that have none of the roles, and that answer without
 * examples, which are a rival of recipes and not one of them.
 */
export function judgedSystems(
  systems: readonly Pick<DescribedSystem, 'name' | 'examples'>[],
  roles: SystemRoles,
): string[] {
  return systems
    .filter(({ name, examples }) => examples === undefined && !Object.values(roles).includes(name))
    .map(({ name }) => name);
}

/** @throws InvalidOptionError for a role that none of the systems has. */
export function requireRoles(roles: SystemRoles, systems: readonly string[]): void {
  for (const [role, name] of Object.entries(roles) as [keyof SystemRoles, string | null][]) {
    if (name === null || systems.includes(name)) continue;
    throw new InvalidOptionError(
      role,
      `No system is called ${name}, which shall be the ${role}. There are ${systems.join(', ')}.`,
    );
  }
}
