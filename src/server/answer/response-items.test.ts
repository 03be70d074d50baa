import * as fc from 'fast-check';
import { expect, it } from 'vitest';

import type { MessageDelta } from '../wire/chat-message.ts';
import { createItemWriter, type NextEvent } from './response-items.ts';

const nothing = { logprobs: [] };

/** A part of a message: some text, or a call; its pieces come one after the other. */
const part = fc.record({
  name: fc.option(fc.constantFrom('f', 'g'), { nil: undefined }),
  pieces: fc.array(fc.string(), { minLength: 1, maxLength: 4 }),
});

function deltasOf(parts: readonly { name?: string | undefined; pieces: string[] }[]) {
  let index = -1;
  return parts.flatMap(({ name, pieces }): MessageDelta[] => {
    if (name === undefined) return pieces.map((content) => ({ content }));
    index++;
    return pieces.map((given, i) => {
      const head = i === 0 ? { id: `call_${index}`, type: 'function' as const } : {};
      const said = { ...(i === 0 && { name }), arguments: given };
      return { tool_calls: [{ index, ...head, function: said }] };
    });
  });
}

it('makes an item of each run of text and of each call, whose events tell all of it', () => {
  fc.assert(
    fc.property(fc.array(part, { maxLength: 6 }), (parts) => {
      const writer = createItemWriter();
      const events: NextEvent[] = [];
      for (const delta of deltasOf(parts)) events.push(...writer.write(delta, nothing));
      events.push(...writer.end('incomplete', nothing));
      const { items } = writer;

      const expected: (string | undefined)[][] = [];
      for (const { name, pieces } of parts) {
        const text = pieces.join('');
        const last = expected.at(-1);
        if (name !== undefined) expected.push([name, text]);
        else if (last !== undefined && last[0] === undefined) last[1] += text;
        else if (text !== '') expected.push([undefined, text]);
      }
      if (expected.length === 0) expected.push([undefined, '']);
      const found = items.map((item) =>
        item.type === 'message' ? [undefined, item.content[0]!.text] : [item.name, item.arguments],
      );
      expect(found).toEqual(expected);
      expect(items.map(({ status }) => status)).toEqual(
        items.map((_, i) => (i === items.length - 1 ? 'incomplete' : 'completed')),
      );

      for (const [index, item] of items.entries()) {
        const own = events.filter(
          (event) => 'output_index' in event && event.output_index === index,
        );
        expect(own[0]).toMatchObject({ type: 'response.output_item.added', item: { id: item.id } });
        expect(own.at(-1)).toEqual({
          type: 'response.output_item.done',
          output_index: index,
          item,
        });
        const told = own.map((event) => ('delta' in event ? event.delta : '')).join('');
        expect(told).toBe(expected[index]![1]);
      }
    }),
  );
});
