import { TrimtabError } from '../../index.ts';

/** What a server said no to, in its own words. */
export class ServerRefusal extends TrimtabError {
  readonly code: string;

  constructor(message: string, code = 'refused') {
    super(message);
    this.code = code;
  }

  /** From the body of an error in OpenAI's shape. */
  static of(body: unknown, fallback = 'The server refused without saying why.'): ServerRefusal {
    const { error } = (body ?? {}) as { error?: { message?: unknown; code?: unknown } };
    const message = typeof error?.message === 'string' ? error.message : fallback;
    return new ServerRefusal(message, typeof error?.code === 'string' ? error.code : undefined);
  }
}
