import type { Command } from 'commander';

import type { EngineStats } from '../../spec/index.ts';
import type { Cli } from '../cli.ts';
import { writeJson } from '../json.ts';
import { addJsonOption, type OutputFlags } from '../options/output.ts';
import { addServerOptions, defaultUrl, type ServerFlags } from '../options/server.ts';
import { writeLines } from '../output.ts';
import { openServer } from '../open-server.ts';
import { formatBytes, formatPercent } from '../render/numbers.ts';
import { renderPairs, renderTable, rightAligned } from '../render/table.ts';

export function definePs(command: Command, cli: Cli): Command {
  command.description(
    'Shows what a running server has loaded, how busy it is and what that takes.',
  );
  addServerOptions(command, `the server (default: ${defaultUrl})`);
  addJsonOption(command, 'the same as one object');
  return command.action(() => show(cli, command.optsWithGlobals()));
}

async function show({ out, interruption }: Cli, flags: ServerFlags & OutputFlags): Promise<void> {
  await using service = await openServer(flags, interruption.signal);
  const { url } = service;
  const { stats, restarts } = service.status;
  const loaded = service.recipes().filter(({ state }) => state === 'ready' || state === 'loading');
  const { decodes: _, ...counts } = stats;
  const status = { ...counts, restarts };
  if (flags.json) return writeJson(out, { url, ...status, loaded });
  const { dim } = out.palette;
  writeLines(
    out,
    renderPairs(
      [
        ['server', url],
        ['requests', `${status.running} running, ${status.queued} waiting`],
        ['memory', `${formatBytes(status.residentBytes)} of the engine`],
        ['cache', `${share(status.kvCellsUsed, status.kvCells)} of its cells in use`],
        [
          'prefixes',
          `${share(status.cachedPromptTokens, status.promptTokens)} of prompt tokens found in it`,
        ],
        ['threads', threadsOf(status)],
        ['restarts', `${status.restarts} of the engine`],
      ],
      dim,
    ),
  );
  const columns = [
    ...['recipe', 'state', 'model'].map((title) => ({ title })),
    ...['weights', 'context'].map(rightAligned),
  ];
  const rows = loaded.flatMap(({ name, state, models }) =>
    models.map((model, i) => [
      i === 0 ? out.plain(name) : '',
      i === 0 ? state : '',
      out.plain(model.name),
      formatBytes(model.weightBytes),
      String(model.contextLength),
    ]),
  );
  writeLines(out, ['', ...renderTable(columns, rows, dim)]);
  return undefined;
}

function share(part: number, whole: number): string {
  return formatPercent(whole === 0 ? 0 : part / whole);
}

function threadsOf({ threads, mostThreads }: Pick<EngineStats, 'threads' | 'mostThreads'>): string {
  if (threads === mostThreads) return String(threads);
  return `${threads} of ${mostThreads}: other programs use the processors, which slows more of them down`;
}
