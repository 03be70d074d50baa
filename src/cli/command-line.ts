import type { Cli } from './cli.ts';
import { exitCodes, reportFailure } from './failure.ts';
import { writeLines } from './output.ts';
import { createProgram, start } from './program.ts';

/** Does what one command line says. @returns The exit code. */
export async function runCommandLine(args: readonly string[], cli: Cli): Promise<number> {
  try {
    if (args.length === 0) {
      writeLines(cli.out, [start, '', 'trimtab --help lists all commands.']);
      return exitCodes.ok;
    }
    const program = await createProgram(cli, args);
    await program.parseAsync(args, { from: 'user' });
    return exitCodes.ok;
  } catch (error) {
    return reportFailure(error, cli);
  }
}
