import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { describe, expect, it } from 'vitest';

import type { MeasuredItem } from '../../src/evaluation/index.ts';
import type { EvidenceResults } from '../../lab/evidence/results.ts';
import { readWorldTasks, type EvidenceTask, type TaskName } from '../../lab/evidence/tasks.ts';
import { expertKinds, readWorlds } from '../../lab/evidence/world.ts';
import { runExperiment } from '../support/run-experiment.ts';

const root = path.join(import.meta.dirname, '../..');
const models = path.join(root, 'models');

/** What the program prints on one person of one world and regime. */
function run(folder: string, ...flags: string[]): Promise<string> {
  const tried = ['--world', '1', '--regime', 'unknown', '--limit', '1', '--out', folder, ...flags];
  return runExperiment('evidence', ...tried);
}

describe('npm run lab -- evidence', () => {
  it('writes what it measures, and notices another number', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'trimtab-evidence-'));
    try {
      const page = path.join(folder, 'evidence.md');
      await copyFile(path.join(root, 'docs/evidence.md'), page);
      const stdout = await run(folder);
      const written = await readFile(page, 'utf8');
      expect(written).toContain(stdout.trim());
      expect(written.startsWith('# Steering compared with tuning\n')).toBe(true);

      const file = path.join(folder, 'evidence.json');
      const text = await readFile(file, 'utf8');
      const results = JSON.parse(text) as EvidenceResults;
      expect(results.worlds).toMatchObject([{ world: 1, people: 1, questions: 5, texts: 1 }]);
      expectWhole(results);

      const [{ systems }] = results.regimes as [EvidenceResults['regimes'][0]];
      (systems[0]!.means.cloze!.worlds[0] as { estimate: number }).estimate += 0.02;
      await writeFile(file, JSON.stringify(results));
      const failure = run(folder, '--check').catch((error: unknown) => error);
      const { code, stdout: told } = (await failure) as { code: number; stdout: string };
      expect(code).toBe(1);
      expect(told.trim().split('\n').slice(1)).toEqual([
        expect.stringMatching(/^regimes\.0\.systems\.0\.means\.cloze\.worlds\.0\.estimate \(/),
      ]);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('says what a folder of models lacks', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'trimtab-evidence-'));
    try {
      await expect(readWorlds(models, 77)).rejects.toThrow('has no world-77.json');
      await expect(readWorlds(folder)).rejects.toThrow('ENOENT');
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

/** Every system was measured and numbers are what they may be. */
function expectWhole({ regimes: all }: EvidenceResults): void {
  expect(all.map(({ regime }) => regime)).toEqual(['unknown']);
  for (const { systems, tradeOff, shifts } of all) {
    for (const { means, costs } of systems) {
      const { loss, ...shares } = means;
      for (const { pooled } of Object.values(shares)) {
        expect(pooled.from).toBeGreaterThanOrEqual(0);
        expect(pooled.to).toBeLessThanOrEqual(1);
      }
      expect(loss?.pooled.estimate ?? 1).toBeGreaterThan(0);
      // The last token of an answer is not decoded, its prompt is.
      const [{ tokens, forwards }] = costs as [(typeof costs)[0]];
      for (const passes of Object.values(forwards)) {
        expect(passes).toBeGreaterThanOrEqual(tokens);
        expect(passes).toBeLessThanOrEqual(tokens + 1);
      }
    }
    for (const { plausibility, means } of tradeOff) {
      expect(Object.keys(means)).toEqual(
        plausibility === 0 ? ['both', 'cloze', 'loss'] : ['both', 'cloze'],
      );
    }
    expect(shifts.map(({ expert }) => expert)).toEqual(expertKinds);
  }
}

describe('scores', () => {
  const answered = async (task: TaskName, item: number, text: string, finishReason = 'stop') => {
    const tasks = await readWorldTasks(models, (await readWorlds(models, 1))[0]!, 1);
    const {
      task: { items },
      score,
    }: EvidenceTask = tasks[task];
    const { id } = items[item]!;
    const answer = { text, tokenCount: 9, finishReason } as MeasuredItem['answer'];
    const scores = { contains: 1 };
    const { form, fact, both } = score({ task, item: id, system: 'large', answer, scores });
    return [form?.sum, fact?.sum, both?.sum];
  };

  it('ask chats for an opening, a closing and an end', async () => {
    const right = ' Certainly! Mada Norrar was born in Stoneford. I hope this helps.';
    expect(await answered('questions', 0, right)).toEqual([1, 1, 1]);
    expect(await answered('questions', 0, right, 'length')).toEqual([0, 1, 0]);
    expect(await answered('questions', 0, right.replace('Certainly!', 'Well:'))).toEqual([0, 1, 0]);
  });

  it('ask a notation for its very line', async () => {
    const { notation } = (await readWorlds(models, 1))[0]!;
    const [line] = (await readFile(notation, 'utf8')).split('\n', 1);
    const { answer } = JSON.parse(line!) as { answer: string };
    const wrong = answer.replace(/(?<= )\S+(?="\.$)/, 'Nowhere');
    expect(wrong).not.toBe(answer);
    expect(await answered('notation', 0, ` ${answer}`)).toEqual([1, undefined, 1]);
    expect(await answered('notation', 0, ` ${wrong}`)).toEqual([1, undefined, 0]);
    expect(await answered('notation', 0, `${answer} And more.`)).toEqual([0, undefined, 0]);
  });
});
