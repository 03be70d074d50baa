export { BothConstraints } from './both-constraints.ts';
export { createConstraintState } from './bind-constraint.ts';
export {
  compileConstraint,
  ignoredWarnings,
  type CompiledConstraint,
} from './compile-constraint.ts';
export {
  ConstraintCompiler,
  type CompileOptions,
  type ConstraintCompilerOptions,
} from './constraint-compiler.ts';
export { readVocabulary } from './read-vocabulary.ts';
