export {
  callSpellings,
  defaultCallForm,
  otherHeads,
  recogniseForm,
  type CallShape,
} from './call-form.ts';
export {
  createCallReader,
  readCalls,
  type AnswerPart,
  type CallReader,
  type ReadAnswer,
} from './read-calls.ts';
