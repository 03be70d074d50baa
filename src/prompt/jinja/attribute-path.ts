import { getItem } from './access.ts';
import type { Runtime } from './runtime.ts';
import { Undefined, type Value } from './values.ts';

export type Getter = (item: Value) => Value;

/** What filters take for an `attribute`: `name`, `inner.name`, `0`. Text may be made lower case. */
export function getter(
  runtime: Runtime,
  attribute: Value,
  options: { readonly ignoresCase?: boolean; readonly otherwise?: Value } = {},
): Getter {
  const parts = partsOf(attribute);
  const { ignoresCase = false, otherwise = null } = options;
  return (item) => {
    let value = item;
    for (const part of parts) {
      value = getItem(runtime, value, part);
      if (otherwise !== null && value instanceof Undefined) value = otherwise;
    }
    return ignoresCase ? lowered(runtime, value) : value;
  };
}

function partsOf(attribute: Value): readonly Value[] {
  if (attribute === null) return [];
  if (typeof attribute !== 'string') return [attribute];
  return attribute.split('.').map((part) => (/^\d+$/.test(part) ? Number(part) : part));
}

/** Text in lower case, anything else as it is. */
export function lowered({ budget }: Runtime, value: Value): Value {
  if (typeof value !== 'string') return value;
  budget.text(value.length);
  return value.toLowerCase();
}
