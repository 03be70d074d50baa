// What composed answers cost: their steps against the bare forwards of their models, and drafts against none.
import { measureSpeculation } from '../speculation/speculation.ts';
import type { SpeculationResults } from '../speculation/report.ts';
import { maskBenchFile, readToolSchemas, type ToolSchema } from '../speculation/schemas.ts';
import { subjects } from '../speculation/subjects.ts';
import { experiment, type Print } from '../shared/experiment.ts';
import { number, onOff, text } from '../shared/flags.ts';
import { machineFacts, showMachine, type MachineFacts } from '../shared/measure.ts';
import type { SubjectResults } from './report.ts';
import { measureStepCosts } from './step-costs.ts';

export interface SpeedResults {
  readonly machine: MachineFacts;
  readonly steps: readonly SubjectResults[];
  readonly speculation: readonly SpeculationResults[];
}

const schemaCount = 20;
const fewSchemas = 2;

export default experiment({
  flags: {
    parts: text(
      'PARTS',
      'with commas between them: speculation on the models of atlas, inflated and real, and steps; ' +
        'atlas,inflated by default, with --quick atlas',
    ),
    workloads: text(
      'NAMES',
      'of speculation, words of their names with commas between them: all by default',
      '',
    ),
    quick: onOff('a few requests of each; steps leave out the models with a vocabulary of 128,256'),
    rounds: number('of speculation, in one order and in the other', 2),
    threads: number("all models' but the embedded ones': all cores by default"),
    schemas: text('FILE', 'maskbench.tar.xz of JSONSchemaBench: ../shared/data by default'),
    'llama-cpp': text('DIR', "a folder with llama.cpp's llama-server, to compare with"),
  },
  async run(
    { parts, workloads, quick, rounds, threads: given, schemas: archive, 'llama-cpp': folder },
    print,
  ) {
    const machine = machineFacts();
    const threads = given ?? Math.min(machine.cores, 16);
    const names = (parts ?? (quick ? 'atlas' : 'atlas,inflated')).split(',');
    requireParts(names);
    print(showMachine());
    const steps = names.includes('steps') ? await measureStepCosts(quick, threads, print) : [];
    const speculation: SpeculationResults[] = [];
    for (const name of names.filter((each) => each !== 'steps')) {
      const open = subjects[name as keyof typeof subjects];
      const schemas = await toolSchemas(archive ?? maskBenchFile, quick, print);
      const options = {
        words: workloads.toLowerCase().split(','),
        rounds,
        threads,
        schemas,
        quick,
        folder,
      };
      const results = await measureSpeculation(open, options, print);
      if (results !== null) speculation.push(results);
    }
    const failed = speculation.some(({ broken }) => broken > 0);
    return { data: { machine, steps, speculation } satisfies SpeedResults, failed };
  },
});

/** @throws Error for a part that there is not. */
function requireParts(names: readonly string[]): void {
  const known = ['steps', ...Object.keys(subjects)];
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) throw new Error(`There is no part ${unknown}: ${known.join(', ')}.`);
}

async function toolSchemas(
  archive: string,
  quick: boolean,
  print: Print,
): Promise<readonly ToolSchema[] | null> {
  const schemas = await readToolSchemas(archive, quick ? fewSchemas : schemaCount);
  if (schemas === null) print(`Left out: JSON under a schema, as there is no ${archive}.`);
  return schemas;
}
