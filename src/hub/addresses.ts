import { lookup as systemLookup, type LookupAddress, type LookupOptions } from 'node:dns';
import type { LookupFunction } from 'node:net';

import { hostOf, isPrivateAddress } from '../hosts/index.ts';
import { HubError } from '../spec/index.ts';

/** Whether a URL's host is a private address, or a name that always is one. */
export function namesPrivateHost(url: URL): boolean {
  const host = hostOf(url).replace(/\.$/, '');
  return isPrivateAddress(host) || /(?:^|\.)localhost$/.test(host);
}

/**
 * Finds addresses as the system does, and refuses a name that has a private one: what is checked is what is
 * connected to.
 */
export const publicLookup: LookupFunction = (hostname, options, callback) => {
  lookupAll(hostname, options, (error, addresses) => {
    const found = addresses?.find(({ address }) => isPrivateAddress(address));
    if (error !== null) return callback(error, '', 0);
    if (found !== undefined) return callback(privateHost(hostname, found.address), '', 0);
    const [first] = addresses!;
    return options.all === true
      ? callback(null, addresses!)
      : callback(null, first!.address, first!.family);
  });
};

function lookupAll(
  hostname: string,
  options: LookupOptions,
  callback: (error: NodeJS.ErrnoException | null, addresses?: LookupAddress[]) => void,
): void {
  systemLookup(hostname, { ...options, all: true }, (error, addresses) =>
    error === null && addresses.length === 0
      ? callback(Object.assign(new Error(`${hostname} has no address`), { code: 'ENOTFOUND' }))
      : callback(error, addresses),
  );
}

export function privateHost(host: string, address = host): HubError {
  const where = address === host ? 'a private address' : `the private address ${address}`;
  return new HubError(
    'refused',
    `The hub sends the download to ${host}, ${where}: that is not followed. Only a hub that ` +
      'HF_ENDPOINT names may be on a private network, and gives its files itself.',
  );
}
