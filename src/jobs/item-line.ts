import { findJsonExcess } from '../faults/index.ts';
import { InvalidOptionError, ModelNotFoundError } from '../spec/index.ts';
import type { BatchFault, NewItem } from '../store/index.ts';
import { batchEndpoints, isBatchEndpoint, type BatchEndpoint } from './endpoints.ts';
import type { ItemAnswerer } from './item-answerer.ts';
import type { Line } from './lines.ts';

/** An item of a line, and where it goes. */
export interface ParsedItem extends NewItem {
  readonly endpoint: BatchEndpoint;
}

/** Characters of what a line says that a message shows. */
const shown = 60;

/** Longest name of an item. */
const customIdLength = 512;

const fields = new Set(['custom_id', 'method', 'url', 'body']);

/** Reads lines of one batch, whose `custom_id`s must differ. */
export class ItemReader {
  readonly #answerer: Pick<ItemAnswerer, 'check'>;
  readonly #endpoint: string | undefined;
  readonly #lines = new Map<string, number>();

  /** @param endpoint - Where all must go; `undefined`: anywhere. */
  constructor(answerer: Pick<ItemAnswerer, 'check'>, endpoint: string | undefined) {
    this.#answerer = answerer;
    this.#endpoint = endpoint;
  }

  /** The line's item, or what is wrong with the line. */
  read(line: Line): ParsedItem | BatchFault {
    const fault = (code: string, message: string, param: string | null = null): BatchFault => ({
      code,
      message: `Line ${line.number}: ${message}`,
      param,
      line: line.number,
    });
    if (line.text === null) return fault('invalid_json_line', `${line.fault}.`);
    const value = parseObject(line.text);
    if (typeof value === 'string') return fault('invalid_json_line', value);
    const { custom_id: customId, method, url, body } = value;
    const unknown = Object.keys(value).find((name) => !fields.has(name));
    if (unknown !== undefined) {
      const known = [...fields].join(', ');
      return fault(
        'invalid_request',
        `${show(unknown)} is none of ${known}.`,
        unknown.slice(0, shown),
      );
    }
    if (typeof customId !== 'string' || customId === '' || customId.length > customIdLength) {
      const what = `custom_id must be a text of 1 to ${customIdLength} characters.`;
      return fault('invalid_custom_id', what, 'custom_id');
    }
    const first = this.#lines.get(customId);
    if (first !== undefined) {
      const what = `custom_id ${show(customId)} is also that of line ${first}.`;
      return fault('duplicate_custom_id', what, 'custom_id');
    }
    this.#lines.set(customId, line.number);
    if (method !== 'POST') return fault('invalid_method', 'method must be "POST".', 'method');
    if (!isBatchEndpoint(url)) {
      const what = `url must be one of ${batchEndpoints.join(', ')}: it is ${show(url)}.`;
      return fault('invalid_url', what, 'url');
    }
    if (this.#endpoint !== undefined && url !== this.#endpoint) {
      const what = `url is ${url}, and the batch's endpoint ${this.#endpoint}.`;
      return fault('mismatched_endpoint', what, 'url');
    }
    if (typeof body !== 'object' || body === null || Array.isArray(body)) {
      return fault('invalid_request', 'body must be an object.', 'body');
    }
    try {
      if ('stream' in body && body.stream === true) {
        throw new InvalidOptionError('stream', 'stream: nobody reads an item while it is written.');
      }
      this.#answerer.check(url, body);
    } catch (error) {
      if (error instanceof ModelNotFoundError)
        return fault(error.code, error.message, 'body.model');
      if (!(error instanceof InvalidOptionError)) throw error;
      return fault('invalid_request', error.message, `body.${error.option}`);
    }
    return { customId, endpoint: url, request: JSON.stringify(body) };
  }
}

function parseObject(text: string): Record<string, unknown> | string {
  const excess = findJsonExcess(text);
  if (excess !== undefined) return `it ${excess.message}`;
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      return value as Record<string, unknown>;
    }
    return 'it is no JSON object.';
  } catch (error) {
    return `it is not JSON: ${(error as Error).message.slice(0, 2 * shown)}.`;
  }
}

function show(value: unknown): string {
  return (JSON.stringify(value) ?? 'missing').slice(0, shown);
}
