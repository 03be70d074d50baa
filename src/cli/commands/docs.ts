import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';

import type { Command } from 'commander';

import { didYouMean } from '../../faults/index.ts';
import type { Cli } from '../cli.ts';
import { UsageError } from '../failure.ts';
import { writeJson } from '../json.ts';
import { addJsonOption, type OutputFlags } from '../options/output.ts';
import { writeLines } from '../output.ts';
import { packageFile } from '../package-files.ts';
import { escapeControls, escapeLine } from '../render/escape.ts';
import { renderTable } from '../render/table.ts';

/** A page of the documentation that the package holds. */
interface Page {
  /** `evaluation`, `clients/openai`. */
  readonly name: string;
  readonly title: string;
  readonly file: string;
}

const examples = `
Examples:
  trimtab docs                    what there is to read, and where it lies
  trimtab docs evaluation
  trimtab docs clients/openai --json`;

export function defineDocs(command: Command, cli: Cli): Command {
  command
    .description(
      'Lists the pages that came with the package, with their files; with a page, prints it.',
    )
    .argument('[page]', 'its name in the list');
  addJsonOption(command, 'the list, or the page with its text,');
  return command
    .addHelpText('after', examples)
    .action((name: string | undefined) => show(cli, name, command.optsWithGlobals()));
}

async function show({ out }: Cli, name: string | undefined, { json }: OutputFlags): Promise<void> {
  const pages = await readPages();
  if (name === undefined) {
    if (json) return writeJson(out, pages);
    const rows = pages.map((page) => [page.name, page.title, page.file].map(escapeLine));
    const columns = ['page', 'about', 'file'].map((title) => ({ title }));
    return writeLines(out, renderTable(columns, rows, out.palette.dim));
  }
  const page = pages.find((candidate) => candidate.name === name);
  if (page === undefined) {
    const names = pages.map((candidate) => candidate.name);
    const remedy = didYouMean(name, names) || ` There are ${names.join(', ')}.`;
    throw new UsageError(`page: there is no page ${name}.${remedy}`);
  }
  const text = await readFile(page.file, 'utf8');
  if (json) return writeJson(out, { ...page, text });
  return out.write(out.isTerminal ? escapeControls(text) : text);
}

/** Every page but records of decisions and the generated reference, by name. */
async function readPages(): Promise<Page[]> {
  const folder = packageFile('docs');
  const files = (await readdir(folder, { recursive: true }))
    .filter((file) => file.endsWith('.md') && !/^(?:adr|api)\b/.test(file))
    .toSorted();
  return Promise.all(
    files.map(async (file) => {
      const text = await readFile(path.join(folder, file), 'utf8');
      const name = file.slice(0, -'.md'.length).replaceAll(path.sep, '/');
      const title = /^# (.*)$/m.exec(text)?.[1] ?? name;
      return { name, title, file: path.join(folder, file) };
    }),
  );
}
