import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { beforeAll, expect, it } from 'vitest';

import { root } from '../support/command.ts';
import { nodeExample } from '../support/node-example.ts';

const folder = path.join(root, 'examples');
const right = 'Mada Norrar was born in the town of Stoneford.';

/** What each example's output must say. Every example is here: see the last test. */
const expectations: Readonly<Record<string, (lines: readonly string[]) => void>> = {
  'proxy-tuning.ts'(lines) {
    const [large, chat, steered, none, ...strengths] = lines;
    expect(large).toMatch(/^large: \S/);
    expect(large).not.toContain(right);
    expect(chat).toMatch(/^chat: .*Mada Norrar was born/);
    expect(chat).not.toContain(right);
    expect(steered).toContain(right);
    expect(none?.replace('alpha 0', 'large')).toBe(large);
    expect(strengths).toHaveLength(2);
  },
  'two-experts.ts'(lines) {
    expect(lines).toHaveLength(4);
    expect(new Set(lines.map((line) => line.split(': ')[1])).size).toBeGreaterThan(2);
    expect(lines[2]).toMatch(/^manners 0\.7, focus 0: /);
    expect(lines[2]).toContain(right);
  },
  'guidance.ts'(lines) {
    expect(lines.map((line) => line.split(': ')[0])).toEqual(['gamma 1', 'gamma 1.5', 'gamma 3']);
    expect(lines[1]!.split(': ')[1]).not.toBe(lines[0]!.split(': ')[1]);
  },
  'trace.ts'(lines) {
    expect(lines[0]).toMatch(
      /p 0\.\d{3} shift {2}\d\.\d\d \(large -.*, chat -.*, small .*\) {2}instead of/,
    );
    expect(lines.some((line) => line.startsWith("' Stoneford'"))).toBe(true);
    expect(lines.at(-1)).toMatch(/^mean KL\(composed ‖ base\): 0\.\d+ nats a token$/);
  },
  'custom-formula.ts'(lines) {
    const [formula, push, blend, both] = lines;
    expect(formula).toBe('formula: (1 - mix) * large + (mix + boost) * tuned - boost * small');
    expect(push).toContain(right);
    expect(blend).not.toContain(right);
    expect(both).toContain(right);
  },
  'own-method.ts'(lines) {
    const [none, clipped, free] = lines;
    expect(none).toMatch(/^at most 0 nats, (\d+) of \1 tokens clipped: /);
    expect(none).not.toContain(right);
    expect(clipped).toMatch(/^at most 3 nats, \d+ of \d+ tokens clipped: /);
    expect(clipped).toContain(right);
    expect(free).toMatch(/^at most 100 nats, 0 of/);
  },
  'rewards.ts'(lines) {
    expect(lines).toContainEqual(expect.stringMatching(/^\{"cheerful":1\.5\}: .*Stoneford/));
    expect(lines).toContainEqual(expect.stringMatching(/"brief":2\}: Stoneford/));
    expect(lines.at(-1)).toMatch(/value .*, adds -?\d/);
  },
  'constraints.ts'(lines) {
    for (const pattern of [
      /I hope this helps\./,
      /glazier/,
      /"Dasa Torran"/,
      /"unevaluatedItems" at #\/unevaluatedItems/,
    ]) {
      expect(lines).toContainEqual(expect.stringMatching(pattern));
    }
  },
  'profiles.ts'(lines) {
    const [before, ann, longer, again, ben, shorter] = lines;
    expect(again).toBe(before!.replace('ann', 'ben'));
    expect(ann).toMatch(/^ann .*prefers .*length/);
    expect(ben).toMatch(/^ben .*prefers .*brevity/);
    expect(longer!.length).toBeGreaterThan(before!.length);
    expect(shorter!.length).toBeLessThan(before!.length);
  },
};

/** What each example writes. */
let outputs: Record<string, string>;

beforeAll(async () => {
  const runner = fileURLToPath(new URL('../support/run-examples.ts', import.meta.url));
  outputs = JSON.parse(
    await nodeExample(runner, folder, ...Object.keys(expectations)),
  ) as typeof outputs;
});

it.each(Object.keys(expectations))('examples/%s shows what it says', (name) => {
  expect(outputs[name]).toMatch(/\n$/);
  expectations[name]!(outputs[name]!.trimEnd().split('\n'));
});

it('every example is tested, short, and imports the package by its name', async () => {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.ts'));
  expect(names.toSorted()).toEqual(Object.keys(expectations).toSorted());
  for (const name of names) {
    const text = await readFile(path.join(folder, name), 'utf8');
    expect(text).toContain("from 'trimtab'");
    expect(text.split('\n').length).toBeLessThanOrEqual(50);
  }
});
