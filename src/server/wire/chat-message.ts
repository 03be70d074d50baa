import { randomUUID } from 'node:crypto';

import type { ChatChunk, ChatCompletion } from './openai-shapes.ts';
import { spellCall } from '../answer/tool-calls.ts';
import type { ForcedCall } from './tool-fields.ts';

type Message = ChatCompletion['choices'][number]['message'];
export type MessageDelta = ChatChunk['choices'][number]['delta'];

/** How the text of an answer becomes a message of the assistant. */
export interface MessageForm {
  readonly opening: MessageDelta;
  /** How an answer ends that was not cut off. */
  readonly finishReason: 'stop' | 'tool_calls';
  message(text: string): Message;
  /** The deltas of one message. */
  startDeltas(): MessageDeltas;
}

export interface MessageDeltas {
  /** What a piece of text adds; `null` where it adds nothing yet. */
  push(text: string): MessageDelta | null;
  /** What was held back until the end. */
  end(): MessageDelta | null;
}

/** The text is the message's content. */
export const contentForm: MessageForm = {
  opening: { role: 'assistant', content: '' },
  finishReason: 'stop',
  message: (content) => ({ role: 'assistant', content, refusal: null }),
  startDeltas: () => ({
    push: (content) => (content === '' ? null : { content }),
    end: () => null,
  }),
};

/** The text is a call of a function. */
export function callForm({ name }: ForcedCall): MessageForm {
  return {
    opening: { role: 'assistant', content: null },
    finishReason: 'tool_calls',
    message: (text) => {
      const call = spellCall(name, text, true);
      const calls = call && [{ id: createCallId(), type: 'function' as const, function: call }];
      return {
        role: 'assistant',
        content: null,
        refusal: null,
        ...(calls && { tool_calls: calls }),
      };
    },
    startDeltas: () => startCallDeltas(name),
  };
}

function startCallDeltas(name: string | null): MessageDeltas {
  let text = '';
  /** Characters of the arguments that were sent; negative before the call was. */
  let sent = -1;
  const next = (isOver: boolean): MessageDelta | null => {
    const call = spellCall(name, text, isOver);
    if (call === undefined || call.arguments.length <= sent) return null;
    const isFirst = sent < 0;
    const added = call.arguments.slice(Math.max(0, sent));
    sent = call.arguments.length;
    const head = { index: 0, ...(isFirst && { id: createCallId(), type: 'function' as const }) };
    const part = { ...(isFirst && { name: call.name }), arguments: added };
    return { tool_calls: [{ ...head, function: part }] };
  };
  return {
    push: (piece) => {
      text += piece;
      return next(false);
    },
    end: () => next(true),
  };
}

function createCallId(): string {
  return `call_${randomUUID().replaceAll('-', '')}`;
}
