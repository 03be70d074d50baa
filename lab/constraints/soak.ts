// Whether memory rises with ever-new constraints.
import { compileConstraint, createConstraintState } from '../../src/grammar/index.ts';
import type { Vocabulary } from '../../src/spec/index.ts';
import { experiment } from '../shared/experiment.ts';
import { number } from '../shared/flags.ts';
import { heapBytes, showMebibytes } from '../shared/measure.ts';
import { showProgress } from '../shared/progress.ts';
import { tableOf } from '../shared/table.ts';
import { benchVocabulary } from './vocabulary.ts';

const rows = 7;

export default experiment({
  flags: {
    schemas: number('each of them new and answered once', 1400),
    vocabulary: number('tokens', 32_000),
  },
  run: async ({ schemas, vocabulary: size }, print) => {
    const vocabulary = benchVocabulary(size);
    const taken = [];
    for (let i = 0; i <= schemas; i++) {
      answer(i, vocabulary);
      if (i % 20 === 0) showProgress(`schema ${i} of ${schemas}`);
      if (i % Math.ceil(schemas / rows) !== 0) continue;
      taken.push({ schemas: i, heapBytes: heapBytes(), residentBytes: process.memoryUsage().rss });
    }
    print(
      tableOf(taken, {
        schemas: (row) => String(row.schemas),
        'heap and buffers, MiB': (row) => showMebibytes(row.heapBytes),
        'resident, MiB': (row) => showMebibytes(row.residentBytes),
      }),
    );
    return { data: taken };
  },
});

/** One answer under a schema that nobody has asked for before. */
function answer(i: number, vocabulary: Vocabulary): void {
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
