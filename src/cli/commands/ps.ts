import { Command } from 'commander';

import type { Cli } from '../cli.ts';
import { writeJson } from '../json.ts';
import { addJsonOption, type OutputFlags } from '../options/output.ts';
import { addServerOptions, defaultUrl, type ServerFlags } from '../options/server.ts';
import { writeLines } from '../output.ts';
import { ServerClient } from '../remote/server-client.ts';
import { formatBytes, formatPercent } from '../render/numbers.ts';
import { renderPairs, renderTable, rightAligned } from '../render/table.ts';

export function createPsCommand(cli: Cli): Command {
  const command = new Command('ps')
    .summary('what a running server has loaded and is doing')
    .description('Shows what a running server has loaded, how busy it is and what that takes.');
  addServerOptions(command, `the server (default: ${defaultUrl})`);
  addJsonOption(command, 'the same as one object');
  return command.action(() => show(cli, command.optsWithGlobals()));
}

async function show({ out, interruption }: Cli, flags: ServerFlags & OutputFlags): Promise<void> {
  const client = new ServerClient(flags);
  const { signal } = interruption;
  const [recipes, metrics] = await Promise.all([client.recipes(signal), client.metrics(signal)]);
  const engine = (name: string) => metrics.get(`trimtab_engine_${name}`) ?? 0;
  const loaded = recipes.filter(({ state }) => state === 'ready' || state === 'loading');
  const status = {
    running: engine('running'),
    queued: engine('queued'),
    decodedTokens: engine('decoded_tokens_total'),
    promptTokens: engine('prompt_tokens_total'),
    cachedPromptTokens: engine('cached_prompt_tokens_total'),
    kvCellsUsed: engine('kv_cells_used'),
    kvCells: engine('kv_cells'),
    residentBytes: engine('resident_bytes'),
    restarts: engine('restarts_total'),
  };
  if (flags.json) return writeJson(out, { url: client.url, ...status, loaded });
  const { dim } = out.palette;
  writeLines(
    out,
    renderPairs(
      [
        ['server', client.url],
        ['requests', `${status.running} running, ${status.queued} waiting`],
        ['memory', `${formatBytes(status.residentBytes)} of the engine`],
        ['cache', `${share(status.kvCellsUsed, status.kvCells)} of its cells in use`],
        [
          'prefixes',
          `${share(status.cachedPromptTokens, status.promptTokens)} of prompt tokens found in it`,
        ],
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
