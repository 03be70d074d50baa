import type { Expression } from '../grammar.ts';
import { parseRegex } from '../regex.ts';
import { anyCharacter } from '../code-points.ts';
import { both, choice, optional, repeat, sequence, text } from './expressions.ts';

const hex = '[0-9A-Fa-f]';
const encoded = `%${hex}{2}`;
const named = "A-Za-z0-9\\-._~!$&'()*+,;=";
const pathCharacter = `(?:[${named}:@]|${encoded})`;
const port =
  '(?::(?:[0-9]{1,4}|[1-5][0-9]{4}|6(?:[0-4][0-9]{3}|5(?:[0-4][0-9]{2}|5(?:[0-2][0-9]|3[0-5])))))?';
const query = `(?:\\?(?:${pathCharacter}|[/?])*)?`;
const fragment = `(?:#(?:${pathCharacter}|[/?])*)?`;
const segments = `(?:/${pathCharacter}*)*`;
const rootless = `${pathCharacter}+${segments}`;
const absolute = `/(?:${rootless})?`;
const scheme = '[A-Za-z][A-Za-z0-9+.\\-]{0,31}:';

/** RFC 4291 without an embedded IPv4 address: eight groups, or fewer around one `::`, which stands for at least one group. */
export const ipv6 = createIpv6(`${hex}{1,4}`);

const server = `(?:(?:[${named}:]|${encoded})*@)?(?:(?:[${named}]|${encoded})+|\\[${ipv6}\\])${port}`;
const authority = `//(?:${server})?${segments}`;

/** RFC 3986: a scheme and what is behind it. */
export const uri = `${scheme}(?:${authority}|${absolute}|${rootless})${query}${fragment}`;

const relative = `(?:${authority}|${absolute}|(?:[${named}@]|${encoded})+${segments})?`;

/** RFC 3986: what stands before the path may be left out. */
export const uriReference = `(?:${scheme}(?:${authority}|${absolute}|${rootless})|${relative})${query}${fragment}`;

/** Fewer leave too little to each part. */
const fewest = 170;
const longestHost = 253;
const longestUser = 64;
const longestPort = 6;
const longestScheme = 16;

function whole(regex: string): Expression {
  return parseRegex(regex, { mode: 'whole' });
}

/**
 * Most URIs of at most `max` characters: each part has its share of them, where counting the whole would take a state for each
 * place and length. `undefined` where shares would be too small.
 */
export function uriWithin(max: number): Expression | undefined {
  if (max < fewest) return undefined;
  const [user, host] = [Math.min(longestUser, max >> 3), Math.min(longestHost, max >> 2)];
  const rest = max - longestScheme - user - host - longestPort - '//@'.length;
  const [forQuery, forFragment] = [Math.floor(rest * 0.35), rest >> 3];
  const upTo = (regex: string, most: number): Expression =>
    both([whole(regex), repeat(anyCharacter, 0, most)]);
  const forPath = rest - forQuery - forFragment;
  const place = whole(`(?:[${named}:]{0,${user}}@)?(?:[${named}]{1,${host}}|\\[${ipv6}\\])${port}`);
  return sequence(
    whole(`[A-Za-z][A-Za-z0-9+.\\-]{0,${longestScheme - 2}}:`),
    choice([
      sequence(text('//'), optional(place), upTo(segments, forPath)),
      upTo(`${absolute}|${rootless}`, forPath),
    ]),
    upTo(query, forQuery),
    upTo(fragment, forFragment),
  );
}

function createIpv6(group: string): string {
  const groups = (max: number): string =>
    max === 0 ? '' : `(?:${group}(?::${group}){0,${max - 1}})?`;
  const shortened = Array.from({ length: 8 }, (_, before) => {
    const head = Array.from({ length: before }, () => group).join(':');
    return `${head}::${groups(7 - before)}`;
  });
  return `(?:${group}(?::${group}){7}|${shortened.join('|')})`;
}
