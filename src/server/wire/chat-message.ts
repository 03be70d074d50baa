import { randomBytes, randomUUID } from 'node:crypto';

import { createCallReader, type AnswerPart } from '../../calls/index.ts';
import type { CallSyntax } from '../../spec/index.ts';
import type { ChatChunk, ChatCompletion } from './openai-shapes.ts';

type Message = ChatCompletion['choices'][number]['message'];
type Call = NonNullable<Message['tool_calls']>[number];
export type MessageDelta = ChatChunk['choices'][number]['delta'];
type CallDelta = NonNullable<MessageDelta['tool_calls']>[number];

/** How the text of an answer becomes a message of the assistant. */
export interface MessageForm {
  readonly opening: MessageDelta;
  message(text: string): Message;
  /** The deltas of one message. */
  startDeltas(): MessageDeltas;
}

export interface MessageDeltas {
  /** Whether a call has begun. */
  readonly hasCalls: boolean;
  /** What a piece of text adds; there may be nothing yet. */
  push(text: string): MessageDelta[];
  /** What was held back until the end. */
  end(): MessageDelta[];
}

/** @param calls - How the text writes calls; `undefined` where all of it is content. */
export function messageForm(calls: CallSyntax | undefined): MessageForm {
  return calls === undefined ? contentForm : callingForm(calls);
}

const contentForm: MessageForm = {
  opening: { role: 'assistant', content: '' },
  message: (content) => ({ role: 'assistant', content, refusal: null }),
  startDeltas: () => ({
    hasCalls: false,
    push: (content) => (content === '' ? [] : [{ content }]),
    end: () => [],
  }),
};

function callingForm(syntax: CallSyntax): MessageForm {
  return {
    opening: { role: 'assistant', content: null },
    message: (text) => {
      const reader = createCallReader(syntax);
      let content = '';
      const calls: Call[] = [];
      for (const part of [...reader.push(text), ...reader.end()]) {
        if (part.kind === 'text') content += part.text;
        else if (part.kind === 'call') calls.push(newCall(syntax, part.name));
        else calls[part.index]!.function.arguments += part.text;
      }
      return {
        role: 'assistant',
        content: content === '' && calls.length > 0 ? null : content,
        refusal: null,
        ...(calls.length > 0 && { tool_calls: calls }),
      };
    },
    startDeltas: () => {
      const reader = createCallReader(syntax);
      let hasCalls = false;
      const toDelta = (part: AnswerPart): MessageDelta => {
        if (part.kind === 'text') return { content: part.text };
        hasCalls = true;
        return { tool_calls: [toCallDelta(syntax, part)] };
      };
      return {
        get hasCalls() {
          return hasCalls;
        },
        push: (text) => reader.push(text).map(toDelta),
        end: () => reader.end().map(toDelta),
      };
    },
  };
}

function toCallDelta(syntax: CallSyntax, part: Exclude<AnswerPart, { kind: 'text' }>): CallDelta {
  return part.kind === 'call'
    ? { index: part.index, ...newCall(syntax, part.name) }
    : { index: part.index, function: { arguments: part.text } };
}

function newCall({ form }: CallSyntax, name: string): Call {
  return { id: createCallId(form), type: 'function', function: { name, arguments: '' } };
}

/** Mistral's templates take ids of nine letters and digits alone. */
function createCallId(form: CallSyntax['form']): string {
  if (form === 'mistral') return randomBytes(5).toString('hex').slice(0, 9);
  return `call_${randomUUID().replaceAll('-', '')}`;
}
