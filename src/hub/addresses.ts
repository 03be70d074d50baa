import { lookup as systemLookup, type LookupAddress, type LookupOptions } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';

import { HubError } from '../spec/index.ts';

/** Networks that no file of a public hub is in. @see RFC 6890 and its registries */
const privateNetworks = new BlockList();
for (const [network, bits] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
] as const) {
  privateNetworks.addSubnet(network, bits, 'ipv4');
}
for (const [network, bits] of [
  ['::', 127],
  ['fc00::', 7],
  ['fe80::', 10],
  ['fec0::', 10],
  ['ff00::', 8],
] as const) {
  privateNetworks.addSubnet(network, bits, 'ipv6');
}

/** Whether an address is of this machine, this network, or of no one machine. */
export function isPrivateAddress(address: string): boolean {
  const family = isIP(address);
  if (family === 0) return false;
  if (family === 4) return privateNetworks.check(address, 'ipv4');
  return privateNetworks.check(address, 'ipv6') || isPrivateAddress(embeddedAddress(address));
}

/** The IPv4 address within `::ffff:a.b.c.d`, `::a.b.c.d` and `64:ff9b::a.b.c.d`; else an empty text. */
function embeddedAddress(address: string): string {
  const written = new URL(`http://[${address.replace(/%.*$/, '')}]`).hostname.slice(1, -1);
  const [, high, low] =
    /^(?:::|::ffff:|64:ff9b::)([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(written) ?? [];
  if (high === undefined || low === undefined) return '';
  const bits = [Number.parseInt(high, 16), Number.parseInt(low, 16)];
  return bits.flatMap((half) => [half >> 8, half & 255]).join('.');
}

/** A URL's host without the brackets of an IPv6 address. */
function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[|\]$/g, '');
}

/** Whether a URL names this machine, by address or as `localhost`. */
export function isLoopback(url: URL): boolean {
  const host = hostOf(url);
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

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
