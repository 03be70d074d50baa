import { describe, expect, it } from 'vitest';

import { HubError } from '../spec/index.ts';
import { publicLookup } from './addresses.ts';
import { planHop } from './send-request.ts';

it.each([{ all: true }, { all: false }])(
  'a name that has a private address is not connected to: %o',
  async (options) => {
    const error = await new Promise((resolve) => publicLookup('localhost', options, resolve));
    expect(error).toBeInstanceOf(HubError);
    expect(error).toMatchObject({ reason: 'refused' });
  },
);

describe('a hop of a download', () => {
  const sent = { endpoint: 'https://hub.example', token: 'secret', headers: { range: 'bytes=1-' } };
  const hop = (url: string, endpoint = sent.endpoint) =>
    planHop(new URL(url), { ...sent, endpoint });

  it('shows the token to the hub alone', () => {
    expect(hop('https://hub.example/x')).toEqual({
      isHub: true,
      headers: { range: 'bytes=1-', authorization: 'Bearer secret' },
    });
    for (const other of [
      'https://cdn.example/x',
      'https://hub.example:444/x',
      'https://a.hub.example/',
    ]) {
      expect(hop(other)).toEqual({ isHub: false, headers: { range: 'bytes=1-' } });
    }
  });

  it.each([
    ['http://hub.example/x', 'https://hub.example'],
    ['http://cdn.example/x', 'https://hub.example'],
    ['ftp://cdn.example/x', 'https://hub.example'],
    ['file:///etc/passwd', 'https://hub.example'],
    ['https://127.0.0.1/x', 'https://hub.example'],
    ['https://2130706433/x', 'https://hub.example'],
    ['https://[::1]/x', 'https://hub.example'],
    ['https://[::ffff:7f00:1]/x', 'https://hub.example'],
    ['https://localhost/x', 'https://hub.example'],
    ['https://a.localhost./x', 'https://hub.example'],
    ['https://169.254.169.254/latest', 'https://hub.example'],
    ['https://u:p@cdn.example/x', 'https://hub.example'],
    // A hub on this machine gives its files itself: no other port, no other name.
    ['http://127.0.0.1:81/x', 'http://127.0.0.1:80'],
    ['http://localhost:80/x', 'http://127.0.0.1:80'],
    ['https://10.0.0.1/x', 'http://127.0.0.1:80'],
  ])('to %s from %s is refused', (url, endpoint) => {
    expect(() => hop(url, endpoint)).toThrow(HubError);
  });

  it('of a hub on this machine may be on this machine', () => {
    expect(hop('http://127.0.0.1:81/x', 'http://127.0.0.1:81').isHub).toBe(true);
  });
});
