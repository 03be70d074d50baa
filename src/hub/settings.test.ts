import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { describe, expect, it } from 'vitest';

import { hubSettings, readToken } from './settings.ts';

const home = '/home/ada';

describe('settings of the hub', () => {
  it.each([
    ['nothing', {}, '/home/ada/.cache/huggingface/hub'],
    ['XDG_CACHE_HOME', { XDG_CACHE_HOME: '/x' }, '/x/huggingface/hub'],
    ['HF_HOME', { HF_HOME: '/h', XDG_CACHE_HOME: '/x' }, '/h/hub'],
    ['HF_HOME with ~', { HF_HOME: '~/h' }, '/home/ada/h/hub'],
    ['the old name', { HUGGINGFACE_HUB_CACHE: '/o', HF_HOME: '/h' }, '/o'],
    ['HF_HUB_CACHE', { HF_HUB_CACHE: '/c', HUGGINGFACE_HUB_CACHE: '/o', HF_HOME: '/h' }, '/c'],
  ])('keep models where Hugging Face does with %s', (_, environment, expected) => {
    expect(hubSettings(environment, home).cacheFolder).toBe(expected);
  });

  it('are offline where either variable says so', () => {
    const isOffline = (environment: Record<string, string>) =>
      hubSettings(environment, home).isOffline;
    expect(isOffline({ HF_HUB_OFFLINE: '1' })).toBe(true);
    expect(isOffline({ TRANSFORMERS_OFFLINE: 'Yes' })).toBe(true);
    expect(isOffline({ HF_HUB_OFFLINE: '0', TRANSFORMERS_OFFLINE: '1' })).toBe(false);
    expect(isOffline({})).toBe(false);
  });

  it.each([
    [undefined, 'https://huggingface.co'],
    ['https://mirror.example.org/hub/', 'https://mirror.example.org/hub'],
    ['http://127.0.0.1:8081', 'http://127.0.0.1:8081'],
    ['http://[::1]:8081/', 'http://[::1]:8081'],
    ['http://localhost:80', 'http://localhost'],
  ])('take the endpoint %s', (written, expected) => {
    expect(hubSettings({ HF_ENDPOINT: written }, home).endpoint).toBe(expected);
  });

  it.each([
    ['http://mirror.example.org', /not encrypted/],
    ['http://10.0.0.1', /not encrypted/],
    ['ftp://mirror.example.org', /no URL/],
    ['mirror', /no URL/],
    ['https://ann:secret@mirror.example.org', /password/],
  ])('refuse the endpoint %s', (written, message) => {
    expect(() => hubSettings({ HF_ENDPOINT: written }, home)).toThrow(message);
  });
});

it('reads the token of the environment, else of its file, else none', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'trimtab-hub-'));
  const token = (environment: Record<string, string>) =>
    readToken(hubSettings({ HF_HOME: folder, ...environment }, home));
  expect(await token({})).toBeNull();
  await writeFile(path.join(folder, 'token'), 'hf_file\n');
  expect(await token({})).toBe('hf_file');
  expect(await token({ HF_HUB_DISABLE_IMPLICIT_TOKEN: '1' })).toBeNull();
  expect(await token({ HF_TOKEN: ' hf_own ' })).toBe('hf_own');
  expect(await token({ HF_TOKEN: 'two\nlines' })).toBeNull();
  await rm(folder, { recursive: true });
});
