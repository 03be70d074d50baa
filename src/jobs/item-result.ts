import { randomUUID } from 'node:crypto';

import type { SettledItem } from '../store/index.ts';

/** What an item's request was answered with. */
export interface ItemAnswer {
  readonly status: number;
  readonly requestId: string;
  readonly body: unknown;
}

/** What became of an item, and of which. */
export interface RequestResult extends SettledItem {
  readonly customId: string;
  readonly answer: ItemAnswer;
}

/** A line of an output or error file, as OpenAI writes it. */
export function toResultLine(customId: string, answer: ItemAnswer): SettledItem {
  const { status, requestId, body } = answer;
  const response = { status_code: status, request_id: requestId, body };
  const isError = status < 200 || status >= 300;
  return { isError, line: toLine(customId, response, null) };
}

/** The line of an item that was not answered. */
export function toUnansweredLine(customId: string, code: string, message: string): SettledItem {
  return { isError: true, line: toLine(customId, null, { code, message }) };
}

function toLine(customId: string, response: object | null, error: object | null): string {
  const id = `batch_req_${randomUUID()}`;
  return JSON.stringify({ id, custom_id: customId, response, error });
}
