import * as fc from 'fast-check';
import { expect, it } from 'vitest';

import { warningsHeader } from './warnings-header.ts';

it('is JSON that a header may have', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'binary' }), { maxLength: 5 }), (warnings) => {
      const header = warningsHeader(warnings);
      expect(new Headers({ 'x-trimtab-warnings': header }).get('x-trimtab-warnings')).toBe(header);
      expect(JSON.parse(header)).toEqual(warnings);
    }),
  );
});

it('is short, however long the names are that it would tell', () => {
  const header = warningsHeader(['ü'.repeat(5000), 'b']);
  expect(JSON.parse(header)).toEqual(['2 warnings: see usage.trimtab.warnings.']);
});
