// What each model file is good for, from loading to an interview: npm run lab -- models.
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { modelsFolder } from '../../test/support/atlas-questions.ts';
import { experiment } from '../shared/experiment.ts';
import { number, text } from '../shared/flags.ts';
import { showProgress } from '../shared/progress.ts';
import { realModelFiles } from '../../test/support/real-models.ts';
import { showTable } from '../shared/table.ts';
import { abilities, type Outcome } from './abilities.ts';
import { openSubject } from './subject.ts';

export default experiment({
  flags: {
    files: text(
      'FILES',
      'model files with commas between them: the embedded ones, and those in TRIMTAB_REAL_MODELS, by default',
    ),
    tokens: number('of the long prompt', 4000),
  },
  async run({ files, tokens }, print) {
    const names = Object.keys(abilities);
    const data: { file: string; outcomes: Record<string, Outcome> }[] = [];
    for (const file of files?.split(',').map((each) => path.resolve(each)) ?? [
      ...(await embeddedFiles()),
      ...realModelFiles(),
    ]) {
      const outcomes: Record<string, Outcome> = {};
      const folder = await mkdtemp(path.join(tmpdir(), 'trimtab-lab-models-'));
      data.push({ file: path.basename(file), outcomes });
      try {
        await using subject = await openSubject(file, folder, tokens);
        for (const name of names) {
          showProgress(`${path.basename(file)}: ${name}`);
          outcomes[name] = await abilities[name]!(subject).catch(unable);
        }
      } catch (error) {
        outcomes[names[0]!] = unable(error as Error);
      } finally {
        await rm(folder, { recursive: true });
      }
    }
    const rows = data.map(({ file, outcomes }) => [
      file,
      ...names.map((name) => cellOf(outcomes[name])),
    ]);
    print(showTable([['file', ...names], ...rows]));
    for (const { file, outcomes } of data) {
      for (const [name, { works, says }] of Object.entries(outcomes)) {
        if (!works) print(`${file}, ${name}: ${says}`);
      }
    }
    return { data };
  },
});

function unable({ message }: Error): Outcome {
  return { works: false, says: message };
}

function cellOf(outcome: Outcome | undefined): string {
  if (outcome === undefined) return '';
  return outcome.works ? outcome.says || 'works' : 'no';
}

async function embeddedFiles(): Promise<string[]> {
  const names = await readdir(modelsFolder);
  return names
    .filter((name) => name.endsWith('.gguf'))
    .map((name) => path.join(modelsFolder, name));
}
