import { InvalidOptionError } from '../../../spec/index.ts';

/** What a user calls tokens: phrases and regular expressions by label. */
export interface ShiftLabels {
  /** Found whole, in any case, before the patterns. */
  readonly phrases: Readonly<Record<string, readonly string[]>>;
  /** Global. A token that overlaps a match gets the label. */
  readonly patterns: readonly { readonly label: string; readonly pattern: RegExp }[];
}

export const noLabels: ShiftLabels = { phrases: {}, patterns: [] };

/**
 * Labels as a JSON object: `{ "opening": ["Certainly", "/^I am/i"] }`. A text between slashes is a
 * regular expression of the whole answer, any other one a phrase.
 * @param file - Its path, for messages.
 * @throws InvalidOptionError `file: …` for what is none.
 */
export function readShiftLabels(text: string, file: string): ShiftLabels {
  const phrases: Record<string, string[]> = {};
  const patterns: { label: string; pattern: RegExp }[] = [];
  for (const [label, texts] of Object.entries(parseObject(text, file))) {
    if (!isTexts(texts)) refuse(file, `${JSON.stringify(label)} is not a list of texts.`);
    phrases[label] = texts.filter((written) => !isPattern(written));
    for (const written of texts.filter(isPattern)) {
      patterns.push({ label, pattern: toPattern(written, label, file) });
    }
  }
  return { phrases, patterns };
}

function parseObject(text: string, file: string): object {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    return refuse(file, `this is not JSON: ${(cause as Error).message}.`, cause);
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  return refuse(file, 'labels are a JSON object, e.g. { "opening": ["Certainly", "/^I am/i"] }.');
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((part) => typeof part === 'string' && part !== '');
}

const slashes = /^\/(.+)\/([a-z]*)$/s;

function isPattern(written: string): boolean {
  return slashes.test(written);
}

function toPattern(written: string, label: string, file: string): RegExp {
  const [, source = '', flags = ''] = slashes.exec(written) ?? [];
  try {
    return new RegExp(source, [...new Set(`${flags}gu`)].join(''));
  } catch (cause) {
    return refuse(file, `${JSON.stringify(label)}: ${(cause as Error).message}.`, cause);
  }
}

function refuse(file: string, fault: string, cause?: unknown): never {
  throw new InvalidOptionError('labels', `${file}: ${fault}`, { cause });
}
