// npm run lab lists the experiments; npm run lab -- NAME runs one, and with --help says what it may be told.
import { Command } from 'commander';

import { didYouMean } from '../src/faults/index.ts';
import { experiments, type ExperimentEntry } from './experiments.ts';
import { onOff, readFlags } from './shared/flags.ts';
import { showProgress } from './shared/progress.ts';

const [name, ...args] = process.argv.slice(2);
if (name === undefined || name === '--help') console.log(list());
else if (Object.hasOwn(experiments, name)) await runExperiment(name, experiments[name]!);
else {
  const near = didYouMean(name, Object.keys(experiments));
  console.error(`There is no experiment ${name}.${near} npm run lab lists them.`);
  process.exitCode = 2;
}

async function runExperiment(called: string, entry: ExperimentEntry): Promise<void> {
  const opened = await entry.open();
  const command = new Command(`npm run lab -- ${called}`)
    .description(`${entry.shows}.\nTakes ${entry.takes}; see ${entry.page}.`)
    .allowExcessArguments(false);
  const json = onOff('prints data');
  const given = readFlags(command, { ...opened.flags, json }, args);
  const { data, failed = false } = await opened.run(given, (text) => {
    showProgress('');
    if (!given.json) console.log(text);
  });
  showProgress('');
  if (given.json) console.log(JSON.stringify(data, null, 2));
  if (failed) process.exitCode = 1;
}

function list(): string {
  const entries = Object.entries(experiments).map(
    ([each, { shows, takes, page }]) => `${each}\n  ${shows}.\n  Takes ${takes}; see ${page}.`,
  );
  return ['npm run lab -- NAME [flags], or --help', ...entries].join('\n\n');
}
