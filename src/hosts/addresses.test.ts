import { describe, expect, it } from 'vitest';

import { isLoopback, isPrivateAddress } from './addresses.ts';

describe('an address', () => {
  it.each([
    '127.0.0.1',
    '127.255.0.9',
    '10.1.2.3',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.1.1',
    '169.254.169.254',
    '100.64.0.1',
    '0.0.0.0',
    '224.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    'fe80::1',
    'fd00::1',
    '::ffff:127.0.0.1',
    '::ffff:10.0.0.1',
    '64:ff9b::a00:1',
  ])('%s is private', (address) => expect(isPrivateAddress(address)).toBe(true));

  it.each(['1.1.1.1', '172.32.0.1', '192.169.0.1', '2606:4700::1111', '::ffff:1.1.1.1', 'a.b'])(
    '%s is not',
    (address) => expect(isPrivateAddress(address)).toBe(false),
  );
});

it.each([
  ['localhost', true],
  ['127.0.0.1', true],
  ['127.9.9.9', true],
  ['::1', true],
  ['127.0.0.1.example', false],
  ['127.x', false],
  ['0.0.0.0', false],
  ['10.0.0.1', false],
  ['::', false],
  ['example.org', false],
])('%s is this machine: %s', (host, isThis) => expect(isLoopback(host)).toBe(isThis));
