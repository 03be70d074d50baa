import { FormulaError } from '../spec/index.ts';

export type FormulaToken =
  | { readonly kind: 'number'; readonly value: number; readonly position: number }
  | { readonly kind: 'name'; readonly name: string; readonly position: number }
  | { readonly kind: 'symbol'; readonly symbol: FormulaSymbol; readonly position: number }
  | { readonly kind: 'end'; readonly position: number };

export type FormulaSymbol = '+' | '-' | '*' | '/' | '(' | ')';

/** Longest formula: what a person writes is far shorter, and parsing stays instant. */
const maxFormulaLength = 4000;

export const noPowers =
  'A formula has no powers: it is linear in its models; multiply a param by itself';

/** What people write in place of what a formula is made of, and what is meant. */
const slips: Readonly<Record<string, string>> = {
  ...writtenAs('*', '×·•⋅∙∗✕'),
  ...writtenAs('/', '÷∕⁄'),
  ...writtenAs('-', '−–—‐‑'),
  ...writtenAs('+', '＋'),
  ...writtenAs('( and )', '[]{}（）'),
  '^': noPowers,
  '=': 'A formula is what would stand behind the =: leave out the rest',
  ',': 'A number has a decimal point, and logp takes one model',
  '%': 'A share is written as a number: 0.3, not 30 %',
  ...Object.fromEntries(Array.from('\'"`“”‘’', (quote) => [quote, 'Names stand without quotes'])),
};

const spacePattern = /\s+/y;
const namePattern = /[A-Za-z_][A-Za-z0-9_]*/y;
const numberPattern = /(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?/y;

/** @throws FormulaError for a character or number that no formula holds. */
export function lexFormula(text: string): FormulaToken[] {
  if (text.length > maxFormulaLength) {
    throw new FormulaError(
      `The formula has ${text.length} characters; at most ${maxFormulaLength} are allowed.`,
      maxFormulaLength,
    );
  }
  const tokens: FormulaToken[] = [];
  let position = 0;
  while (position < text.length) {
    const space = matchAt(spacePattern, text, position);
    if (space !== undefined) {
      position += space.length;
      continue;
    }
    const [token, length] = lexToken(text, position);
    tokens.push(token);
    position += length;
  }
  tokens.push({ kind: 'end', position });
  return tokens;
}

function lexToken(text: string, position: number): [FormulaToken, number] {
  const name = matchAt(namePattern, text, position);
  if (name !== undefined) return [{ kind: 'name', name, position }, name.length];
  const digits = matchAt(numberPattern, text, position);
  if (digits !== undefined) {
    return [{ kind: 'number', value: toNumber(digits, position), position }, digits.length];
  }
  const character = String.fromCodePoint(text.codePointAt(position)!);
  if (isSymbol(character)) return [{ kind: 'symbol', symbol: character, position }, 1];
  const remedy = slips[character] ?? 'A formula is made of names, numbers, + - * / and parentheses';
  throw new FormulaError(
    `Unexpected ${JSON.stringify(character)} at character ${position + 1}. ${remedy}.`,
    position,
  );
}

function writtenAs(symbol: string, characters: string): Record<string, string> {
  return Object.fromEntries(Array.from(characters, (character) => [character, `Write ${symbol}`]));
}

function toNumber(digits: string, position: number): number {
  const value = Number(digits);
  if (Number.isFinite(value)) return value;
  throw new FormulaError(`The number ${digits} is too large.`, position);
}

function isSymbol(character: string): character is FormulaSymbol {
  return character.length === 1 && '+-*/()'.includes(character);
}

function matchAt(pattern: RegExp, text: string, position: number): string | undefined {
  pattern.lastIndex = position;
  return pattern.exec(text)?.[0];
}
