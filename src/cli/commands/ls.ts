import type { Command } from 'commander';

import type { ServedRecipe } from '../../index.ts';
import type { Cli } from '../cli.ts';
import { writeJson } from '../json.ts';
import { addJsonOption, type OutputFlags } from '../options/output.ts';
import { addServerOptions, defaultUrl, type ServerFlags } from '../options/server.ts';
import { writeLines } from '../output.ts';
import { openServer } from '../open-server.ts';
import { renderTable } from '../render/table.ts';

export function defineLs(command: Command, cli: Cli): Command {
  command.description(
    'Lists the recipes that a running server knows, with their formulas, params and rewards.',
  );
  addServerOptions(command, `the server (default: ${defaultUrl})`);
  addJsonOption(command, 'the recipes as the server describes them');
  return command.action(() => list(cli, command.optsWithGlobals()));
}

async function list({ out, interruption }: Cli, flags: ServerFlags & OutputFlags): Promise<void> {
  await using service = await openServer(flags, interruption.signal);
  const recipes = service.recipes();
  if (flags.json) return writeJson(out, recipes);
  const columns = ['recipe', 'state', 'formula', 'params', 'rewards'].map((title) => ({ title }));
  const rows = recipes.map((recipe) =>
    [
      recipe.name,
      recipe.state,
      recipe.formula,
      describeParams(recipe),
      describeRewards(recipe),
    ].map((text) => out.plain(text)),
  );
  writeLines(out, renderTable(columns, rows, out.palette.dim));
  return undefined;
}

function describeParams({ params }: ServedRecipe): string {
  const parts = Object.entries(params).map(
    ([name, { default: value, min, max }]) => `${name}=${value} (${min ?? '-∞'} to ${max ?? '∞'})`,
  );
  return parts.join(', ');
}

/** Names and weights: `cheerful=1, brief=0.5`. */
function describeRewards({ rewards }: ServedRecipe): string {
  return Object.entries(rewards)
    .map(([name, { weight }]) => `${name}=${weight}`)
    .join(', ');
}
