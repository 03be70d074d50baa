import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { spellCall } from './tool-calls.ts';

/** What a schema's JSON has between its parts. */
const space = fc.constantFrom('', ' ', '\n', '\n\n    ');

const call = fc
  .record({
    name: fc.stringMatching(/^[\w-]{1,12}$/),
    value: fc.jsonValue(),
    indent: fc.constantFrom(0, 2),
    spaces: fc.array(space, { minLength: 5, maxLength: 5 }),
  })
  .map(({ name, value, indent, spaces: [a, b, c, d, e] }) => {
    const json = JSON.stringify(value, null, indent);
    return {
      name,
      json,
      text: `{${a!}"name":${b!}"${name}",${c!}"arguments":${d!}${json}${e!}}`,
    };
  });

describe('spellCall', () => {
  it('finds the function and its arguments in a whole text', () => {
    fc.assert(
      fc.property(call, ({ name, json, text }) => {
        expect(spellCall(null, text, true)).toEqual({ name, arguments: json });
      }),
    );
  });

  it('only ever adds to the arguments as the text grows', () => {
    fc.assert(
      fc.property(call, ({ name, json, text }) => {
        let before = '';
        for (let length = 0; length <= text.length; length++) {
          const spelled = spellCall(null, text.slice(0, length), false);
          if (spelled === undefined) continue;
          expect(spelled.name).toBe(name);
          expect(spelled.arguments.startsWith(before)).toBe(true);
          before = spelled.arguments;
        }
        expect(before).toBe(json);
      }),
    );
  });

  it('keeps the end of what was cut off', () => {
    const text = '{"name": "f", "arguments": {"a": {"b": 1}';
    expect(spellCall(null, text, false)!.arguments).toBe('{"a": {"b": 1');
    expect(spellCall(null, text, true)!.arguments).toBe('{"a": {"b": 1}');
    expect(spellCall(null, '{"name": "f', true)).toBeUndefined();
  });

  it('leaves nothing out but what may be the end of the object', () => {
    fc.assert(
      fc.property(call, ({ json, text }) => {
        for (let length = 0; length <= text.length; length++) {
          const spelled = spellCall(null, text.slice(0, length), false)?.arguments;
          if (spelled === undefined) continue;
          const rest = json.slice(spelled.length).trimStart();
          const seen = text.slice(0, length).trimEnd();
          // What was seen of the arguments ends where they are spelled to, or with a brace more.
          expect(seen.endsWith('}') || rest === '' || seen.endsWith(spelled.trimEnd())).toBe(true);
        }
      }),
    );
    expect(spellCall(null, '{"name": "f", "arguments": 12', false)!.arguments).toBe('12');
    expect(spellCall(null, '{"name": "f", "arguments": {"a": ', false)!.arguments).toBe('{"a":');
  });

  it('is the text where the function is known', () => {
    expect(spellCall('f', '{"a": 1}', false)).toEqual({ name: 'f', arguments: '{"a": 1}' });
  });
});
