import { once } from 'node:events';
import { existsSync } from 'node:fs';

import type { Command } from 'commander';
import type { Logger } from 'pino';

import { engineDefaults, InvalidOptionError } from '../../spec/index.ts';
import type { Recipe } from '../../recipe/index.ts';
import type { RunningServer, TrimtabServer } from '../../server/index.ts';
import { contextLimits } from '../../contexts/limits.ts';
import { defaultLimits } from '../../server/edge/limits.ts';
import type { Cli } from '../cli.ts';
import { warn, withEngine } from '../loading.ts';
import { givenWords, readGiven } from '../given-recipe.ts';
import { statesOf } from '../contexts/states-of.ts';
import { makeFolder } from '../named-file.ts';
import { ownerOnly } from '../../files/index.ts';
import {
  addDataDirectoryOption,
  namesStore,
  storePlaceOf,
  type DataDirectoryFlags,
} from '../options/data-directory.ts';
import { addModuleOption, type ModuleFlags } from '../options/modules.ts';
import { addLoadOptions, type LoadFlags } from '../options/load.ts';
import { logLevelOf, logLevels, type LogFlags } from '../options/log-level.ts';
import { addModelOptions, recipeArgument, type ModelFlags } from '../options/models.ts';
import type { OutputFlags } from '../options/output.ts';
import { defaultPort, keyVariable } from '../options/server.ts';
import {
  collectTexts,
  parseCount,
  parsePositive,
  parsePort,
  parseWhole,
} from '../options/values.ts';
import { writeLines } from '../output.ts';
import { packageFile } from '../package-files.ts';
import { hasOpenBatches, lazyStore } from '../profiles/lazy-store.ts';

interface ServeFlags
  extends OutputFlags, ModuleFlags, ModelFlags, LoadFlags, LogFlags, DataDirectoryFlags {
  readonly host: string;
  readonly port: number;
  readonly key?: readonly string[];
  readonly allowHost?: readonly string[];
  readonly allowOrigin?: readonly string[];
  readonly parallel?: number;
  readonly context?: number;
  readonly queue: number;
  readonly memory?: number;
  readonly idlePasses: number;
  readonly idleUnload?: number;
  readonly stallTimeout: number;
  readonly logPrompts?: boolean;
  readonly keepBatches: number;
  /** `false` for `--no-profiles`. */
  readonly profiles: boolean;
}

/** As OpenAI keeps files of batches. */
const keptDays = 30;

/** Requests that wait while all sequences are taken. */
const defaultQueue = 128;

const examples = `
Without a key only this machine is let in, and any key passes. The engine runs in a process of its own, which is
started again if it dies. SIGTERM and Ctrl-C let running answers end (${defaultLimits.drainMs / 1000} s at most).
Profiles and batches are opened at the start where their place is named or has batches that have not ended, or at the
first request for one; then no other process can use the same folder. With --store any number of servers share a database.

Examples:
  trimtab serve recipes/atlas-chat.yaml                    then open http://127.0.0.1:${defaultPort}
  trimtab serve model.gguf
  trimtab serve a.yaml b.yaml --parallel 16 --context 8192
  ${keyVariable}=… trimtab serve a.yaml --host 0.0.0.0 --allow-host models.example.org`;

export function defineServe(command: Command, cli: Cli): Command {
  command
    .description(
      'Serves recipes behind an OpenAI-compatible API, each under its name and each of its models ' +
        'as recipe/model, with a playground at /.',
    )
    .argument('[recipe...]', `each ${recipeArgument}`)
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option('--port <n>', 'port to listen on; 0 takes a free one', parsePort, defaultPort)
    .option(
      '--key <key>',
      `a key that clients must show; may be given again (default: the environment's ${keyVariable})`,
      collectTexts,
    )
    .option(
      '--allow-host <name>',
      'a name the server is reached under; may be given again',
      collectTexts,
    )
    .option(
      '--allow-origin <origin>',
      'a page elsewhere that may use it; may be given again',
      collectTexts,
    )
    .option(
      '--parallel <n>',
      `answers at once (default: the recipe's, or ${engineDefaults.maxSequences})`,
      parseCount,
    )
    .option(
      '--context <n>',
      `tokens of one conversation (default: the recipe's, or ${engineDefaults.contextLength})`,
      parseCount,
    )
    .option('--queue <n>', 'requests that may wait; more get 429', parseWhole, defaultQueue)
    .option(
      '--memory <MiB>',
      'refuse recipes that need more (default: what is available)',
      parsePositive,
    )
    .option(
      '--idle-passes <n>',
      'forward passes of the base that are spent on a stored context while nobody waits; 0 prepares nothing',
      parseWhole,
      contextLimits.passes,
    )
    .option('--idle-unload <minutes>', 'unload a recipe nobody has used for so long', parsePositive)
    .option(
      '--stall-timeout <seconds>',
      'end an answer of which nothing was read for so long',
      parsePositive,
      defaultLimits.stallMs / 1000,
    )
    .option('--log-level <level>', `${logLevels.join(', ')} (default: info, on a terminal warn)`)
    .option('--log-prompts', 'write prompts into the log');
  addDataDirectoryOption(command)
    .option('--no-profiles', 'keep no profiles')
    .option(
      '--keep-batches <days>',
      'take batches away so long after their end, and files that say nothing else so long after they were made',
      parsePositive,
      keptDays,
    );
  addLoadOptions(addModelOptions(addModuleOption(command)));
  return command
    .addHelpText('after', examples)
    .action((recipes: string[]) => serve(cli, recipes, command.optsWithGlobals()));
}

async function serve(cli: Cli, files: readonly string[], flags: ServeFlags): Promise<void> {
  const serving = await loadServing();
  const { Contexts, createProfiles, createServer, destination, pino } = serving;
  const { signal } = cli.interruption;
  const recipes: Recipe[] = [];
  const given = flags.base === undefined ? files : [...files, null];
  if (given.length === 0) givenWords(undefined, [], flags);
  for (const named of given) {
    recipes.push(withSettings(await readGiven(cli, named, flags), flags));
  }
  if (!flags.quiet) for (const { warnings } of recipes) warn(cli, warnings);
  if (flags.dataDir !== undefined) await makeFolder('--data-dir', flags.dataDir, ownerOnly);
  const logger = pino({ level: logLevelOf(cli.err, flags) }, destination(2));
  await using store = lazyStore(storePlaceOf(flags));
  // A place that was named is opened at once: it is wrong now or never.
  if (flags.profiles && namesStore(flags)) await store.get();
  // What cannot cross to another process runs in this one.
  const states = statesOf(flags);
  const createService =
    cli.engineOptions === undefined ? serving.createSupervisedService : serving.createLocalService;
  await using service = await createService({
    recipes,
    engineOptions: {
      ...cli.engineOptions,
      maxQueue: flags.queue,
      states,
      allowModules: flags.allowModules === true,
      ...(flags.memory !== undefined && { memoryLimitBytes: flags.memory * 2 ** 20 }),
    },
    idleUnloadMs: flags.idleUnload === undefined ? undefined : flags.idleUnload * 60_000,
    onEngineLog: (line) => logger.warn({ from: 'engine' }, line),
  });
  const openProfiles = async () =>
    createProfiles({ service, recipes, store: (await store.get()).profiles });
  const server = createServer({
    service,
    profiles: flags.profiles ? openProfiles : undefined,
    batches: async () => (await store.get()).batches,
    jobLimits: { retentionMs: flags.keepBatches * 24 * 3600 * 1000 },
    contexts: async () =>
      new Contexts({
        store: (await store.get()).contexts,
        service,
        recipes,
        states,
        worksIdle: flags.idlePasses > 0,
        limits: { passes: flags.idlePasses },
        onError: (error, doing) => logger.error({ err: error }, `${doing} failed`),
      }),
    host: flags.host,
    port: flags.port,
    logPrompts: flags.logPrompts,
    keys: flags.key ?? keysOf(process.env[keyVariable]),
    allowedHosts: flags.allowHost,
    allowedOrigins: flags.allowOrigin,
    limits: {
      parallelChoices: flags.parallel ?? defaultLimits.parallelChoices,
      stallMs: flags.stallTimeout * 1000,
    },
    logger,
    page: pageFolder(),
  });
  for (const { name } of recipes) await service.load(name, signal);
  await using running = await listen(server, flags);
  await resumeBatches(server, flags, logger);
  if (flags.profiles && namesStore(flags)) await server.resumeContexts();
  const { accent, dim } = cli.out.palette;
  writeLines(cli.out, [
    `Trimtab serves ${recipes.map(({ name }) => name).join(', ')} at ${accent(running.url)}`,
    ...(flags.quiet
      ? []
      : [dim(`API ${running.url}/v1 · playground ${running.url}/ · Ctrl-C ends it`)]),
  ]);
  if (!signal.aborted) await once(signal, 'abort');
  if (!flags.quiet) cli.err.write(`${dim('ending: running answers may finish')}\n`);
}

/**
 * Batches that a server before this one has left go on at once, and those of a database that others share. A file of which
 * nothing is needed yet stays closed: somebody else may want it.
 */
async function resumeBatches(
  server: TrimtabServer,
  flags: ServeFlags,
  logger: Logger,
): Promise<void> {
  try {
    const place = storePlaceOf(flags);
    const isOpen = 'url' in place || (flags.profiles && namesStore(flags));
    if (isOpen || (await hasOpenBatches(place))) await server.resumeBatches();
  } catch (error) {
    logger.warn({ err: error }, 'batches cannot be gone on with; a later request tries again');
  }
}

/** What only this command needs: loaded when it runs, so that the others start at once. */
async function loadServing() {
  const [host, contexts, profiles, server, { destination, pino }] = await Promise.all([
    import('../../service/index.ts'),
    import('../../contexts/index.ts'),
    import('../../profiles/index.ts'),
    import('../../server/index.ts'),
    import('pino'),
  ]);
  return { ...host, ...contexts, ...profiles, ...server, destination, pino };
}

/** @throws InvalidOptionError for an address or a port that cannot be had. */
async function listen(server: TrimtabServer, { host, port }: ServeFlags): Promise<RunningServer> {
  try {
    return await server.listen();
  } catch (cause) {
    const remedy = listenRemedies[(cause as NodeJS.ErrnoException).code ?? ''];
    if (remedy === undefined) throw cause;
    const [option, message] = remedy;
    throw new InvalidOptionError(option, `Cannot listen on ${host}, port ${port}: ${message}.`, {
      cause,
    });
  }
}

const listenRemedies: Readonly<Record<string, readonly [option: string, message: string]>> = {
  EADDRINUSE: ['port', 'something listens there; end it, or give another port'],
  EACCES: ['port', 'this process may not; give a port above 1023'],
  EADDRNOTAVAIL: ['host', 'this machine has no such address'],
  ENOTFOUND: ['host', 'there is no such name'],
};

/** The recipe with what the command line says of the engine. */
function withSettings(recipe: Recipe, flags: ServeFlags): Recipe {
  const { context } = flags;
  const own = withEngine(recipe, flags);
  return {
    ...own,
    engine: {
      ...own.engine,
      ...(context !== undefined && { contextLength: context }),
    },
  };
}

function keysOf(variable: string | undefined): string[] {
  return variable === undefined || variable === '' ? [] : [variable];
}

/** The playground as built; a checkout that was never built serves the API alone. */
function pageFolder(): string | undefined {
  const folder = packageFile('dist/playground');
  return existsSync(folder) ? folder : undefined;
}
