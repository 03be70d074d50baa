import path from 'node:path';

import { describe, expect, it } from 'vitest';

import { dataDirectory } from './data-directory.ts';

describe('the data directory', () => {
  const home = '/home/ada';
  it.each([
    ['the named one', 'linux', { TRIMTAB_DATA_DIR: '/srv/data', XDG_DATA_HOME: '/x' }, '/srv/data'],
    ['a relative one, named', 'linux', { TRIMTAB_DATA_DIR: 'data' }, path.resolve('data')],
    ['an empty name', 'linux', { TRIMTAB_DATA_DIR: '' }, '/home/ada/.local/share/trimtab'],
    ['the XDG base', 'linux', { XDG_DATA_HOME: '/x' }, '/x/trimtab'],
    ['a relative XDG base', 'linux', { XDG_DATA_HOME: 'x' }, '/home/ada/.local/share/trimtab'],
    ['nothing', 'linux', {}, '/home/ada/.local/share/trimtab'],
    ['macOS', 'darwin', {}, '/home/ada/Library/Application Support/trimtab'],
    ['Windows', 'win32', { LOCALAPPDATA: 'D:\\Local' }, 'D:\\Local\\trimtab'],
    ['a bare Windows', 'win32', {}, '\\home\\ada\\AppData\\Local\\trimtab'],
  ] as const)('with %s on %s', (_, platform, environment, expected) => {
    expect(dataDirectory({ environment, platform, home })).toBe(expected);
  });
});
