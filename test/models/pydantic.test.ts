import { describe, expect, it } from 'vitest';

import { findPython, runPython } from '../support/python.ts';
import { misjudged, textsOf, type SchemaCase } from '../support/schema-suite.ts';

const python = findPython('pydantic', 'schemas of Pydantic');

interface PydanticCase extends SchemaCase {
  readonly name: string;
  readonly mode: 'validation' | 'serialization' | 'openapi';
  /** Whether the type refuses what its schema cannot say. */
  readonly loose: boolean;
}

const program = 'pydantic_schemas.py';

describe.skipIf(python === undefined)('schemas of Pydantic', async () => {
  const cases = python === undefined ? [] : await runPython<PydanticCase[]>(python, program, null);

  it.each(cases)('$name ($mode) take what it writes, and refuse what it refuses', (each) => {
    expect(misjudged(each)).toEqual([]);
  });

  it('allow nothing that it refuses', async () => {
    const written = cases
      .filter(({ mode, loose }) => mode === 'validation' && !loose)
      .map(({ name, schema }) => [name, textsOf(schema, 20)] as const);
    expect(await runPython(python!, program, Object.fromEntries(written))).toEqual({});
  });
});
