import { member, stepsOf, type JsonValue } from './json.ts';

/** Where the schemas of a document stand that have names: by `$id` (`id` before draft 6), and by `$anchor`. */
export interface Identifiers {
  /** By absolute name, without a fragment or with that of an anchor: the path from the root. */
  readonly paths: ReadonlyMap<string, readonly string[]>;
  readonly root: JsonValue;
}

/** What relative names are relative to, where the root has no absolute name. */
const nowhere = 'schema:///';

/** Values, not schemas. */
const literals: ReadonlySet<string> = new Set(['const', 'enum', 'default', 'example', 'examples']);

export function readIdentifiers(root: JsonValue): Identifiers {
  const paths = new Map<string, readonly string[]>();
  const path: string[] = []; // of what is visited
  const add = (name: string | undefined): void => {
    if (name !== undefined && !paths.has(name)) paths.set(name, [...path]);
  };
  const visit = (value: JsonValue, base: string): void => {
    if (typeof value !== 'object' || value === null) return;
    const own = baseOf(value, base);
    if (own !== base || path.length === 0) add(own);
    const anchor = member(value, '$anchor');
    if (typeof anchor === 'string') add(absolute(`#${anchor}`, own));
    const id = identifierOf(value);
    if (id !== undefined && id.includes('#')) add(absolute(id, base));
    for (const [key, item] of Object.entries(value)) {
      if (literals.has(key)) continue;
      path.push(key);
      visit(item, own);
      path.pop();
    }
  };
  visit(root, nowhere);
  return { paths, root };
}

/** The path that a reference leads to from a place; `undefined` where nothing has the name. */
export function findIdentified(
  { paths, root }: Identifiers,
  from: readonly string[],
  ref: string,
): readonly string[] | undefined {
  let base = nowhere;
  let value: JsonValue | undefined = root;
  for (const key of [...from, undefined]) {
    if (value === undefined) break;
    base = baseOf(value, base);
    if (key !== undefined) value = member(value, key);
  }
  const name = absolute(ref, base);
  if (name === undefined) return undefined;
  const [resource = '', fragment = ''] = name.split('#', 2);
  const whole = paths.get(name) ?? (fragment === '' ? paths.get(resource) : undefined);
  if (whole !== undefined) return whole;
  const start = paths.get(resource);
  if (start === undefined || !fragment.startsWith('/')) return undefined;
  return [...start, ...stepsOf(fragment, decodeStep)];
}

function decodeStep(step: string): string {
  try {
    return decodeURIComponent(step);
  } catch {
    return step;
  }
}

function identifierOf(value: JsonValue): string | undefined {
  const id = member(value, '$id') ?? member(value, 'id');
  return typeof id === 'string' ? id : undefined;
}

/** What names inside a schema are relative to. */
function baseOf(value: JsonValue, base: string): string {
  const id = identifierOf(value);
  if (id === undefined || id.startsWith('#')) return base;
  return absolute(id, base)?.split('#', 1)[0] ?? base;
}

function absolute(name: string, base: string): string | undefined {
  return URL.canParse(name, base) ? new URL(name, base).href : undefined;
}
