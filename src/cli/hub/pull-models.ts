import type { CachedModel, PullProgress } from '../../hub/index.ts';
import { InvalidOptionError } from '../../spec/index.ts';
import type { Cli } from '../cli.ts';
import { UsageError } from '../failure.ts';
import { createPullReport } from './pull-report.ts';

/**
 * Fetches models one after the other, and shows how far it is on stderr.
 * @throws UsageError for what is no name of a model; what {@link pull} throws.
 */
export async function pullModels(
  cli: Cli,
  names: readonly string[],
  { quiet = false }: { readonly quiet?: boolean | undefined },
): Promise<CachedModel[]> {
  const { pull } = await import('../../hub/index.ts');
  const { signal } = cli.interruption;
  const models: CachedModel[] = [];
  let hasBegun = false;
  for (const name of names) {
    using report = createPullReport(cli.err, cli.now);
    const onProgress = (progress: PullProgress): void => {
      hasBegun ||= progress.state === 'fetching';
      if (!quiet) report.update(progress);
    };
    try {
      models.push(await pull(name, { signal, onProgress }));
    } catch (cause) {
      report[Symbol.dispose]();
      if (signal.aborted && hasBegun && !quiet) {
        cli.err.write('What has come stays: the same command goes on from there.\n');
      }
      if (!(cause instanceof InvalidOptionError) || cause.option !== 'name') throw cause;
      throw new UsageError(`model: ${cause.message}`, { cause });
    }
  }
  return models;
}
