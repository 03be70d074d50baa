import { apiBase, hasKey } from '../api/transport.ts';
import type { ChatRequest } from '../api/wire.ts';

export function toCurl(request: ChatRequest): string {
  const body = JSON.stringify(request, null, 2)
    .replaceAll("'", String.raw`'\''`)
    .replaceAll('\n', '\n  ');
  return [
    `curl -N ${apiBase()}/chat/completions \\`,
    ...(hasKey() ? [String.raw`  -H "authorization: Bearer $TRIMTAB_API_KEY" \ `.trimEnd()] : []),
    String.raw`  -H 'content-type: application/json' \ `.trimEnd(),
    `  -d '${body}'`,
  ].join('\n');
}

/** For the `openai` client: what is spread into the body passes its types and is sent as it is. */
export function toTypeScript({ trimtab, regex, choice, ...known }: ChatRequest): string {
  const extension = { regex, choice, trimtab };
  const isExtended = Object.values(extension).some((value) => value !== undefined);
  const body = JSON.stringify(known, null, 2)
    .split('\n')
    .slice(1, -1)
    .map((line) => line.replace(/^(\s*)"(\w+)":/, '$1$2:'));
  const key = hasKey() ? 'process.env.TRIMTAB_API_KEY' : "'none'";
  return [
    "import OpenAI from 'openai';",
    '',
    'const client = new OpenAI({',
    `  baseURL: '${apiBase()}',`,
    `  apiKey: ${key},`,
    '});',
    'const stream = await client.chat.completions.create({',
    `${body.join('\n')},`,
    ...(isExtended ? [`  ...${toLiteral(extension)},`] : []),
    '});',
    'for await (const { choices } of stream) {',
    "  process.stdout.write(choices[0]?.delta.content ?? '');",
    '}',
  ].join('\n');
}

/** JSON on one line, with the spaces a person writes. */
function toLiteral(value: object): string {
  const given = Object.entries(value).filter(([, entry]) => entry !== undefined);
  const entries = given.map(([name, entry]: [string, unknown]) => {
    const isMapping = typeof entry === 'object' && entry !== null && !Array.isArray(entry);
    return `${name}: ${isMapping ? toLiteral(entry) : JSON.stringify(entry)}`;
  });
  return entries.length === 0 ? '{}' : `{ ${entries.join(', ')} }`;
}
