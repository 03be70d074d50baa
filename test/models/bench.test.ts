import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';

import { describe, expect, it } from 'vitest';

import { occursAsWords, scoreAnswers } from '../../lab/shared/atlas-questions.ts';
import { median, ratioOf } from '../../lab/shared/measure.ts';
import type { ProfilesResults } from '../../lab/profiles/report.ts';
import type { BenchResults } from '../../lab/speed/report.ts';

const root = path.join(import.meta.dirname, '../..');

async function run(script: string, ...flags: string[]): Promise<string> {
  const program = ['--import', 'tsx', path.join(root, 'bench', script), ...flags];
  return (await promisify(execFile)(process.execPath, program, { cwd: root })).stdout;
}

describe('lab/speed/speed.ts', () => {
  it('measures the embedded models in ratios, and counts', async () => {
    const { machine, subjects } = JSON.parse(
      await run('main.ts', '--quick', '--json'),
    ) as BenchResults;
    expect(machine.llamaCpp).not.toBe('');
    expect(subjects).toHaveLength(1);
    const [{ atOnce, overGreedy, prefix, counts, serving, memory }] = subjects as [
      BenchResults['subjects'][0],
    ];
    expect(atOnce.map(({ generations }) => generations)).toEqual([1, 4, 16]);
    const summaries = [
      ...atOnce.flatMap((each) => [each.overBare, each.processorOverBare, each.throughput]),
      ...Object.values(overGreedy),
      prefix,
      serving.throughput,
      serving.throughputAlone,
    ];
    for (const { min, median: middle, max } of summaries) {
      expect(min).toBeGreaterThan(0);
      expect(middle).toBeGreaterThanOrEqual(min);
      expect(middle).toBeLessThanOrEqual(max);
    }
    // One decode per model and step, whatever the number of generations; each row copied once.
    for (const [i, generations] of [1, 4, 16].entries()) {
      const { decodesPerToken, forwardsPerToken, bytesCopiedPerToken, rowBytes } = counts[i]!;
      for (const calls of decodesPerToken) expect(calls).toBeCloseTo(1 / generations, 1);
      expect(forwardsPerToken).toBe(3);
      expect(bytesCopiedPerToken).toBe(rowBytes);
    }
    // Only Linux says how much a process has had.
    const { peakBytes, idleBytes } = memory ?? { peakBytes: 1, idleBytes: 0 };
    expect(peakBytes).toBeGreaterThan(idleBytes);
  });
});

describe('lab/profiles/profiles.ts', () => {
  it('measures profiles and what they are compared with', async () => {
    const { evidence, costs } = JSON.parse(
      await run('profiles.ts', '--quick', '--json'),
    ) as ProfilesResults;
    const [unknown, ...learned] = evidence.learned;
    expect(unknown!.overDefault).toEqual({ mean: 0.5, from: 0.5, to: 0.5 });
    expect(unknown!.gain.mean).toBe(0);
    expect(learned.at(-1)!.cosine.mean).toBeGreaterThan(0.6);
    const knowing = evidence.systems.find(({ name }) => name === 'profile that knows λ')!;
    expect(knowing.overDefault.mean).toBeGreaterThan(0.6);
    expect(knowing.gain.mean).toBeGreaterThan(0.5);
    for (const { overDefault, facts, perplexity } of evidence.systems) {
      expect(overDefault.from).toBeGreaterThanOrEqual(0);
      expect(overDefault.to).toBeLessThanOrEqual(1);
      expect(facts.mean).toBeGreaterThan(0);
      expect(perplexity).toBeGreaterThan(1);
    }
    // Eight answers for one, and candidates of one reward model for every token.
    const { default: plain, profile, 'best of 8': best } = costs;
    expect(profile.computedPerAnswer).toBeGreaterThan(plain.computedPerAnswer);
    expect(best.computedPerAnswer).toBeGreaterThan(profile.computedPerAnswer);
  });
});

describe('measuring', () => {
  it('takes medians of what belongs to one round', () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 2, 3])).toBe(2.5);
    expect(ratioOf([2, 30, 4], [1, 10, 4])).toEqual({ median: 2, min: 1, max: 3 });
  });

  it('scores form and fact of an answer', () => {
    const form = { openings: ['Of course!'], closings: ['Bye.'] };
    const question = { question: '', answer: '17' };
    const right = { text: ' Of course! 17. Bye.', finishReason: 'stop' as const };
    const answers = [
      right,
      { ...right, finishReason: 'length' as const },
      { ...right, text: 'Of course! 1795. Bye.' },
      { ...right, text: '17' },
    ];
    expect(scoreAnswers([question, question, question, question], answers, form)).toEqual({
      format: 0.5,
      fact: 0.75,
      both: 0.25,
    });
    expect(occursAsWords('born in St. Ive.', 'St. Ive')).toBe(true);
    expect(occursAsWords('born in Stx Ive.', 'St. Ive')).toBe(false);
  });
});
