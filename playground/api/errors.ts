/** A request that failed, in the server's words; `status` 0 is a server that cannot be reached. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;

  constructor(message: string, status: number, code = '') {
    super(message);
    this.name = 'ApiError';
    this.status = status;
    this.code = code;
  }
}

export function toApiError(reason: unknown): ApiError {
  return reason instanceof ApiError ? reason : new ApiError(String(reason), 500);
}

/** What the reader can do about it: a button of that meaning is shown. */
export type Remedy = 'retry' | 'new-chat' | 'key' | 'none';

export interface Advice {
  readonly text: string;
  readonly remedy: Remedy;
}

export function adviceFor({ status, code }: ApiError): Advice {
  if (code === 'context_length_exceeded') {
    return { text: 'The conversation fills the model’s context.', remedy: 'new-chat' };
  }
  if (code === 'invalid_constraint') {
    return { text: 'Change what the answer must be.', remedy: 'retry' };
  }
  if (code === 'no_recipe') {
    return { text: 'Start it with one: trimtab serve recipes/atlas-chat.yaml', remedy: 'retry' };
  }
  if (code === 'profile_not_found') {
    return { text: 'It may have been deleted: choose another user.', remedy: 'none' };
  }
  if (code === 'profiles_off') {
    return { text: 'Start it anew, with profiles.', remedy: 'retry' };
  }
  if (code === 'storage_failed') {
    return { text: 'What users like could not be read or written there.', remedy: 'retry' };
  }
  if (code === 'insufficient_memory') {
    return { text: 'Choose a smaller recipe, or free some memory.', remedy: 'retry' };
  }
  switch (status) {
    case 0:
      return {
        text: `Nothing answers at ${location.origin}. Is the server still running?`,
        remedy: 'retry',
      };
    case 401:
      return { text: 'The server asks for a key.', remedy: 'key' };
    case 404:
      return { text: 'Choose another recipe, or reload the page.', remedy: 'none' };
    case 409:
      return { text: 'Nothing was changed.', remedy: 'none' };
    case 429:
      return { text: 'The server is busy. Wait a moment.', remedy: 'retry' };
    case 503:
      return { text: 'The engine is starting or restarting. Wait a moment.', remedy: 'retry' };
    default:
      return status >= 500
        ? { text: 'The server’s log says more.', remedy: 'retry' }
        : { text: 'Change the request and try again.', remedy: 'retry' };
  }
}
