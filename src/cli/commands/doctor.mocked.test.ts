import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { trimtab } from '../../../test/support/command.ts';
import type { ShapeComparison } from '../../engine/index.ts';
import type { Device } from '../../llama/index.ts';
import { LibraryError } from '../../spec/index.ts';

// What this machine has is fakes: a library, its devices, and how its processor computes.

const found = vi.hoisted(() => ({
  ffi: null as Error | null,
  files: null as Error | null,
  library: null as Error | null,
  devices: [] as Device[],
  plain: [] as ShapeComparison[],
  repacked: [] as ShapeComparison[],
}));

const say = vi.hoisted(() => (error: Error | null) => () => {
  if (error !== null) throw error;
});

vi.mock(import('../../llama/index.ts'), async (importOriginal) => {
  const original = await importOriginal();
  const loadLlamaLibrary = () => {
    say(found.library)();
    return {
      directory: '/opt/llama\n',
      version: 'b9000',
      systemInfo: () => ' CPU : AVX2 = 1 \n',
      devices: () => found.devices,
    };
  };
  return {
    ...original,
    loadFfi: (() => say(found.ffi)()) as unknown as typeof original.loadFfi,
    findLibraryFiles: (() => say(found.files)()) as unknown as typeof original.findLibraryFiles,
    loadLlamaLibrary: loadLlamaLibrary as unknown as typeof original.loadLlamaLibrary,
  };
});

vi.mock(import('../../engine/index.ts'), async (importOriginal) => ({
  ...(await importOriginal()),
  measureProcessor: (_: string, repack: boolean) =>
    Promise.resolve(repack ? found.repacked : found.plain),
}));

const shape = (name: string, distance: number): ShapeComparison => ({
  shape: name,
  sameBits: distance === 0,
  nats: distance,
  distance,
});

beforeEach(() => {
  found.devices = [
    { name: 'CPU', description: 'A\tB', kind: 'cpu', freeBytes: 0, totalBytes: 0 },
    { name: 'GPU0', description: 'C', kind: 'gpu', freeBytes: 2 ** 30, totalBytes: 2 ** 31 },
  ];
  found.plain = [shape('in one piece', 0), shape('beside 3 others', 0)];
  found.repacked = [shape('in one piece', 0), shape('beside 3 others', 1e-4)];
});

afterEach(() => {
  Object.assign(found, { ffi: null, files: null, library: null });
});

const doctor = (...flags: string[]) => trimtab(['doctor', ...flags]);
const missing = (what: string) => new LibraryError(what);

describe('trimtab doctor', () => {
  it('says what there is, and that it is enough', async () => {
    const { code, stdout, stderr } = await doctor();
    expect([code, stderr]).toEqual([0, '']);
    const lines = stdout.split('\n');
    expect(lines.map((line) => line.split(/ {2,}/)[0])).toEqual([
      'Trimtab',
      'Node',
      'platform',
      'processor',
      'memory',
      'llama.cpp',
      'layout',
      'cpu',
      'gpu',
      'plain weights',
      'repacked',
      '',
      '✓ Trimtab can run here.',
      '',
    ]);
    expect(stdout).toMatch(/^processor +.*, \d+ threads$/m);
    expect(stdout).toMatch(/^memory +\S+ \S+ available of \S+ \S+$/m);
    expect(stdout).toContain(String.raw`b9000, from /opt/llama\n`);
    expect(stdout).toMatch(/^cpu +CPU \(A\\tB\)$/m);
    expect(stdout).toMatch(/^gpu +GPU0 \(C\), 1\.0 GiB free of 2\.0 GiB$/m);
    expect(stdout).toMatch(/^plain weights +the same bits alone and together$/m);
    expect(stdout).toMatch(/^repacked +equal up to rounding \(beside 3 others: [^;]* off[^;]*\)$/m);
  });

  it('says it as JSON', async () => {
    const { code, stdout } = await doctor('--json');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      node: process.versions.node,
      platform: `${process.platform}-${process.arch}`,
      library: { version: 'b9000', systemInfo: 'CPU : AVX2 = 1', devices: [{}, { name: 'GPU0' }] },
      kernels: { plain: [{}, {}], repacked: [{}, { sameBits: false }] },
      ailments: [],
    });
  });

  it('names everything that is missing, and the command that mends it', async () => {
    found.ffi = missing('There is no FFI.');
    found.files = missing('There is no library.');
    const { code, stdout } = await doctor();
    expect(code).toBe(1);
    expect(stdout).toMatch(/^✗ There is no FFI\.\n {2}to mend it: npm install .*$/m);
    expect(stdout).toMatch(/^✗ There is no library\.\n {2}to mend it: npm install .*$/m);
    expect(stdout).not.toMatch(/llama\.cpp|plain weights|can run here/);
    expect(JSON.parse((await doctor('--json')).stdout)).toMatchObject({
      library: null,
      kernels: null,
      ailments: [{ what: 'There is no FFI.' }, { what: 'There is no library.' }],
    });
  });

  it('mends what the environment names by no longer naming it', async () => {
    found.library = missing('It is of another version.');
    const named = await trimtab(['doctor'], { env: { TRIMTAB_LLAMA_DIR: '/opt/llama' } });
    expect(named.code).toBe(1);
    expect(named.stdout).toContain(
      '✗ It is of another version.\n  to mend it: unset TRIMTAB_LLAMA_DIR',
    );
    const empty = await trimtab(['doctor'], { env: { TRIMTAB_LLAMA_DIR: '' } });
    expect(empty.stdout).toContain('to mend it: npm install');
  });

  it('finds a build that computes wrongly, unless it is with repacked weights', async () => {
    found.repacked = [shape('beside 3 others', 3)];
    const repacked = await doctor();
    expect(repacked.code).toBe(0);
    expect(repacked.stdout).toMatch(/^repacked +wrong \(beside 3 others: .*\)$/m);
    found.plain = [shape('in one piece', 1e-4), shape('beside 3 others', NaN)];
    const { code, stdout } = await doctor();
    expect(code).toBe(1);
    expect(stdout).toMatch(/^plain weights +wrong \(beside 3 others: not finite\)$/m);
    expect(stdout).toMatch(
      /^✗ This build of llama\.cpp computes wrongly here: beside 3 others: not finite\.\n {2}to mend it: use another build: set TRIMTAB_LLAMA_DIR to its folder$/m,
    );
  });

  it.each([
    ['20.18.9', false],
    ['20.19.0', true],
    ['20.19.1', true],
    ['21.0.0', true],
    ['19.99.99', false],
    ['99.0.0', true],
  ])('of Node %s says whether it is new enough: %s', async (version, isEnough) => {
    const { node } = process.versions;
    Object.defineProperty(process.versions, 'node', { value: version, configurable: true });
    try {
      const { code, stdout } = await doctor();
      expect(code).toBe(isEnough ? 0 : 1);
      expect(stdout.includes(`Node ${version} is too old`)).toBe(!isEnough);
    } finally {
      Object.defineProperty(process.versions, 'node', { value: node, configurable: true });
    }
  });
});
