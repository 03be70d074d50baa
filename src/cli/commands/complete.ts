import type { Command } from 'commander';

import type { Cli } from '../cli.ts';
import { completeWords } from '../completion/complete-words.ts';
import { writeLines } from '../output.ts';

/** What the shells' scripts are told behind the words: whether they may offer files. */
const [files, noFiles] = [':0', ':4'];

/** Called by the scripts of `trimtab completion`, with what is typed behind the program's name. */
export function defineComplete(command: Command, { out }: Cli): Command {
  return command
    .description('Lists what may come next on a command line, for the scripts of shells.')
    .argument('[words...]', 'what is typed, behind --')
    .action((words: string[]) => {
      const { words: found, mayBeFile } = completeWords(command.parent!, words);
      writeLines(out, [
        ...found.map(([word, what]) => `${word}\t${what}`),
        mayBeFile ? files : noFiles,
      ]);
    });
}
