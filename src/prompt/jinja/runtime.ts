import type { Budget } from './budget.ts';
import type { Arguments, Thing, Value } from './values.ts';

export type Filter = (runtime: Runtime, value: Value, args: Arguments) => Value;
export type Test = (runtime: Runtime, value: Value, args: Arguments) => boolean;

/** A method of a Python type. */
export type PythonMethod<T> = (runtime: Runtime, self: T, args: Arguments) => Value;

/** What the operations of one rendering share. */
export interface Runtime {
  readonly budget: Budget;
  readonly filters: ReadonlyMap<string, Filter>;
  readonly tests: ReadonlyMap<string, Test>;
  /** The method `name` bound to `value`, if there is one. */
  methodOf(runtime: Runtime, value: Value, name: string): Thing | undefined;
}
