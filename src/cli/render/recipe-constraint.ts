import { compileConstraint } from '../../grammar/index.ts';
import type { Constraint, ConstraintKind } from '../../index.ts';

const kinds = {
  jsonSchema: 'JSON schema',
  regex: 'regular expression',
  grammar: 'GBNF grammar',
  choice: 'choice',
  structuralTag: 'structural tag',
} as const satisfies Record<ConstraintKind, string>;

/** What a constraint is, and what it compiles to. */
export interface ConstraintOutline {
  readonly kind: string;
  /** Of its automaton. */
  readonly states: number;
}

/** @throws ConstraintError */
export function outlineConstraint(constraint: Constraint): ConstraintOutline {
  const [key] = Object.keys(constraint) as (keyof typeof kinds)[];
  return { kind: kinds[key!], states: compileConstraint(constraint).automaton.size };
}
