import type { CallSyntax } from '../spec/index.ts';
import { callSpellings, otherHeads, type CallSpelling } from './call-form.ts';
import { createJsonEnd, type JsonEnd } from './json-end.ts';

/** What a piece of an answer's text adds to what it says and calls. */
export type AnswerPart =
  | { readonly kind: 'text'; readonly text: string }
  /** The call at `index` begins. */
  | { readonly kind: 'call'; readonly index: number; readonly name: string }
  | { readonly kind: 'arguments'; readonly index: number; readonly text: string };

/** Reads an answer that may call tools, as it comes. */
export interface CallReader {
  push(text: string): AnswerPart[];
  /** What was held back, as it might have been the beginning of a call. */
  end(): AnswerPart[];
}

/** An answer's text without its calls, and those. Of a call that was cut off, the arguments are. */
export interface ReadAnswer {
  readonly content: string;
  readonly calls: readonly { readonly name: string; readonly arguments: string }[];
}

/** What an answer says and calls. @param syntax - The answer's `calls`. */
export function readCalls(text: string, syntax: CallSyntax): ReadAnswer {
  const reader = createCallReader(syntax);
  let content = '';
  const calls: { name: string; arguments: string }[] = [];
  for (const part of [...reader.push(text), ...reader.end()]) {
    if (part.kind === 'text') content += part.text;
    else if (part.kind === 'call') calls.push({ name: part.name, arguments: '' });
    else calls[part.index]!.arguments += part.text;
  }
  return { content, calls };
}

/** Work in proportion to the text: what is held back is white space, and what may begin a call. */
export function createCallReader({ form, atStart, names = [] }: CallSyntax): CallReader {
  const spelling = callSpellings[form];
  const heads = otherHeads(spelling, names);
  const text = createTextReader([spelling.trigger, ...heads.map((head) => head.text)], atStart);
  let state: 'text' | 'head' | 'arguments' | 'behind' = 'text';
  /** Read, but not understood yet. */
  let rest = '';
  let index = -1;
  let json: JsonEnd = createJsonEnd();

  /** @returns `undefined` where more text is needed. */
  const step = (): AnswerPart[] | undefined => {
    if (state === 'text') {
      const { said, found } = text.read(rest);
      rest = found ?? '';
      if (found === undefined && said === '') return undefined;
      if (found !== undefined) state = 'head';
      return said === '' ? [] : [{ kind: 'text', text: said }];
    }
    if (state === 'head') {
      const head = readHead(rest, spelling, heads);
      if (head === undefined) return undefined;
      rest = head.rest;
      json = createJsonEnd();
      state = 'arguments';
      return [{ kind: 'call', index: ++index, name: head.name }];
    }
    if (state === 'arguments') {
      if (rest === '') return undefined;
      const length = json.read(rest);
      const given = rest.slice(0, length);
      rest = rest.slice(length);
      if (json.isOver) state = 'behind';
      return given === '' ? [] : [{ kind: 'arguments', index, text: given }];
    }
    const next = firstOf(rest, [spelling.beforeName, ...heads.map((head) => head.text)]);
    if (next < 0) return undefined;
    rest = rest.slice(next);
    state = 'head';
    return [];
  };

  return {
    push(piece) {
      rest += piece;
      const parts: AnswerPart[] = [];
      for (let added = step(); added !== undefined; added = step()) parts.push(...added);
      return parts;
    },
    end() {
      const held = state === 'text' ? text.end() : '';
      return held === '' ? [] : [{ kind: 'text', text: held }];
    },
  };
}

/** Where the first of several texts begins in one; -1 where none does. */
function firstOf(text: string, sought: readonly string[]): number {
  const found = sought.map((each) => text.indexOf(each)).filter((at) => at >= 0);
  return found.length === 0 ? -1 : Math.min(...found);
}

/** Finds the first trigger in a text that comes in pieces. */
function createTextReader(triggers: readonly string[], atStart: boolean) {
  /** White space that is left out where a call follows, and what may be the trigger's beginning. */
  let space = '';
  let begun = '';
  let isPlain = false;
  return {
    /** @returns What is said for certain, and from the trigger on, if it has come. */
    read(piece: string): { said: string; found: string | undefined } {
      const all = begun + piece;
      if (atStart && !triggers.some((trigger) => all.startsWith(trigger))) {
        isPlain ||= !triggers.some((trigger) => trigger.startsWith(all));
        begun = isPlain ? '' : all;
        return { said: isPlain ? all : '', found: undefined };
      }
      const at = firstOf(all, triggers);
      const held = Math.max(...triggers.map((trigger) => beginningLength(all, trigger)));
      const end = at < 0 ? all.length - held : at;
      const body = all.slice(0, end);
      const kept = body.trimEnd();
      const said = kept === '' ? '' : space + kept;
      space = (kept === '' ? space : '') + body.slice(kept.length);
      begun = all.slice(end);
      if (at < 0) return { said, found: undefined };
      return { said, found: begun };
    },
    end: (): string => space + begun,
  };
}

/** The length of the longest end of `text` that begins `trigger` and is not all of it. */
function beginningLength(text: string, trigger: string): number {
  for (let length = Math.min(text.length, trigger.length - 1); length > 0; length--) {
    if (text.endsWith(trigger.slice(0, length))) return length;
  }
  return 0;
}

function readHead(
  text: string,
  { beforeName, afterName }: CallSpelling,
  others: ReturnType<typeof otherHeads>,
): { name: string; rest: string } | undefined {
  const other = others.find((head) => text.startsWith(head.text));
  if (other !== undefined) return { name: other.name, rest: text.slice(other.text.length) };
  const at = text.indexOf(beforeName);
  if (at < 0) return undefined;
  const from = at + beforeName.length;
  const to = text.indexOf(afterName, from);
  return to < 0
    ? undefined
    : { name: text.slice(from, to), rest: text.slice(to + afterName.length) };
}
