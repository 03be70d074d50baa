import { isInteger, isNumber } from './arguments.ts';
import type { Budget } from './budget.ts';
import { characterCount, characters } from './characters.ts';
import { failure } from './error.ts';
import { exponentText, floatText, toFloat, type PyNumber } from './numbers.ts';
import { toText } from './show.ts';
import { typeName, type Value } from './values.ts';

/** How to write one value: Python's format specification. */
export interface FormatSpec {
  readonly fill: string;
  readonly align: '<' | '>' | '^' | '=' | '';
  readonly sign: '+' | '-' | ' ';
  readonly alternate: boolean;
  readonly width: number;
  readonly grouping: '' | ',' | '_';
  readonly precision: number | undefined;
  readonly type: string;
}

const pattern =
  /^(?:([^])?([<>^=]))?([-+ ])?(z)?(#)?(0)?(\d+)?([,_])?(?:\.(\d+))?([bcdeEfFgGnosxX%])?$/u;

/** @throws JinjaError */
export function parseSpec(text: string): FormatSpec {
  const found = pattern.exec(text);
  if (found === null) throw failure(`Invalid format specifier '${text}'`);
  const [, fill, align, sign, , alternate, zero, width, grouping, precision, type] = found;
  const isZero = zero !== undefined && align === undefined;
  return {
    fill: fill ?? (zero === undefined ? ' ' : '0'),
    align: (align ?? (isZero ? '=' : '')) as FormatSpec['align'],
    sign: (sign ?? '-') as FormatSpec['sign'],
    alternate: alternate !== undefined,
    width: Number(width ?? 0),
    grouping: (grouping ?? '') as FormatSpec['grouping'],
    precision: precision === undefined ? undefined : Number(precision),
    type: type ?? '',
  };
}

/** A value as its specification says. @throws JinjaError */
export function formatValue(value: Value, spec: FormatSpec, budget: Budget): string {
  budget.checkLength(spec.width + (spec.precision ?? 0));
  if (typeof value === 'string') return formatText(value, spec, budget);
  if (isNumber(value) && (typeof value !== 'boolean' || spec.type !== '')) {
    return formatNumber(value, spec, budget);
  }
  if (spec.type !== '' || spec.width > 0) {
    if (typeof value !== 'boolean') {
      throw failure(`unsupported format string passed to ${typeName(value)}.__format__`);
    }
  }
  return typeof value === 'boolean'
    ? formatText(value ? 'True' : 'False', spec, budget)
    : toText(value, budget);
}

function formatText(text: string, spec: FormatSpec, budget: Budget): string {
  if (spec.type !== '' && spec.type !== 's') {
    throw failure(`Unknown format code '${spec.type}' for object of type 'str'`);
  }
  if (spec.align === '=' && spec.fill !== '0') {
    throw failure("'=' alignment not allowed in string format specifier");
  }
  const cut =
    spec.precision === undefined
      ? text
      : characters(text, budget).slice(0, spec.precision).join('');
  const align = spec.align === '=' || spec.align === '' ? '<' : spec.align;
  return padded(cut, '', { ...spec, align }, budget);
}

function formatNumber(value: PyNumber, spec: FormatSpec, budget: Budget): string {
  const [sign, prefix, digits] = numberParts(value, spec);
  const shown = sign === '' && spec.sign !== '-' ? spec.sign : sign;
  const grouped = spec.grouping === '' ? digits : group(digits, spec);
  const align = spec.align === '' ? '>' : spec.align;
  return padded(grouped, shown + prefix, { ...spec, align }, budget);
}

function group(digits: string, { grouping, type }: FormatSpec): string {
  const size = 'bxXo'.includes(type) && type !== '' ? 4 : 3;
  const [, whole = '', rest = ''] = /^([\da-f]*)([^]*)$/iu.exec(digits)!;
  const at = new RegExp(`\\B(?=(?:[\\da-fA-F]{${size}})+$)`, 'g');
  return whole.replace(at, grouping) + rest;
}

/** Sign, prefix and digits. */
function numberParts(value: PyNumber, spec: FormatSpec): [string, string, string] {
  const { type } = spec;
  const isInt = isInteger(value);
  if (isInt && (type === '' || 'bcdnoxX'.includes(type))) return integerParts(value, spec);
  if ('bcdoxXs'.includes(type) && type !== '') {
    throw failure(`Unknown format code '${type}' for object of type '${typeName(value)}'`);
  }
  const float = toFloat(value);
  const sign = float < 0 || Object.is(float, -0) ? '-' : '';
  return [sign, '', floatDigits(Math.abs(float), spec)];
}

function integerParts(
  value: number | bigint | boolean,
  { type, alternate, precision }: FormatSpec,
): [string, string, string] {
  if (precision !== undefined) throw failure('Precision not allowed in integer format specifier');
  const big = BigInt(value);
  if (type === 'c') return ['', '', String.fromCodePoint(Number(big))];
  const bases: Readonly<Record<string, number>> = { b: 2, o: 8, x: 16, X: 16 };
  const digits = (big < 0n ? -big : big).toString(bases[type] ?? 10);
  const prefix = alternate && type in bases ? `0${type}` : '';
  return [big < 0n ? '-' : '', prefix, type === 'X' ? digits.toUpperCase() : digits];
}

function floatDigits(value: number, { type, precision, alternate }: FormatSpec): string {
  if (!Number.isFinite(value)) return floatText(value);
  const digits = Math.min(precision ?? 6, 100);
  if (type === 'f' || type === 'F') return fixed(value, digits);
  if (type === '%') return `${fixed(value * 100, digits)}%`;
  if (type === 'e' || type === 'E') {
    const text = exponential(value, digits);
    return type === 'E' ? text.toUpperCase() : text;
  }
  if (type === '' && precision === undefined) return floatText(value);
  const text = general(value, Math.max(1, digits), type === '', alternate);
  return type === 'G' ? text.toUpperCase() : text;
}

/** `toFixed`, but to even where the value lies in the middle, as Python rounds. */
export function fixed(value: number, digits: number): string {
  if (value >= 1e21) return BigInt(value).toString() + (digits > 0 ? `.${'0'.repeat(digits)}` : '');
  return toEven(value.toFixed(digits), value.toFixed(Math.min(100, digits + 30)));
}

function exponential(value: number, digits: number): string {
  const [rounded, exponent] = value.toExponential(digits).split('e') as [string, string];
  const [more] = value.toExponential(Math.min(100, digits + 30)).split('e') as [string];
  return `${toEven(rounded, more)}e${exponentText(Number(exponent))}`;
}

/** JavaScript rounds the exact value half up. Only ties differ: `more` digits show them whole. */
function toEven(rounded: string, more: string): string {
  const digits = rounded.includes('.') ? rounded.length : rounded.length + 1;
  if (!/^50*$/.test(more.slice(digits)) || more.length < digits) return rounded;
  const down = more.slice(0, digits).replace(/\.$/, '');
  return /[02468]$/.test(down) ? down : rounded;
}

function general(value: number, digits: number, keepsPoint: boolean, alternate: boolean): string {
  const exponent = value === 0 ? 0 : Number(value.toExponential(digits - 1).split('e')[1]);
  const isSmall = exponent >= -4 && exponent < digits - (keepsPoint ? 1 : 0);
  const text = isSmall
    ? fixed(value, Math.min(100, Math.max(0, digits - 1 - exponent)))
    : exponential(value, digits - 1);
  if (alternate) return text;
  const bare = text.replace(/\.?0+(?=e|$)/, (zeros) => (text.includes('.') ? '' : zeros));
  return keepsPoint && isSmall && !bare.includes('.') ? `${bare}.0` : bare;
}

function padded(text: string, lead: string, spec: FormatSpec, budget: Budget): string {
  const missing = spec.width - characterCount(text, budget) - lead.length;
  if (missing <= 0) return lead + text;
  budget.text(spec.width * spec.fill.length);
  const fill = (count: number): string => spec.fill.repeat(count);
  if (spec.align === '=') return lead + fill(missing) + text;
  if (spec.align === '<') return lead + text + fill(missing);
  if (spec.align === '>') return fill(missing) + lead + text;
  const front = missing >> 1;
  return fill(front) + lead + text + fill(missing - front);
}
