import type { Block, Signature } from './ast.ts';
import { evaluateExpression } from './evaluate.ts';
import { failure } from './error.ts';
import type { Runtime } from './runtime.ts';
import { Scope } from './scope.ts';
import { Dict, Thing, Tuple, Undefined, type Arguments, type Value } from './values.ts';

interface Definition {
  readonly name: string;
  readonly signature: Signature;
  readonly body: Block;
}

/** A macro that renders by `render`, within the names of where it was defined. */
export function createMacro(
  runtime: Runtime,
  outer: Scope,
  { name, signature, body }: Definition,
  render: (scope: Scope) => string,
): Thing {
  const used = specialNames(body);
  const attributes: Readonly<Record<string, Value>> = {
    name,
    arguments: new Tuple(signature.names),
    catch_kwargs: used.has('kwargs'),
    catch_varargs: used.has('varargs'),
    caller: used.has('caller'),
  };
  return new Thing('Macro', {
    attribute: (key) => (Object.hasOwn(attributes, key) ? attributes[key] : undefined),
    call: (args) => {
      const scope = new Scope(outer);
      bind(runtime, scope, { name, signature, body }, args, used);
      return render(scope);
    },
    show: () => `<Macro '${name}'>`,
  });
}

function bind(
  runtime: Runtime,
  scope: Scope,
  { name, signature }: Definition,
  { positional, named }: Arguments,
  used: ReadonlySet<string>,
): void {
  const { names, defaults } = signature;
  const rest = new Map(named);
  const firstDefault = names.length - defaults.length;
  for (const [i, parameter] of names.entries()) {
    let given = positional[i];
    if (given === undefined) {
      given = rest.get(parameter);
      rest.delete(parameter);
    }
    if (given === undefined) {
      const standard = defaults[i - firstDefault];
      given =
        standard === undefined
          ? new Undefined(`parameter '${parameter}' was not provided`)
          : evaluateExpression(runtime, scope, standard);
    }
    scope.set(parameter, given);
  }
  if (used.has('caller') && !names.includes('caller')) {
    scope.set('caller', rest.get('caller') ?? new Undefined('No caller defined'));
    rest.delete('caller');
  }
  bindRest(scope, name, names.length, positional, rest, used);
}

function bindRest(
  scope: Scope,
  name: string,
  count: number,
  positional: readonly Value[],
  rest: ReadonlyMap<string, Value>,
  used: ReadonlySet<string>,
): void {
  const [extra] = rest.keys();
  if (used.has('kwargs')) scope.set('kwargs', new Dict(rest));
  else if (extra === 'caller') {
    throw failure(
      `macro '${name}' was invoked with two values for the special caller argument. This is most likely a bug.`,
    );
  } else if (extra !== undefined) {
    throw failure(`macro '${name}' takes no keyword argument '${extra}'`);
  }
  if (used.has('varargs')) scope.set('varargs', new Tuple(positional.slice(count)));
  else if (positional.length > count) {
    throw failure(`macro '${name}' takes not more than ${count} argument(s)`);
  }
}

const known = new WeakMap<Block, ReadonlySet<string>>();

/** The names that a macro's body mentions: of the special ones it takes those, and no others. */
function specialNames(body: Block): ReadonlySet<string> {
  const used = known.get(body) ?? namesIn(body);
  known.set(body, used);
  return used;
}

function namesIn(body: Block): ReadonlySet<string> {
  const found = new Set<string>();
  const pending: unknown[] = [body];
  while (pending.length > 0) {
    const node = pending.pop();
    if (typeof node !== 'object' || node === null) continue;
    if ('kind' in node && node.kind === 'name' && 'name' in node) found.add(node.name as string);
    for (const part of Object.values(node)) pending.push(part);
  }
  return found;
}
