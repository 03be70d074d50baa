// What constraints cost: masks over 128,000 tokens, compiling, memory, and a constrained token against a
// free one on the embedded models.
import { experiment } from '../shared/experiment.ts';
import { machineFacts, showMachine } from '../shared/measure.ts';
import { showProgress } from '../shared/progress.ts';
import { measureCompiling, showCompiling } from './compiling.ts';
import { measureDecoding, showDecoding } from './decoding.ts';
import { measureIndex, measureMasks, showMasks } from './masks.ts';
import { constraintSubjects } from './subjects.ts';
import { benchVocabulary } from './vocabulary.ts';

const vocabSize = 128_000;

export default experiment({
  flags: {},
  async run(_, print) {
    const vocabulary = benchVocabulary(vocabSize);
    const index = measureIndex(vocabulary);
    const masks = constraintSubjects().map((subject) => {
      showProgress(`masks: ${subject.name}`);
      return measureMasks(subject, vocabulary);
    });
    print(`${showMachine()}\n\n${showMasks(vocabulary.size, index, masks)}\n`);
    const compiling = measureCompiling();
    print(`${showCompiling(compiling)}\n`);
    const decoding = await measureDecoding();
    print(showDecoding(decoding));
    return { data: { machine: machineFacts(), index, masks, compiling, decoding } };
  },
});
