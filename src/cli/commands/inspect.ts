import type { Command } from 'commander';

import {
  describeModel,
  readGgufHeader,
  type GgufHeader,
  type MetadataValue,
  type ModelDescription,
} from '../../gguf/index.ts';
import type { Cli } from '../cli.ts';
import { writeJson } from '../json.ts';
import { fromFile } from '../named-file.ts';
import { addJsonOption } from '../options/output.ts';
import { writeLines } from '../output.ts';
import { escapeControls, escapeLine } from '../render/escape.ts';
import { formatBytes, formatCount, formatInteger } from '../render/numbers.ts';
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
  writeLines(out, renderPairs(facts(header, description), dim));
  if (description.chatTemplate !== null) {
    const template = escapeControls(description.chatTemplate).split('\n');
    writeLines(out, ['', dim('chat template'), ...template.map((line) => `  ${line}`)]);
  }
  if (flags.metadata) writeLines(out, ['', ...renderPairs(metadataRows(header), dim)]);
  if (flags.tensors) writeLines(out, ['', ...tensorTable(header, dim)]);
}

function facts(
  { version, fileSize }: GgufHeader,
  model: ModelDescription,
): (readonly [string, string])[] {
  const { typeBytes, specialTokens } = model;
  const types = typeBytes.map(({ type, bytes }) => `${type} ${formatBytes(bytes)}`);
  const specials = specialTokens.map(
    ({ role, tokenId, spelling }) =>
      `${role} ${tokenId} ${escapeLine(spelling ?? '(no such token)')}`,
  );
  const heads = [...new Set(model.headCounts)].join('–');
  const kvHeads = [...new Set(model.headCountsKv)].join('–');
  const tokenizer = [model.tokenizerModel, model.tokenizerPre].filter((part) => part !== null);
  const parts = model.splitCount > 1 ? `, the first of ${model.splitCount} files` : '';
  return [
    ['file', `GGUF ${version}, ${formatBytes(fileSize)}${parts}`],
    ['architecture', escapeLine(model.architecture)],
    ['parameters', `${formatCount(model.parameterCount)} (${formatInteger(model.parameterCount)})`],
    ...(model.fileType === null ? [] : [['type', model.fileType] as const]),
    ['tensors', types.join(', ') || 'none'],
    ['layers', unlessNull(model.layerCount)],
    ['heads', heads === '' ? 'not said' : `${heads}, ${kvHeads} for keys and values`],
    ['width', unlessNull(model.embeddingLength)],
    ['context', `${unlessNull(model.contextLength)} tokens`],
    [
      'vocabulary',
      `${unlessNull(model.vocabSize)} tokens, ${escapeLine(tokenizer.join(' ')) || 'no tokenizer'}`,
    ],
    ['special tokens', specials.join(', ') || 'none'],
    ['chat template', model.chatTemplate === null ? 'none' : 'below'],
    ['licence', escapeLine(model.license ?? 'not said')],
  ];
}

function unlessNull(value: number | null): string {
  return value === null ? 'unknown' : formatInteger(value);
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
