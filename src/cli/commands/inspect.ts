import type { Command } from 'commander';

import {
  describeModel,
  readGgufHeader,
  type GgufHeader,
  type MetadataValue,
} from '../../gguf/index.ts';
import type { Cli } from '../cli.ts';
import { writeJson } from '../json.ts';
import { fromFile } from '../named-file.ts';
import { addJsonOption } from '../options/output.ts';
import { writeLines } from '../output.ts';
import { escapeControls, escapeLine } from '../render/escape.ts';
import { formatBytes, formatInteger } from '../render/numbers.ts';
import { modelFacts } from '../render/model-facts.ts';
import { renderPairs, renderTable, rightAligned } from '../render/table.ts';

interface InspectFlags {
  readonly tensors?: boolean;
  readonly metadata?: boolean;
  readonly json?: boolean;
}

export function defineInspect(command: Command, cli: Cli): Command {
  command
    .description(
      'Reads the header of a GGUF file and tells what is in it. The file is checked as hostile ' +
        'input; no weights are read and llama.cpp is not needed.',
    )
    .argument('<file>', 'a GGUF file')
    .option('--tensors', 'list the tensors')
    .option('--metadata', 'list all metadata');
  addJsonOption(command, 'the description (with --tensors, --metadata: these, too)');
  return command.action((file: string) => inspect(cli, file, command.optsWithGlobals()));
}

async function inspect({ out }: Cli, file: string, flags: InspectFlags) {
  const header = await fromFile('file', file, () => readGgufHeader(file));
  const description = describeModel(header);
  if (flags.json) {
    writeJson(out, {
      file,
      version: header.version,
      fileSize: header.fileSize,
      ...description,
      ...(flags.metadata && { metadata: metadataOf(header) }),
      ...(flags.tensors && { tensors: [...header.tensors.values()] }),
    });
    return;
  }
  const { dim, bold } = out.palette;
  writeLines(out, [bold(escapeLine(description.name ?? file)), '']);
  writeLines(out, renderPairs(modelFacts(header, description, 'below'), dim));
  if (description.chatTemplate !== null) {
    const template = escapeControls(description.chatTemplate).split('\n');
    writeLines(out, ['', dim('chat template'), ...template.map((line) => `  ${line}`)]);
  }
  if (flags.metadata) writeLines(out, ['', ...renderPairs(metadataRows(header), dim)]);
  if (flags.tensors) writeLines(out, ['', ...tensorTable(header, dim)]);
}

/** Elements of an array shown for people. */
const shownElements = 6;

function metadataRows({ metadata }: GgufHeader): [string, string][] {
  return [...metadata].map(([key, value]) => [escapeLine(key), showValue(value)]);
}

function showValue(value: MetadataValue): string {
  if (value.type !== 'array') return shorten(escapeLine(String(value.value)));
  const shown = value.value
    .slice(0, shownElements)
    .map((element) => JSON.stringify(plain(element)));
  const more = value.value.length > shownElements ? ', …' : '';
  const list = shorten(escapeLine(shown.join(', ')));
  return `${value.elementType} × ${formatInteger(value.value.length)}: ${list}${more}`;
}

function shorten(text: string): string {
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}

/** Without the types, big integers as text: for JSON. */
function plain(value: unknown): unknown {
  if (typeof value === 'bigint') return String(value);
  if (Array.isArray(value)) return value.map(plain);
  if (value !== null && typeof value === 'object' && 'value' in value) return plain(value.value);
  return value;
}

function metadataOf({ metadata }: GgufHeader): Record<string, unknown> {
  return Object.fromEntries([...metadata].map(([key, value]) => [key, plain(value)]));
}

function tensorTable({ tensors }: GgufHeader, dim: (text: string) => string): string[] {
  return renderTable(
    [{ title: 'tensor' }, { title: 'type' }, rightAligned('shape'), rightAligned('size')],
    [...tensors.values()].map(({ name, type, shape, byteLength }) => [
      escapeLine(name),
      type,
      shape.join(' × '),
      formatBytes(byteLength),
    ]),
    dim,
  );
}
