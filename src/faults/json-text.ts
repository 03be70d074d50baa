/** What the JSON of a body may hold: several times what requests need. */
export const jsonLimits = {
  /** Objects and arrays in one another, and in all. */
  depth: 320,
  containers: 65_536,
  /** Members of one object, and in all: each name costs a place in a hash table. */
  objectMembers: 4096,
  members: 262_144,
  /** Elements of all arrays. */
  elements: 2 ** 21,
} as const;

export type JsonLimits = Readonly<Record<keyof typeof jsonLimits, number>>;

/** A limit that a JSON text is beyond. */
export interface JsonExcess {
  /** The first names and indices that lead to what is too much. */
  readonly path: readonly (string | number)[];
  readonly message: string;
}

const shownPath = 4;

/** An object or array that is being read. */
interface OpenValue {
  readonly isArray: boolean;
  /** Members or elements so far. */
  count: number;
  /** Where the name of the member in work stands. */
  nameAt: number;
}

/**
 * What makes a JSON text too costly to parse, told without parsing it, in one pass: `JSON.parse` takes
 * seconds over a million names or brackets, and all who are served wait. A text that is no JSON is for the
 * parser to refuse.
 */
export function findJsonExcess(
  json: string,
  limits: JsonLimits = jsonLimits,
): JsonExcess | undefined {
  const open: OpenValue[] = [];
  const count = { containers: 0, members: 0, elements: 0 };
  let inner: OpenValue | undefined;
  let lastString = 0;
  const tooMany = (kind: keyof typeof kinds): JsonExcess =>
    excess(open.slice(0, 1), json, `is where there are more than ${limits[kind]} ${kinds[kind]}.`);
  for (let i = 0; i < json.length; i++) {
    switch (json.charCodeAt(i)) {
      case 0x22: // "
        lastString = i;
        i = endOfString(json, i);
        break;
      case 0x7b: // {
      case 0x5b: // [
        if (open.length === limits.depth) {
          return excess(open.slice(0, 1), json, `nests deeper than ${limits.depth} levels.`);
        }
        if (++count.containers > limits.containers) return tooMany('containers');
        inner = { isArray: json[i] === '[', count: 0, nameAt: 0 };
        open.push(inner);
        break;
      case 0x7d: // }
      case 0x5d: // ]
        open.pop();
        inner = open.at(-1);
        break;
      case 0x2c: // ,
        if (inner?.isArray !== true) break;
        inner.count++;
        if (++count.elements > limits.elements) return tooMany('elements');
        break;
      case 0x3a: // :
        if (inner === undefined) break;
        inner.nameAt = lastString;
        if (++inner.count > limits.objectMembers) {
          const message = `has more than ${limits.objectMembers} members.`;
          return excess(open.slice(0, -1), json, message);
        }
        if (++count.members > limits.members) return tooMany('members');
        break;
    }
  }
  return undefined;
}

/** Where the string that begins at `start` ends: at its quote, or with the text. */
function endOfString(json: string, start: number): number {
  let end = start + 1;
  while (end < json.length) {
    const code = json.charCodeAt(end);
    if (code === 0x22) break;
    end += code === 0x5c ? 2 : 1; // what is escaped ends nothing
  }
  return end;
}

const kinds = {
  containers: 'objects and arrays',
  members: 'members of objects',
  elements: 'elements of arrays',
} as const;

function excess(open: readonly OpenValue[], json: string, message: string): JsonExcess {
  const path = open
    .slice(0, shownPath)
    .map(({ isArray, count, nameAt }) => (isArray ? count : nameOf(json, nameAt)));
  return { path, message };
}

/** The name that stands there, as it is spelled: escapes are for the parser. */
function nameOf(json: string, start: number): string {
  return json.slice(start + 1, endOfString(json, start));
}
