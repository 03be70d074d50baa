// How many of MaskBench's real schemas can be kept to, and how exactly, beside llguidance.
import { ConstraintCompiler } from '../../src/grammar/index.ts';
import { experiment } from '../shared/experiment.ts';
import { number } from '../shared/flags.ts';
import { machineFacts, showMachine } from '../shared/measure.ts';
import { showProgress } from '../shared/progress.ts';
import { schemaFlags, withMaskBench, type SchemaFile } from './files.ts';
import { judgeFile, type Judgement } from './judge.ts';
import { askPeer } from './peer.ts';
import { showBySplit, showFailures, showTotals, type Judged } from './report.ts';

/** As many as there are: one of JSONSchemaBench's 11,306 is too large for the archive. */
const fileCount = 11_305;

export default experiment({
  flags: {
    ...schemaFlags,
    every: number('takes one file of so many', 1),
  },
  async run({ schemas, every, python }, print) {
    print(`${showMachine()}\n`);
    return withMaskBench(schemas, async (all) => {
      if (all.length !== fileCount) {
        throw new Error(
          `${schemas} has ${all.length} schemas, not ${fileCount}: it is not all of MaskBench.`,
        );
      }
      const files = all.filter((_, i) => i % every === 0);
      const ours = await judgeAll(files);
      const peers =
        python === undefined ? null : await askPeer(python, files, showCount(files, 'llguidance'));
      showProgress('');
      const judged = files.map((file, i): Judged => ({
        file,
        ours: ours[i]!,
        peer: peers === null ? null : peers[i]!,
      }));
      print(showTotals(judged));
      print(`\n${showBySplit(judged)}`);
      print(`\n${showFailures(judged)}`);
      const invalid = ours.filter(({ invalidAccepted }) => invalidAccepted > 0).length;
      return {
        data: {
          machine: machineFacts(),
          files: judged.map(({ file, ...rest }) => ({ file: file.name, ...rest })),
        },
        failed: invalid > 0,
      };
    });
  },
});

/** On a compiling thread, as in an engine: bounded in time and memory. One by one: judging would count as compiling. */
async function judgeAll(files: readonly SchemaFile[]): Promise<Judgement[]> {
  using compiler = new ConstraintCompiler();
  const judged: Judgement[] = [];
  const show = showCount(files, 'here');
  for (const [i, file] of files.entries()) {
    show(i);
    judged.push(await judgeFile(compiler, file));
  }
  return judged;
}

function showCount(files: readonly SchemaFile[], where: string): (index: number) => void {
  return (index) => {
    if (index % 50 === 0) showProgress(`${where}: ${index} of ${files.length} schemas`);
  };
}
