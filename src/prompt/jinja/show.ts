import type { Budget } from './budget.ts';
import { failure } from './error.ts';
import { floatText } from './numbers.ts';
import { Dict, Float, isList, Slice, Tuple, Undefined, type Thing, type Value } from './values.ts';

/** Python's `str(value)`: what `{{ value }}` writes. @throws JinjaError beyond the budget */
export function toText(value: Value, budget: Budget): string {
  if (typeof value === 'string') return value;
  if (value instanceof Undefined) return '';
  return toRepr(value, budget);
}

/** Python's `repr(value)`. @throws JinjaError beyond the budget */
export function toRepr(value: Value, budget: Budget): string {
  const parts: string[] = [];
  new Writer(parts, budget).write(value);
  return parts.join('');
}

class Writer {
  readonly #parts: string[];
  readonly #budget: Budget;
  #length = 0;

  constructor(parts: string[], budget: Budget) {
    this.#parts = parts;
    this.#budget = budget;
  }

  write(value: Value): void {
    if (isList(value)) this.#sequence('[', value, ']');
    else if (value instanceof Tuple) {
      this.#sequence('(', value.items, value.items.length === 1 ? ',)' : ')');
    } else if (value instanceof Dict) this.#dict(value);
    else this.#put(this.#simple(value));
  }

  #put(text: string): void {
    this.#length += text.length;
    this.#budget.checkLength(this.#length);
    this.#budget.text(text.length);
    this.#budget.step();
    this.#parts.push(text);
  }

  #sequence(open: string, items: readonly Value[], close: string): void {
    this.#put(open);
    for (const [i, item] of items.entries()) {
      if (i > 0) this.#put(', ');
      this.write(item);
    }
    this.#put(close);
  }

  #dict(dict: Dict): void {
    this.#put('{');
    for (const [i, [key, item]] of dict.entries().entries()) {
      if (i > 0) this.#put(', ');
      this.write(key);
      this.#put(': ');
      this.write(item);
    }
    this.#put('}');
  }

  #simple(value: Exclude<Value, readonly Value[] | Tuple | Dict>): string {
    if (value === null) return 'None';
    if (typeof value === 'string') return quote(value, this.#budget);
    if (typeof value === 'boolean') return value ? 'True' : 'False';
    if (typeof value === 'number' || typeof value === 'bigint') return String(value);
    if (value instanceof Float) return floatText(value.value);
    if (value instanceof Undefined) return 'Undefined';
    if (value instanceof Slice) {
      const { start, stop, step } = value;
      return `slice${toRepr(new Tuple([start, stop, step]), this.#budget)}`;
    }
    return showThing(value);
  }
}

function showThing(thing: Thing): string {
  if (thing.can.show !== undefined) return thing.can.show();
  // Python writes an address here, which no two renderings share.
  throw failure(`a '${thing.typeName}' object has no text of its own`);
}

const unprintable = /[\p{C}\p{Z}\\'"]/u;

function quote(text: string, budget: Budget): string {
  budget.read(text.length);
  const mark = text.includes("'") && !text.includes('"') ? '"' : "'";
  if (!unprintable.test(text)) return `${mark}${text}${mark}`;
  budget.text(text.length * 2);
  const escaped = text.replace(/[\p{C}\p{Zl}\p{Zp}\p{Zs}\\'"]/gu, (character) =>
    escapeCharacter(character, mark),
  );
  return `${mark}${escaped}${mark}`;
}

const named: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

function escapeCharacter(character: string, mark: string): string {
  if (character === ' ') return ' ';
  if (character === '\\') return '\\\\';
  if (character === "'" || character === '"') return character === mark ? `\\${mark}` : character;
  const code = character.codePointAt(0)!;
  const hex = (width: number): string => code.toString(16).padStart(width, '0');
  if (code < 0x100) return named[character] ?? `\\x${hex(2)}`;
  return code < 0x10000 ? `\\u${hex(4)}` : `\\U${hex(8)}`;
}
