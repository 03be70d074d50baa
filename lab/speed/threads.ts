// Tokens per second beside programs that want a processor each: threads that adapt against numbers that are fixed.
import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';

import { loadModel, type LlamaModel } from '../../src/llama/index.ts';
import { engineDefaults } from '../../src/spec/index.ts';
import { experiment } from '../shared/experiment.ts';
import { number, text } from '../shared/flags.ts';
import { interleave, ratioOf, showSummary, summaryOf } from '../shared/measure.ts';
import { largeFiles } from '../shared/random-files.ts';
import { showTable } from '../shared/table.ts';

/** Before what is measured: time for the number of threads to adapt. */
const settledMs = 1500;

export default experiment({
  flags: {
    model: text('FILE', 'a GGUF file; random weights of 1.2 G parameters by default'),
    tokens: number('decoded for each figure', 20),
    rounds: number('of figures', 3),
    neighbours: number('most programs beside', 2),
  },
  async run({ model: file, tokens, rounds, neighbours }, print) {
    using model = await loadModel(file ?? (await largeFiles()).base);
    const most = availableParallelism();
    const rows: string[][] = [
      [
        'programs beside',
        'adapting',
        `${most} threads`,
        '1 thread',
        'adapting ÷ 1 thread',
        '÷ 1 thread, none beside',
      ],
    ];
    const data: object[] = [];
    let alone: readonly number[] | undefined;
    for (let beside = 0; beside <= neighbours; beside++) {
      using others = busyPrograms(beside);
      const speeds = await interleave(
        {
          adapting: () => speedOf(model, { threads: most, adaptThreads: true }, tokens),
          most: () => speedOf(model, { threads: most }, tokens),
          one: () => speedOf(model, { threads: 1 }, tokens),
        },
        rounds,
        `${others.count} beside`,
      );
      alone ??= speeds.one;
      rows.push([
        String(beside),
        ...[speeds.adapting, speeds.most, speeds.one].map((each) =>
          showSummary(summaryOf(each), 1),
        ),
        showSummary(ratioOf(speeds.adapting, speeds.one), 2),
        showSummary(ratioOf(speeds.adapting, alone), 2),
      ]);
      data.push({ beside, ...speeds });
    }
    print(`${model.name}, tokens per second: median (range) of ${rounds} rounds.\n`);
    print(showTable(rows));
    return { data: { model: model.name, threads: most, beside: data } };
  },
});

/** Tokens per second of one sequence. */
async function speedOf(
  model: LlamaModel,
  threads: { readonly threads: number; readonly adaptThreads?: boolean },
  tokens: number,
): Promise<number> {
  using context = await model.createContext({
    ...engineDefaults,
    ...threads,
    contextLength: 1024,
    maxSequences: 1,
    maxRows: 1,
  });
  using sequence = context.createSequence();
  const step = () => context.extend([{ sequence, tokens: [sequence.length + 1], rows: 'last' }]);
  const settled = performance.now() + settledMs;
  while (performance.now() < settled && sequence.length < 512) await step();
  const began = performance.now();
  for (let i = 0; i < tokens; i++) await step();
  return (tokens / (performance.now() - began)) * 1000;
}

/** Programs that do nothing, as fast as they can. */
function busyPrograms(count: number): Disposable & { readonly count: number } {
  const children = Array.from({ length: count }, () =>
    spawn(process.execPath, ['--eval', 'for (;;);'], { stdio: 'ignore' }),
  );
  return {
    count,
    [Symbol.dispose]: () => {
      for (const child of children) child.kill('SIGKILL');
    },
  };
}
