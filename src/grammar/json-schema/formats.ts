import { ipv6, uri, uriReference } from './uri.ts';

/**
 * What `format` allows, as regular expressions over the whole string. Each is the format of its
 * standard or a part of it, so that whatever is written validates:
 *
 * - `date`, `time`, `date-time` (RFC 3339): days that the month has; the offset is given, `T` and `Z`
 *   are upper case, at most nine digits of a second, no leap seconds.
 * - `duration` (ISO 8601; RFC 3339, appendix A, has no gaps between units): at most nine digits each.
 * - `email` (RFC 5321): a dot-atom of at most three atoms, and a host name of at least two labels.
 * - `hostname` (RFC 1123): at most six labels of at most 40 characters.
 * - `ipv4` (RFC 2673), `ipv6` (RFC 4291, without an embedded IPv4 address), `uuid` (RFC 4122).
 * - `uri` (RFC 3986): `scheme://host`, maybe with user, port, path, query and fragment; or a scheme and a path, as
 *   in `mailto:` and `urn:`. `uri-reference` may lack what stands before the path. `iri` and `iri-reference` are the same.
 * - `uri-template` (RFC 6570): literals in ASCII.
 * - `json-pointer` (RFC 6901), `relative-json-pointer`: at most nine digits.
 * - `idn-email`, `idn-hostname`: those without `idn-`.
 * - `regex` (ECMA-262): groups nest at most twice, no group has a name, classes have the usual ranges alone.
 */
export const formats: ReadonlyMap<string, string> = createFormats();

export const formatNames: readonly string[] = [...formats.keys()];

function createFormats(): Map<string, string> {
  const day28 = '(?:0[1-9]|1[0-9]|2[0-8])';
  const leapYear = '(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)';
  const date =
    `(?:[0-9]{4}-(?:(?:0[1-9]|1[0-2])-${day28}|(?:0[13-9]|1[0-2])-(?:29|30)|` +
    `(?:0[13578]|1[02])-31)|${leapYear}-02-29)`;
  const hour = '(?:[01][0-9]|2[0-3])';
  const minute = '[0-5][0-9]';
  const time = `${hour}:${minute}:${minute}(?:\\.[0-9]{1,9})?(?:Z|[+\\-]${hour}:${minute})`;

  const count = '[0-9]{1,9}';
  const units = (letters: string): string =>
    Array.from(letters, (letter) => `(?:${count}${letter})?`).join('');
  const durationTime = `T(?=[0-9])${units('HMS')}`;
  const duration = `P(?=[0-9T])(?:${units('YMD')}(?:${durationTime})?|${count}W)`;

  const label = '[A-Za-z0-9](?:[A-Za-z0-9\\-]{0,38}[A-Za-z0-9])?';
  const hostname = `${label}(?:\\.${label}){0,5}`;
  const atom = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~\\-]";
  const local = `(?:${atom}{1,64}|${atom}{1,31}\\.${atom}{1,32}|${atom}{1,20}(?:\\.${atom}{1,20}){2})`;
  const email = `${local}@${label}(?:\\.${label}){1,4}`;

  const octet = '(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])';
  const ipv4 = `${octet}(?:\\.${octet}){3}`;
  const hex = '[0-9A-Fa-f]';
  const uuid = `${hex}{8}(?:-${hex}{4}){3}-${hex}{12}`;

  const encoded = `%${hex}{2}`;
  const literal = `(?:[!#$&()*+,\\-./0-9:;=?@A-Z\\[\\]_a-z~]|${encoded})`;
  const character = `(?:[A-Za-z0-9_]|${encoded})`;
  const variable = `${character}(?:\\.?${character})*(?:\\*|:[1-9][0-9]{0,3})?`;
  const uriTemplate = `(?:${literal}|\\{[+#./;?&]?${variable}(?:,${variable})*\\})*`;
  const jsonPointer = '(?:/(?:[^~/]|~[01])*)*';

  const escape = '\\\\[dDwWsSbBnrtfv.*+?^$(){}|\\[\\]/\\\\]';
  const classItem = `(?:[a-z]-z|a-[a-z]|[A-Z]-Z|A-[A-Z]|[0-9]-9|0-[0-9]|[^\\\\\\[\\]^\\-]|\\\\[dDwWsSnrtfv.*+?^$(){}|\\[\\]/\\\\\\-])`;
  const plain = '[^\\\\^$.*+?()\\[\\]{}|/]';
  const quantifier =
    '(?:(?:[*+?]|\\{[0-9]{1,3},?\\}|\\{0,[0-9]{1,3}\\}|\\{1,[1-9][0-9]{0,2}\\})\\??)?';
  const single = `(?:${plain}|\\.|/|${escape.replace('bB', '')}|\\[\\^?-?${classItem}+-?\\])`;
  const within = (group: string): string => {
    const branch = `(?:(?:${single}${group})${quantifier}|[\\^$]|\\\\[bB])*`;
    return `${branch}(?:\\|${branch})*`;
  };
  const regex = within(inGroup(within(inGroup(within('')))));

  return new Map(
    Object.entries({
      date,
      time,
      'date-time': `${date}T${time}`,
      duration,
      email,
      hostname,
      ipv4,
      ipv6,
      uuid,
      uri,
      'uri-reference': uriReference,
      iri: uri,
      'iri-reference': uriReference,
      'uri-template': uriTemplate,
      'json-pointer': jsonPointer,
      'relative-json-pointer': `(?:0|[1-9][0-9]{0,8})(?:#|${jsonPointer})`,
      regex,
      'idn-email': email,
      'idn-hostname': hostname,
    }),
  );
}

/** Another option: a group of a regular expression. */
function inGroup(inner: string): string {
  return `|\\((?:\\?:)?${inner}\\)`;
}
