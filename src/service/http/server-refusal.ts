import { EngineUnavailableError, TrimtabError } from '../../spec/index.ts';
import { reviveError } from '../wire-error.ts';
import { optionAt } from '../../options/index.ts';

/** What a server says no to, in its own words and with its own code, e.g. `invalid_api_key`. */
export class ServerRefusal extends TrimtabError {
  readonly code: string;
  /** Of the answer; `null` for an error in the middle of a stream. */
  readonly status: number | null;
  /** When another try may succeed; `null` where the server does not say. */
  readonly retryAfterSeconds: number | null;

  constructor(
    code: string,
    message: string,
    {
      status = null,
      retryAfterSeconds = null,
    }: { readonly status?: number | null; readonly retryAfterSeconds?: number | null } = {},
  ) {
    super(message);
    this.code = code;
    this.status = status;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** Where an error's body came from. */
export interface RefusalPlace {
  /** Of the server, for messages. */
  readonly url: string;
  readonly path: string;
  /** `null`: in the middle of a stream. */
  readonly status: number | null;
  readonly retryAfterSeconds: number | null;
}

/** Codes of a server that is there and whose engine, or what is behind it, is not. */
const unavailable: ReadonlySet<number | null> = new Set([502, 503, 504]);

/**
 * An answer's error in OpenAI's shape. Codes of ours become the classes that they have in-process, with
 * the server's words; fields that the wire does not carry are empty.
 */
export function toServerError(
  body: unknown,
  { url, path, status, retryAfterSeconds }: RefusalPlace,
): TrimtabError {
  const { error } = (typeof body === 'object' && body !== null ? body : {}) as { error?: unknown };
  const told = (typeof error === 'object' && error !== null ? error : {}) as Record<
    string,
    unknown
  >;
  const fallback =
    status === null
      ? `${url} ended its answer with an error that it does not explain.`
      : `${url} answers ${status} to ${path}.`;
  const message = typeof told['message'] === 'string' ? told['message'] : fallback;
  const code = typeof told['code'] === 'string' ? told['code'] : 'refused';
  const param = typeof told['param'] === 'string' ? told['param'] : '';
  const known = reviveError(code, message, {
    option: optionAt(param),
    path: param,
    retryAfterSeconds: retryAfterSeconds ?? 1,
    ...untold,
  });
  if (known !== undefined) return known;
  if (code === 'refused' && unavailable.has(status)) return new EngineUnavailableError(message);
  return new ServerRefusal(code, message, { status, retryAfterSeconds });
}

/** Fields of our errors that no server tells. */
const untold = { position: 0, field: '', status: 0, reward: '', reason: 'other' };
