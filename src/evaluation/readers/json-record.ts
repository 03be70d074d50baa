import { filledLines, refuseLine, type SourceLine } from './source-text.ts';

/** One line of a JSONL file, and how to read its fields; every fault is an error that names the line. */
export interface JsonRecord {
  readonly line: number;
  has(field: string): boolean;
  /** Text that is not blank. */
  text(field: string): string;
  /** {@link JsonRecord.text}, or `undefined` where the field is missing. */
  optionalText(field: string): string | undefined;
  /** A text that is not blank, or a number as text. */
  label(field: string): string;
  /** A list of texts that are not blank, at least one. */
  texts(field: string): string[];
  /** A list of objects, at least one. */
  records(field: string): JsonRecord[];
  /** A list of integers of at least 0, at least one. */
  indexes(field: string): number[];
  /** The one of these fields that it has. */
  oneOf<const Field extends string>(fields: readonly Field[]): Field;
  /** Fails with the file and the line. */
  refuse(fault: string): never;
}

/** One record per line that is not blank. @throws InvalidOptionError `file:line: …` */
export function jsonRecords(text: string, file: string): JsonRecord[] {
  return filledLines(text).map((line) => jsonRecord(line, file));
}

/** @throws InvalidOptionError `file:line: …` if the line is no JSON object. */
export function jsonRecord(line: SourceLine, file: string): JsonRecord {
  return createRecord(parseObject(line, file), file, line.number);
}

function parseObject({ text, number }: SourceLine, file: string): Fields {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    const cause = error instanceof Error ? error.message : String(error);
    return refuseLine(
      file,
      number,
      `is no JSON (${cause}). Expected one JSON object on each line.`,
    );
  }
  return isObject(value)
    ? value
    : refuseLine(file, number, `is ${kindOf(value)}. Expected a JSON object.`);
}

type Fields = Readonly<Record<string, unknown>>;

function createRecord(fields: Fields, file: string, line: number, place = ''): JsonRecord {
  const refuse = (fault: string): never => refuseLine(file, line, fault);
  const has = (field: string): boolean => Object.hasOwn(fields, field);
  const expect = (field: string, value: unknown, expected: string): never =>
    refuse(`"${place}${field}" is ${kindOf(value)}. Expected ${expected}.`);
  const text = (field: string): string => {
    const value = has(field) ? fields[field] : undefined;
    return isFilled(value) ? value : expect(field, value, 'a text that is not blank');
  };
  /** Elements that all pass the test. */
  const list = <Element>(
    field: string,
    expected: string,
    passes: (element: unknown) => element is Element,
  ): Element[] => {
    const value = has(field) ? fields[field] : undefined;
    if (!isArray(value)) return expect(field, value, expected);
    if (value.length === 0) return expect(field, value, expected);
    return value.map((element, i) =>
      passes(element) ? element : expect(`${field}[${i}]`, element, `${expected} in "${field}"`),
    );
  };
  return {
    line,
    has,
    text,
    label: (field) => {
      const value = has(field) ? fields[field] : undefined;
      if (typeof value === 'number') return String(value);
      return isFilled(value)
        ? value
        : expect(field, value, 'a text that is not blank, or a number');
    },
    optionalText: (field) => (has(field) ? text(field) : undefined),
    texts: (field) => list(field, 'a list of texts that are not blank', isFilled),
    records: (field) =>
      list(field, 'a list of objects', isObject).map((element, i) =>
        createRecord(element, file, line, `${place}${field}[${i}].`),
      ),
    indexes: (field) => list(field, 'a list of indexes, integers from 0', isIndex),
    oneOf: (candidates) => {
      const present = candidates.filter(has);
      if (present.length === 1) return present[0]!;
      const found = present.length === 0 ? 'none of them' : present.map(quote).join(' and ');
      return refuse(`has ${found}. Expected one of ${candidates.map(quote).join(', ')}.`);
    },
    refuse,
  };
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isArray(value: unknown): value is readonly unknown[] {
  return Array.isArray(value);
}

function isFilled(value: unknown): value is string {
  return typeof value === 'string' && value.trim() !== '';
}

function isIndex(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function quote(field: string): string {
  return `"${field}"`;
}

/** What a JSON value is, for messages. */
function kindOf(value: unknown): string {
  if (value === undefined) return 'missing';
  if (value === null) return 'null';
  if (isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (typeof value === 'string') return value.trim() === '' ? 'a blank text' : 'a text';
  return typeof value === 'object' ? 'an object' : JSON.stringify(value);
}
