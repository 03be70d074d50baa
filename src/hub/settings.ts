import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';

import { InvalidOptionError } from '../spec/index.ts';
import { hostOf, isLoopback } from '../hosts/index.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** Where models come from and where they are kept, as Hugging Face's own programs are told it. */
export interface HubSettings {
  /** Without a slash at its end. */
  readonly endpoint: string;
  /** `null`: the one of {@link tokenFile}, if that exists. */
  readonly token: string | null;
  readonly tokenFile: string | null;
  /** Use the cache alone. */
  readonly isOffline: boolean;
  readonly cacheFolder: string;
}

/**
 * What the environment says: `HF_ENDPOINT`, `HF_TOKEN` (and its file), `HF_HUB_OFFLINE`, `HF_HUB_CACHE`, `HF_HOME`.
 * @see https://huggingface.co/docs/huggingface_hub/package_reference/environment_variables
 * @throws InvalidOptionError for an endpoint that cannot be used.
 */
export function hubSettings(environment: Environment = process.env, home = homedir()): HubSettings {
  const said = (name: string): string | null => environment[name]?.trim() || null;
  const folder = (written: string) => path.resolve(written.replace(/^~(?=$|[/\\])/, () => home));
  const cacheHome = said('XDG_CACHE_HOME') ?? path.join(home, '.cache');
  const hubHome = folder(said('HF_HOME') ?? path.join(cacheHome, 'huggingface'));
  const cache = said('HF_HUB_CACHE') ?? said('HUGGINGFACE_HUB_CACHE') ?? path.join(hubHome, 'hub');
  const isImplicit = !isTrue(said('HF_HUB_DISABLE_IMPLICIT_TOKEN'));
  return {
    endpoint: checkEndpoint(said('HF_ENDPOINT') ?? 'https://huggingface.co'),
    token: said('HF_TOKEN') ?? said('HUGGING_FACE_HUB_TOKEN'),
    tokenFile: isImplicit ? folder(said('HF_TOKEN_PATH') ?? path.join(hubHome, 'token')) : null,
    isOffline: isTrue(said('HF_HUB_OFFLINE') ?? said('TRANSFORMERS_OFFLINE')),
    cacheFolder: folder(cache),
  };
}

/** The token that the hub is shown; `null` if there is none. Never part of a message. */
export async function readToken({ token, tokenFile }: HubSettings): Promise<string | null> {
  const given =
    token ?? (tokenFile === null ? '' : await readFile(tokenFile, 'utf8').catch(() => ''));
  const line = given.trim();
  // A header cannot hold anything else.
  return /^[\u0021-\u007E]+$/.test(line) ? line : null;
}

function isTrue(value: string | null): boolean {
  return /^(?:1|on|yes|true)$/i.test(value ?? '');
}

function checkEndpoint(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw badEndpoint('is no URL such as https://huggingface.co');
  }
  if (url.username !== '' || url.password !== '')
    throw badEndpoint('holds a password: HF_TOKEN may hold one');
  if (url.protocol === 'http:' && !isLoopback(hostOf(url))) {
    throw badEndpoint(`${url.origin} is not encrypted: use https://, or this machine`);
  }
  return (url.origin + url.pathname).replace(/\/+$/, '');
}

function badEndpoint(why: string): InvalidOptionError {
  return new InvalidOptionError('HF_ENDPOINT', `HF_ENDPOINT ${why}.`);
}
