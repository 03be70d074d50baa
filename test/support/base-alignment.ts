import type { VocabularyAlignment } from '../../src/compose/index.ts';

/** A base's vocabulary to itself. */
export const baseAlignment: VocabularyAlignment = {
  kind: 'equal',
  baseSize: 0,
  otherSize: 0,
  lacking: [],
  report: '',
};
