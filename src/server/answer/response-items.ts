import { randomUUID } from 'node:crypto';

import type { MessageDelta } from '../wire/chat-message.ts';
import type { ChoiceReport } from '../wire/openai-shapes.ts';
import type { OutputItem, OutputLogprobs, ResponseEvent } from '../wire/response-shapes.ts';

type WithoutNumber<Event> = Event extends ResponseEvent ? Omit<Event, 'sequence_number'> : never;

/** An event whose place in its stream is not known yet. */
export type NextEvent = WithoutNumber<ResponseEvent>;

/** What is told of the tokens behind a delta. */
export interface ToldTokens {
  readonly logprobs: OutputLogprobs;
  readonly trimtab?: ChoiceReport;
}

/** The items of one answer, as its message's deltas come. */
export interface ItemWriter {
  /** Those that are done. */
  readonly items: readonly OutputItem[];
  write(delta: MessageDelta, told: ToldTokens): Generator<NextEvent, void>;
  /** Ends the last item; an answer that says nothing is an empty message. */
  end(status: OutputItem['status'], told: ToldTokens): Generator<NextEvent, void>;
}

type OpenItem =
  | {
      readonly type: 'message';
      readonly id: string;
      text: string;
      readonly logprobs: OutputLogprobs;
    }
  | {
      readonly type: 'function_call';
      readonly id: string;
      readonly call_id: string;
      readonly name: string;
      arguments: string;
    };

/** Text is one message, each call an item of its own; an item ends where the next one begins. */
export function createItemWriter(): ItemWriter {
  const items: OutputItem[] = [];
  let open: OpenItem | undefined;

  function* begin(item: OpenItem): Generator<NextEvent, void> {
    yield* close('completed');
    open = item;
    const { id } = item;
    const output_index = items.length;
    const status = 'in_progress';
    if (item.type === 'function_call') {
      const added = { ...item, status } as const;
      yield { type: 'response.output_item.added', output_index, item: added };
      return;
    }
    const added = { type: item.type, id, status, role: 'assistant', content: [] } as const;
    yield { type: 'response.output_item.added', output_index, item: { ...added, content: [] } };
    const part = { ...toPart('', []) };
    const place = { item_id: id, output_index, content_index: 0 };
    yield { type: 'response.content_part.added', ...place, part };
  }

  function* close(status: OutputItem['status']): Generator<NextEvent, void> {
    if (open === undefined) return;
    const item = toItem(open, status);
    const output_index = items.length;
    const place = { item_id: item.id, output_index };
    if (item.type === 'message') {
      const part = item.content[0]!;
      const { text, logprobs } = part;
      const done = { ...place, content_index: 0 };
      yield { type: 'response.output_text.done', ...done, text, logprobs };
      yield { type: 'response.content_part.done', ...done, part };
    } else {
      const { name, arguments: said } = item;
      yield { type: 'response.function_call_arguments.done', ...place, name, arguments: said };
    }
    items.push(item);
    open = undefined;
    yield { type: 'response.output_item.done', output_index, item };
  }

  return {
    items,
    *write({ content, tool_calls: calls = [] }, told) {
      if (content != null && content !== '') {
        if (open?.type !== 'message') yield* begin(newMessage());
        if (open?.type === 'message') {
          open.text += content;
          open.logprobs.push(...told.logprobs);
          const place = { item_id: open.id, output_index: items.length, content_index: 0 };
          yield { type: 'response.output_text.delta', ...place, delta: content, ...told };
        }
      }
      for (const { id, function: said } of calls) {
        if (id !== undefined) {
          const name = said.name ?? '';
          const ids = { id: createId('fc'), call_id: id };
          yield* begin({ type: 'function_call', ...ids, name, arguments: '' });
        }
        if (open?.type !== 'function_call' || said.arguments === '') continue;
        open.arguments += said.arguments;
        const place = { item_id: open.id, output_index: items.length };
        const { trimtab } = told;
        const reported = trimtab && { trimtab };
        const delta = said.arguments;
        yield { type: 'response.function_call_arguments.delta', ...place, delta, ...reported };
      }
    },
    *end(status, { logprobs }) {
      if (open === undefined && items.length === 0) yield* begin(newMessage());
      if (open?.type === 'message') open.logprobs.push(...logprobs);
      yield* close(status);
    },
  };
}

function newMessage(): OpenItem {
  return { type: 'message', id: createId('msg'), text: '', logprobs: [] };
}

function toItem(item: OpenItem, status: OutputItem['status']): OutputItem {
  if (item.type === 'function_call') return { ...item, status };
  const { type, id, text, logprobs } = item;
  return { type, id, status, role: 'assistant', content: [toPart(text, logprobs)] };
}

function toPart(text: string, logprobs: OutputLogprobs) {
  return { type: 'output_text' as const, text, annotations: [], logprobs };
}

function createId(prefix: 'msg' | 'fc'): string {
  return `${prefix}_${randomUUID().replaceAll('-', '')}`;
}
