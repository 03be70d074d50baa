import { ContractError, InvalidOptionError } from '../spec/index.ts';
import type { ComposeRows, OwnMethod } from './compose-rows.ts';
import { model, type Formula } from './formula.ts';

export interface ComposedByOptions<Model extends string> {
  readonly name: string;
  /** Those that it sees, each of which runs at every position. */
  readonly models: readonly Model[];
  readonly compose: ComposeRows<Model>;
}

/**
 * A formula that is a function over the models' logits, for recipes given in code:
 * `{ models, base: 'large', formula: composedBy({ name: 'clipped', models: ['large', 'chat'], compose }) }`.
 *
 * It must be a function of its arguments alone: positions are composed ahead and again as it suits the engine. All its
 * models run whatever the params are; that a strength of 0 is the base, bit for bit, is its own to see to.
 * @throws InvalidOptionError for no name, no model, or no function.
 */
export function composedBy<const Model extends string>({
  name,
  models,
  compose,
}: ComposedByOptions<Model>): Formula {
  if (typeof name !== 'string' || name === '') {
    throw new InvalidOptionError('name', 'A method needs a name: messages call it by that.');
  }
  if (models.length === 0) {
    throw new InvalidOptionError('models', `The method ${name} names no model: it has no rows.`);
  }
  if (typeof compose !== 'function') {
    throw new InvalidOptionError('compose', `compose of the method ${name} must be a function.`);
  }
  const terms = [...new Set(models)].flatMap((each) => model(each).terms);
  return { terms, method: { name, compose } };
}

/** @throws ContractError if the method has not written its row when it returns. */
export function runMethod({ name, compose }: OwnMethod, ...given: Parameters<ComposeRows>): void {
  const returned: unknown = compose(...given);
  if (returned === undefined) return;
  throw new ContractError(
    `The method ${name} returned ${returned instanceof Promise ? 'a promise' : 'a value'} at position ${given[2]}: ` +
      'it must write the logits into `out`, at once, and return nothing.',
  );
}
