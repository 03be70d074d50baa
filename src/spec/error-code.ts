import type * as errors from './errors.ts';

/** Instances of the classes of `errors.ts`. */
type AnyError = {
  readonly [Name in keyof typeof errors]: InstanceType<(typeof errors)[Name]>;
}[keyof typeof errors];

/** The base, whose code is any text, is left out: of it there are no instances. */
type CodeOf<Instance extends AnyError> = Instance extends unknown
  ? string extends Instance['code']
    ? never
    : Instance['code']
  : never;

/**
 * Every code of an error in `errors.ts`, read from the classes. What is said of errors by code (HTTP statuses,
 * exit codes, which class an error is again outside its process) is a table over it, which the types hold
 * complete.
 */
export type ErrorCode = CodeOf<AnyError>;
