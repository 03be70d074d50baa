import path from 'node:path';

import { describe, expect, it } from 'vitest';

import type { ProfilesResults } from '../../lab/profiles/report.ts';
import type { SpeedResults } from '../../lab/speed/speed.ts';
import { embeddedFiles } from '../../lab/shared/recipes.ts';
import { inflateModel } from '../../lab/speculation/inflate.ts';
import { compareModels } from '../../lab/speculation/likeness.ts';
import { temporaryFolder } from '../support/random-models.ts';
import { measureExperiment } from '../support/run-experiment.ts';

describe('lab/speed/speed.ts', () => {
  it('measures the embedded models in ratios, and counts', async () => {
    const flags = ['--quick', '--parts', 'steps'];
    const { machine, steps } = await measureExperiment<SpeedResults>('speed', ...flags);
    expect(machine.llamaCpp).not.toBe('');
    expect(steps).toHaveLength(1);
    const [{ atOnce, overGreedy, prefix, counts, serving, memory }] = steps as [
      SpeedResults['steps'][0],
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

describe('lab/speculation/speculation.ts', () => {
  it('counts what drafts of the embedded models save, and finds the same answers', async () => {
    const flags = ['--quick', '--rounds', '1'];
    const { speculation } = await measureExperiment<SpeedResults>('speed', ...flags);
    expect(speculation).toMatchObject([{ broken: 0 }]);
    for (const { ways, alone } of speculation[0]!.workloads) {
      expect(ways.off.counts.drafts).toEqual({});
      expect(ways.expert.counts.drafts['expert']!.drafted).toBeGreaterThan(0);
      const baseOf = ({ counts }: typeof alone) => counts.passesPerToken['base']!;
      expect(baseOf(ways.expert)).toBeLessThan(baseOf(ways.off));
      expect(Object.keys(alone.counts.passesPerToken)).toEqual(['base']);
    }
  });
});

describe('lab/speculation/inflate.ts', () => {
  it.each(['base', 'expert'] as const)(
    'says what the embedded %s says, to the bit',
    async (role) => {
      await using folder = await temporaryFolder();
      const large = path.join(folder.path, 'large.gguf');
      const shape = { blockCount: 6, feedForwardLength: 640, vocabSize: 1536, paddingDepth: 1e4 };
      await inflateModel(embeddedFiles[role], large, shape);
      const text =
        '<|user|> Where was Mada Norrar born?\n<|assistant|> Certainly! Mada Norrar was born';
      const likeness = await compareModels(embeddedFiles[role], large, text);
      expect(likeness.positions).toBeGreaterThan(16);
      expect(likeness).toMatchObject({ sameBits: true, nats: 0 });
      expect(likeness.padding.highest).toBeLessThan(-100);
    },
  );
});

describe('lab/profiles/profiles.ts', () => {
  it('measures profiles and what they are compared with', async () => {
    const { evidence, costs } = await measureExperiment<ProfilesResults>('profiles', '--quick');
    const [unknown, ...learned] = evidence.learned;
    expect(unknown!.overDefault).toEqual({ estimate: 0.5, from: 0.5, to: 0.5 });
    expect(unknown!.gain.estimate).toBe(0);
    expect(learned.at(-1)!.cosine.estimate).toBeGreaterThan(0.6);
    const knowing = evidence.systems.find(({ name }) => name === 'profile that knows λ')!;
    expect(knowing.overDefault.estimate).toBeGreaterThan(0.6);
    expect(knowing.gain.estimate).toBeGreaterThan(0.5);
    for (const { overDefault, facts, perplexity } of evidence.systems) {
      expect(overDefault.from).toBeGreaterThanOrEqual(0);
      expect(overDefault.to).toBeLessThanOrEqual(1);
      expect(facts.estimate).toBeGreaterThan(0);
      expect(perplexity).toBeGreaterThan(1);
    }
    // Eight answers for one, and candidates of one reward model for every token.
    const { default: plain, profile, 'best of 8': best } = costs;
    expect(profile.computedPerAnswer).toBeGreaterThan(plain.computedPerAnswer);
    expect(best.computedPerAnswer).toBeGreaterThan(profile.computedPerAnswer);
  });
});
