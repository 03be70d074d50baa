// Whether memory rises with ever-new constraints: npx tsx lab/constraints/soak.ts
// --schemas 1400  schemas, each of them new and answered once
// --vocabulary 32000  tokens
import { parseArgs } from 'node:util';

import { compileConstraint, createConstraintState } from '../../src/grammar/index.ts';
import { benchVocabulary } from './vocabulary.ts';
import { collectGarbage, showProgress, showTable } from '../shared/measure.ts';

const { values: flags } = parseArgs({
  options: {
    schemas: { type: 'string', default: '1400' },
    vocabulary: { type: 'string', default: '32000' },
  },
});
const schemas = Number(flags.schemas);
const vocabulary = benchVocabulary(Number(flags.vocabulary));
const rows = 7;

const taken: string[][] = [];
for (let i = 0; i <= schemas; i++) {
  answer(i);
  if (i % Math.ceil(schemas / rows) === 0) taken.push([String(i), ...memory()]);
  if (i % 20 === 0) showProgress(`schema ${i} of ${schemas}`);
}
showProgress('');
console.log(showTable([['schemas', 'heap and buffers, MiB', 'resident, MiB'], ...taken]));

/** One answer under a schema that nobody has asked for before. */
function answer(i: number): void {
  const jsonSchema = {
    type: 'object',
    properties: {
      [`name_${i}`]: { type: 'string' },
      [`count_${i}`]: { type: 'integer', minimum: i },
      kind: { enum: [`kind ${i}`, 'other'] },
    },
    required: [`name_${i}`, `count_${i}`, 'kind'],
    additionalProperties: false,
  };
  const text = `{"name_${i}":"a name of some words","count_${i}":${i + 12},"kind":"other"}`;
  const state = createConstraintState(compileConstraint({ jsonSchema }), vocabulary);
  for (const token of vocabulary.tokenize(text, { addSpecial: false, parseSpecial: false })) {
    state.mask(200);
    state.accept(token);
  }
}

function memory(): string[] {
  collectGarbage();
  const { heapUsed, arrayBuffers, rss } = process.memoryUsage();
  return [heapUsed + arrayBuffers, rss].map((bytes) => (bytes / 2 ** 20).toFixed(0));
}
