// What quantising an expert and its twin does to their difference: npm run lab -- quantisation.
import { availableParallelism } from 'node:os';
import path from 'node:path';

import { realModelsFolder } from '../../test/support/real-models.ts';
import { experiment } from '../shared/experiment.ts';
import { number, text } from '../shared/flags.ts';
import { showProgress } from '../shared/progress.ts';
import { tableOf } from '../shared/table.ts';
import { createComparison, type Outcome } from './compare.ts';
import { conversations } from './conversations.ts';
import { fileTypes, type FileType } from './quantize-file.ts';
import { StoredModels } from './stored-models.ts';

const coder = (size: string) =>
  path.join(realModelsFolder, `qwen2.5-coder-${size}-instruct-q4_k_m.gguf`);

export default experiment({
  flags: {
    file: text('FILE', 'the expert and, without its system prompt, its own twin', coder('0.5b')),
    base: text('FILE', 'the base', coder('1.5b')),
    types: text(
      'TYPES',
      'what the expert is quantised to, with commas between them',
      Object.keys(fileTypes).slice(1).join(','),
    ),
    positions: number('of the answers that are read', 120),
    threads: number('of the models', Math.min(2, availableParallelism())),
  },
  async run({ file, base, types, positions, threads }, print) {
    const options = { conversations, positions, threads };
    const stored = new StoredModels(file, options);
    const truth = await stored.pair('F32');
    const baseRows = await new StoredModels(base, options).reading('file', false);
    const otherTwin = await stored.reading('Q8_0', false);
    const comparison = createComparison({ truth, base: baseRows.rows, otherTwin });
    const outcomes: Outcome[] = [comparison.outcomeOf('as it is', await stored.pair('file'))];
    for (const type of types.split(',') as FileType[]) {
      outcomes.push(comparison.outcomeOf(type, await stored.pair(type)));
    }
    await stored.removeModels();
    showProgress('');
    const { size, shift } = comparison;
    print(
      `${path.basename(file)} over ${path.basename(base)}, ${truth.bare.positions} positions; its difference is ` +
        `${size.toFixed(2)} nats, moves the base by ${shift.kl.toFixed(3)} and changes ${percent(shift.changed)} of its first choices\n`,
    );
    print(
      tableOf(outcomes, {
        'stored as': ({ type }) => type,
        MB: ({ bytes }) => (bytes / 1e6).toFixed(0),
        alone: ({ alone }) => alone.toFixed(3),
        difference: ({ difference }) => difference.toFixed(3),
        'to a Q8_0 twin': ({ mixed }) => mixed.toFixed(3),
        'KL, alike': ({ composed }) => composed.kl.toFixed(4),
        'KL, Q8_0 twin': ({ composedMixed }) => composedMixed.kl.toFixed(4),
        'changed, alike': ({ composed }) => percent(composed.changed),
        'changed, Q8_0 twin': ({ composedMixed }) => percent(composedMixed.changed),
      }),
    );
    return { data: { file, base, positions: truth.bare.positions, size, shift, outcomes } };
  },
});

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
