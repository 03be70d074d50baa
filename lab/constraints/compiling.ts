import { compileConstraint } from '../../src/grammar/index.ts';
import type { Constraint } from '../../src/spec/index.ts';
import { median } from '../shared/numbers.ts';
import { showProgress } from '../shared/progress.ts';
import { tableOf } from '../shared/table.ts';
import { wideSchema } from './subjects.ts';

interface CompileResults {
  readonly name: string;
  readonly ms: number;
  readonly states: number;
}

export function measureCompiling(): readonly CompileResults[] {
  const schemas: Readonly<Record<string, object>> = {
    '100 required properties': wideSchema(100, true) as object,
    '100 optional properties': wideSchema(100, false) as object,
    '1000 required properties': wideSchema(1000, true) as object,
    'a string of at most 1000 characters': { type: 'string', maxLength: 1000 },
    'a string of at most 10,000 characters': { type: 'string', maxLength: 10_000 },
    'at most 10,000 integers': { type: 'array', items: { type: 'integer' }, maxItems: 10_000 },
  };
  return Object.entries(schemas).map(([name, schema]) => {
    showProgress(`compiling: ${name}`);
    let states = 0;
    const times = Array.from({ length: 5 }, (_, round) => {
      // What was compiled before is remembered: a title makes it another schema.
      const constraint: Constraint = { jsonSchema: { ...schema, title: `round ${round}` } };
      const start = performance.now();
      states = compileConstraint(constraint).automaton.size;
      return performance.now() - start;
    });
    return { name, ms: median(times), states };
  });
}

export function showCompiling(compiling: readonly CompileResults[]): string {
  return [
    '# Compiling, median of 5',
    tableOf(compiling, {
      '': ({ name }) => name,
      ms: ({ ms }) => ms.toFixed(0),
      states: ({ states }) => String(states),
    }),
  ].join('\n');
}
