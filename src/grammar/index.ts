export {
  compileConstraint,
  createConstraintState,
  type CompiledConstraint,
} from './compile-constraint.ts';
