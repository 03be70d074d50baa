import { HubError } from '../spec/index.ts';
import type { HubResponse } from './send-request.ts';

/** What was asked for, and by whom. */
interface Asked {
  readonly name: string;
  readonly repo: string;
  readonly endpoint: string;
  readonly hasToken: boolean;
}

/** What a hub's answer of 400 and above means to whoever asked. */
export function toHubError(
  { status, url, headers }: Pick<HubResponse, 'status' | 'url' | 'headers'>,
  { name, repo, endpoint, hasToken }: Asked,
): HubError {
  const code = String(headers['x-error-code'] ?? '');
  const said = status === 429 ? '' : plainText(headers['x-error-message']);
  const page = `${endpoint}/${repo}`;
  const token = hasToken
    ? 'look whether HF_TOKEN may read it'
    : 'set HF_TOKEN to a token that may read it';
  if (code === 'GatedRepo' || (status === 403 && code === '')) {
    return new HubError(
      'forbidden',
      `${name} is given only to those who accept its terms: accept them at ${page}, and ${token}.${said}`,
    );
  }
  if (code === 'RevisionNotFound') {
    return new HubError('not-found', `${name}: there is no such revision of ${page}.`);
  }
  if (code === 'EntryNotFound') {
    return new HubError('not-found', `${name}: there is no such file at ${page}.`);
  }
  if (status === 401 && hasToken && code !== 'RepoNotFound') {
    return new HubError(
      'forbidden',
      `${url.host} does not know the token in HF_TOKEN: make another.${said}`,
    );
  }
  if (status === 401 || status === 404) {
    return new HubError(
      'not-found',
      `${name}: there is no model ${page}, or it is private: ${token}.`,
    );
  }
  if (status === 403)
    return new HubError('forbidden', `${url.host} does not give ${name}: ${token}.${said}`);
  if (status === 429) {
    return new HubError(
      'rate-limited',
      `${url.host} has had too many requests from here: wait a few minutes` +
        `${hasToken ? '' : ', or set HF_TOKEN, which may ask more often'}.`,
    );
  }
  const isTheirs = status >= 500 || status === 408;
  return new HubError(
    isTheirs ? 'unavailable' : 'refused',
    `${url.host} answers with status ${status}${isTheirs ? ': try again later' : ''}.${said}`,
  );
}

/** What a hub says, with its leading space; nothing that could be more than a sentence. */
function plainText(message: string | string[] | undefined): string {
  const text = String(message ?? '')
    .replace(/[^\u0020-\u007E]+/g, ' ')
    .trim();
  return text === '' ? '' : ` It says: ${text.slice(0, 300)}`;
}
