import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  type ParsedNode,
  visit,
  type YAMLError,
} from 'yaml';

import { RecipeError } from '../spec/index.ts';
import type { DocumentPath } from './issues.ts';

/** Makes errors that name the place of a fault in the document it is in. */
export interface ErrorPlaces {
  /**
   * @param options.on - The key at the end of the path, or (the default) its value.
   * @param options.offset - Characters into a text value.
   */
  errorAt(
    path: DocumentPath,
    message: string,
    options?: { readonly on?: 'key' | 'value'; readonly offset?: number; readonly cause?: unknown },
  ): RecipeError;
}

/** Errors about a document given in code: it has no lines. */
export const noPlaces: ErrorPlaces = {
  errorAt: (_path, message, options) => new RecipeError(message, {}, causeOf(options)),
};

/** Largest recipe read, in bytes: a chat template is some kilobytes. */
export const maxRecipeBytes = 2 ** 20;

/** Aliases resolved in all: more is a "billion laughs" attack. */
const maxAliasCount = 100;

const yamlOptions = {
  version: '1.2',
  merge: false,
  stringKeys: true,
  prettyErrors: false,
  logLevel: 'error',
} as const;

/** Text of a recipe, as a value and with the places of its parts. */
export interface YamlSource extends ErrorPlaces {
  readonly value: unknown;
}

/** @throws RecipeError with line and column for text that is not one YAML mapping. */
export function readYaml(text: string, file: string | undefined): YamlSource {
  const lines = new LineCounter();
  const errorAtOffset = (
    offset: number | undefined,
    message: string,
    cause?: unknown,
  ): RecipeError => {
    const position = offset === undefined ? undefined : lines.linePos(offset);
    const place = { file, line: position?.line, column: position?.col };
    return new RecipeError(`${showPlace(place)}${message}`, place, causeOf({ cause }));
  };
  if (Buffer.byteLength(text) > maxRecipeBytes) {
    throw errorAtOffset(undefined, `The recipe is larger than ${maxRecipeBytes} bytes.`);
  }
  const document = guarded(
    () => parseDocument(text, { ...yamlOptions, lineCounter: lines }),
    () => undefined,
  );
  const problem = document.errors[0] ?? document.warnings[0];
  if (problem !== undefined) {
    throw errorAtOffset(problem.pos[0], explainYamlError(problem, text), problem);
  }
  const value: unknown = guarded(
    () => document.toJS({ maxAliasCount }),
    () => offsetOfAlias(document),
  );
  if (!isMap(document.contents)) {
    throw errorAtOffset(
      0,
      'A recipe is a YAML mapping with at least the keys models and base; this is ' +
        `${value === null ? 'empty' : 'something else'}.`,
    );
  }
  return {
    value,
    errorAt(path, message, { on = 'value', offset = 0, cause } = {}) {
      return errorAtOffset(offsetOf(document, text, path, on, offset), message, cause);
    },
  };

  /** The library recurses, and refuses aliases by throwing. */
  function guarded<T>(read: () => T, offset: () => number | undefined): T {
    try {
      return read();
    } catch (cause) {
      const reason = cause instanceof Error ? explainReason(cause.message) : String(cause);
      throw errorAtOffset(offset(), `The recipe cannot be read: ${reason}.`, cause);
    }
  }
}

function explainReason(message: string): string {
  return message.includes('call stack') ? 'it nests too deeply' : message.replace(/[.\s]+$/, '');
}

/** `recipe.yaml:3:5: `, as far as it is known. */
function showPlace(place: {
  readonly file: string | undefined;
  readonly line: number | undefined;
  readonly column: number | undefined;
}): string {
  const parts = [place.file, place.line, place.column].filter((part) => part !== undefined);
  if (parts.length === 0) return '';
  return place.file === undefined ? `Line ${parts.join(':')}: ` : `${parts.join(':')}: `;
}

function explainYamlError(error: YAMLError, text: string): string {
  if (error.code === 'DUPLICATE_KEY') {
    const key = /^[^\s:]+/.exec(text.slice(error.pos[0]))?.[0] ?? '';
    return `The key \`${key}\` is given twice: keep one.`;
  }
  if (error.code === 'MULTIPLE_DOCS') {
    return 'A recipe file holds one recipe: remove what follows this line.';
  }
  if (error.code === 'TAB_AS_INDENT') return 'YAML is indented with spaces: replace the tab.';
  return `This is not valid YAML: ${explainReason(error.message)}.`;
}

/** Where the alias stands that has no anchor; else the first alias. */
function offsetOfAlias(document: Document.Parsed): number | undefined {
  const offsets: { unresolved?: number; first?: number } = {};
  visit(document, {
    Alias(_key, alias) {
      const start = alias.range?.[0] ?? 0;
      offsets.first ??= start;
      if (alias.resolve(document) !== undefined) return undefined;
      offsets.unresolved = start;
      return visit.BREAK;
    },
  });
  return offsets.unresolved ?? offsets.first;
}

/** Offset in `text` of a key or value; of the nearest parent that exists. */
function offsetOf(
  document: Document.Parsed,
  text: string,
  path: DocumentPath,
  on: 'key' | 'value',
  offset: number,
): number {
  let node: ParsedNode | null = document.contents;
  let start = node?.range[0] ?? 0;
  for (const [i, part] of path.entries()) {
    const child = childOf(node, part);
    if (child === undefined) return start;
    const isKey = on === 'key' && i === path.length - 1;
    const target = isKey ? child.key : child.value;
    start = (target ?? child.key ?? child.value)?.range?.[0] ?? start;
    node = resolveAlias(document, child.value);
  }
  return on === 'value' && offset > 0 && node !== null
    ? offsetInText(text, node, offset, start)
    : start;
}

/** Where character `offset` of a text stands, if it is written without escapes and folds. */
function offsetInText(text: string, node: ParsedNode, offset: number, start: number): number {
  if (!isScalar(node) || typeof node.value !== 'string') return start;
  const quote = node.type === 'QUOTE_DOUBLE' || node.type === 'QUOTE_SINGLE' ? 1 : 0;
  const begin = node.range[0] + quote;
  return text.startsWith(node.value.slice(0, offset), begin) ? begin + offset : start;
}

function childOf(
  node: ParsedNode | null,
  part: string | number,
): { readonly key: ParsedNode | null; readonly value: ParsedNode | null } | undefined {
  if (isMap(node)) {
    const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === String(part));
    return pair === undefined
      ? undefined
      : { key: pair.key as ParsedNode | null, value: pair.value };
  }
  if (!isSeq(node)) return undefined;
  const item = node.items[Number(part)];
  return item === undefined ? undefined : { key: null, value: item };
}

function resolveAlias(document: Document.Parsed, node: ParsedNode | null): ParsedNode | null {
  if (!isAlias(node)) return node;
  return ((node.resolve(document) as Node | undefined) ?? null) as ParsedNode | null;
}

function causeOf(options: { readonly cause?: unknown } | undefined): { cause?: unknown } {
  return options?.cause === undefined ? {} : { cause: options.cause };
}
