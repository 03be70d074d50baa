import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { listCached, pull, removeCached, resolveCached } from '../../src/hub/index.ts';
import { createFakeHub, type FakeHub } from '../support/fake-hub.ts';
import { findPython } from '../support/python.ts';

const python = findPython('huggingface_hub', "Python's huggingface_hub");

const commit = 'a'.repeat(40);
const files = {
  'm-Q4_K_M.gguf': Buffer.alloc(30_000, 4),
  'm-Q8_0.gguf': Buffer.alloc(1000, 8),
  'f/m-F16-00001-of-00002.gguf': Buffer.alloc(700, 1),
  'f/m-F16-00002-of-00002.gguf': Buffer.alloc(500, 2),
  'config.json': Buffer.from('{}'),
};

describe.skipIf(python === undefined)("the cache, as Python's huggingface_hub sees it", () => {
  let hub: FakeHub;
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'trimtab-python-'));
    hub = await createFakeHub({
      'ann/model': { commits: { [commit]: files }, refs: { main: commit } },
    });
  });
  afterAll(async () => {
    await hub[Symbol.asyncDispose]();
    await rm(folder, { recursive: true });
  });

  const variables = (home: string) => ({
    HF_HOME: path.join(folder, home),
    HF_ENDPOINT: hub.endpoint,
    HF_HUB_DISABLE_XET: '1',
    HF_HUB_DISABLE_TELEMETRY: '1',
  });
  /** What a program prints, as JSON. */
  async function run(home: string, program: string, more: Record<string, string> = {}) {
    const env = { ...process.env, ...variables(home), ...more };
    const child = spawn(python!, ['-c', `import json\nfrom huggingface_hub import *\n${program}`], {
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)]);
    if (out === '') throw new Error(err);
    return JSON.parse(out.trim().split('\n').at(-1)!) as unknown;
  }

  it('has what Trimtab fetched, and misses nothing of what it removed', async () => {
    const options = { environment: variables('ours') };
    const model = await pull('hf:ann/model', options);
    await pull('hf:ann/model:F16', options);
    const offline = { HF_HUB_OFFLINE: '1' };
    const download = "print(json.dumps(hf_hub_download('ann/model', 'm-Q4_K_M.gguf')))";
    expect(await run('ours', download, offline)).toBe(model.path);
    const scan = `i = scan_cache_dir()
print(json.dumps([[str(w) for w in i.warnings], [[r.repo_id, r.size_on_disk, sorted(f.file_name for v in r.revisions for f in v.files)] for r in i.repos]]))`;
    const parts = ['m-F16-00001-of-00002.gguf', 'm-F16-00002-of-00002.gguf'];
    expect(await run('ours', scan, offline)).toEqual([
      [],
      [['ann/model', 31_200, [...parts, 'm-Q4_K_M.gguf']]],
    ]);
    await removeCached('hf:ann/model:Q4_K_M', options);
    expect(await run('ours', scan, offline)).toEqual([[], [['ann/model', 1200, parts]]]);
    await removeCached('hf:ann/model:F16', options);
    expect(await run('ours', scan, offline)).toEqual([[], []]);
  });

  it('has models that Trimtab finds, and fetches no more', async () => {
    await run('theirs', "print(json.dumps(snapshot_download('ann/model')))");
    const options = { environment: variables('theirs') };
    expect((await listCached(options)).models.map(({ bytes }) => bytes)).toEqual([
      1200, 30_000, 1000,
    ]);
    const before = hub.requests.length;
    for (const name of ['hf:ann/model', 'hf:ann/model:F16', 'hf:ann/model/config.json']) {
      expect(await pull(name, options)).toEqual(await resolveCached(name, options));
    }
    const later = hub.requests.slice(before).map(({ path: at }) => at);
    expect(later.filter((at) => !at.startsWith('/api/'))).toEqual([]);
  });
});
