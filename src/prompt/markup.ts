import type { TokenId, Vocabulary } from '../spec/index.ts';
import type {
  TemplateCall,
  TemplateInput,
  TemplateMessage,
  TemplateTool,
} from './template-input.ts';

/** A control token where a text spells it. */
export interface SpelledControl {
  readonly tokenId: TokenId;
  readonly begin: number;
  readonly end: number;
}

/**
 * Half of a UTF-16 pair: it exists in no template and, once they are made well-formed, in no message, and
 * goes through a template like any character.
 */
const mark = '\uDC00';

const markups = new WeakMap<Vocabulary, Markup>();

/** The control tokens of a vocabulary as texts spell them: what chat templates mark turns with. */
export class Markup {
  readonly #ids = new Map<string, TokenId>();
  readonly #spelling: RegExp;
  /** Characters that begin, and that end, a spelling. */
  readonly #firsts: ReadonlySet<string>;
  readonly #lasts: ReadonlySet<string>;
  /** The longest first. */
  readonly #spellings: readonly string[];
  readonly #longest: number;
  /** By template: see {@link Markup.mark}. */
  readonly #literals = new Map<string, RegExp>();

  static of(vocabulary: Vocabulary): Markup {
    const markup = markups.get(vocabulary) ?? new Markup(vocabulary);
    markups.set(vocabulary, markup);
    return markup;
  }

  private constructor(vocabulary: Vocabulary) {
    for (let tokenId = 0; tokenId < vocabulary.size; tokenId++) {
      if (!vocabulary.isControl(tokenId)) continue;
      const label = vocabulary.label(tokenId);
      if (label !== '') this.#ids.set(label, tokenId);
    }
    const spellings = [...this.#ids.keys()].toSorted((a, b) => b.length - a.length);
    this.#spellings = spellings;
    this.#longest = spellings[0]?.length ?? 0;
    this.#spelling = toAlternatives(spellings);
    this.#firsts = new Set(spellings.map((spelling) => Array.from(spelling)[0]!));
    this.#lasts = new Set(spellings.map((spelling) => Array.from(spelling).at(-1)!));
  }

  /** The control tokens that a text spells, from the left, the longest at each place. */
  find(text: string): SpelledControl[] {
    return Array.from(text.matchAll(this.#spelling), ({ 0: spelling, index }) => ({
      tokenId: this.#ids.get(spelling)!,
      begin: index,
      end: index + spelling.length,
    }));
  }

  /**
   * A conversation so that nothing of what it says can be part of a control token's spelling, whatever a template
   * puts around it, cuts off or takes out; `null` if that is so already. Each character that begins a
   * spelling is followed, and each that ends one preceded, by a mark, which {@link unmark} removes. What
   * the template has as a string, such as `</think>`, stays whole where it can, so that it is still found.
   */
  mark({ messages, tools }: TemplateInput, template: string): TemplateInput | null {
    const literals = this.#harmlessLiterals(template);
    let isMarked = false;
    const markWhole = (text: string): string => {
      const marked = this.#markText(wellFormed(text), literals);
      isMarked ||= marked.includes(mark);
      return marked;
    };
    const markContent = (text: string | null): string | null => {
      if (text === null) return null;
      const marked = this.#markInside(markWhole(text));
      isMarked ||= marked.includes(mark);
      return marked;
    };
    const markCall = (call: TemplateCall): TemplateCall => ({
      ...call,
      id: markWhole(call.id),
      function: { ...call.function, arguments: mapTexts(call.function.arguments, markWhole) },
    });
    const markMessage = (message: TemplateMessage): TemplateMessage => {
      const { content, tool_calls: calls, tool_call_id: id } = message;
      return {
        ...message,
        content: markContent(content),
        ...(calls && { tool_calls: calls.map(markCall) }),
        ...(id !== undefined && { tool_call_id: markWhole(id) }),
      };
    };
    const markTool = ({ type, function: { name, ...said } }: TemplateTool): TemplateTool => ({
      type,
      function: { name, ...(mapTexts(said, markWhole) as typeof said) },
    });
    const marked = { messages: messages.map(markMessage), tools: tools?.map(markTool) ?? null };
    return isMarked ? marked : null;
  }

  #markText(text: string, literals: RegExp): string {
    let marked = '';
    let end = 0;
    for (const { 0: literal, index } of text.matchAll(literals)) {
      marked += this.#markAll(text.slice(end, index)) + literal;
      end = index + literal.length;
    }
    return marked + this.#markAll(text.slice(end));
  }

  #markAll(text: string): string {
    let marked = '';
    for (const character of text) {
      if (this.#lasts.has(character)) marked += mark;
      marked += character;
      if (this.#firsts.has(character)) marked += mark;
    }
    return marked;
  }

  /** A message that is the inside of a spelling, as `user`, whose ends a template may write. */
  #markInside(text: string): string {
    const inside = text.trim();
    if (inside === '' || inside.length >= this.#longest) return text;
    if (!this.#spellings.some((spelling) => spelling.includes(inside))) return text;
    const at = text.indexOf(inside) + Array.from(inside)[0]!.length;
    return text.slice(0, at) + mark + text.slice(at);
  }

  /** Finds the template's strings that, kept whole, leave nothing that could begin or end a spelling. */
  #harmlessLiterals(template: string): RegExp {
    const known = this.#literals.get(template);
    if (known !== undefined) return known;
    const literals = stringsOf(template)
      .filter((text) => this.#isHarmless(text))
      .toSorted((a, b) => b.length - a.length);
    const pattern = toAlternatives(literals);
    this.#literals.set(template, pattern);
    return pattern;
  }

  #isHarmless(text: string): boolean {
    for (let at = 0; at < text.length; at++) {
      const [rest, start] = [text.slice(at), text.slice(0, at + 1)];
      const meets = (spelling: string): boolean =>
        spelling.startsWith(rest) ||
        rest.startsWith(spelling) ||
        spelling.endsWith(start) ||
        start.endsWith(spelling);
      if (this.#spellings.some(meets)) return false;
    }
    return text !== '';
  }
}

/** Data of JSON with all its texts, also names of members, changed. */
function mapTexts(data: unknown, change: (text: string) => string): unknown {
  if (typeof data === 'string') return change(data);
  if (Array.isArray(data)) return data.map((item) => mapTexts(item, change));
  if (typeof data !== 'object' || data === null) return data;
  if (Object.getPrototypeOf(data) !== Object.prototype) return data; // a number that is kept as it is
  const members = Object.entries(data).map(([key, item]) => [change(key), mapTexts(item, change)]);
  return Object.fromEntries(members) as unknown;
}

/** As UTF-8 has it: without halves of pairs. */
function wellFormed(text: string): string {
  return text.replace(/\p{Surrogate}/gu, '\uFFFD');
}

/** Without what {@link Markup.mark} has put in. */
export function unmark(text: string): string {
  return text.replaceAll(mark, '');
}

const escapes: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r' };

/** What a template's expressions and statements write as strings. */
function stringsOf(template: string): string[] {
  const blocks = template.match(/\{[{%].*?[%}]\}/gs) ?? [];
  const quoted = blocks.flatMap(
    (block) => block.match(/'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"/gs) ?? [],
  );
  const texts = quoted.map((each) =>
    each.slice(1, -1).replace(/\\(.)/gs, (_, letter: string) => escapes[letter] ?? letter),
  );
  return [...new Set(texts)];
}

/** Finds the leftmost of the texts, the first of them at its place. */
function toAlternatives(texts: readonly string[]): RegExp {
  const patterns = texts.map((text) => text.replace(/[\\^$.*+?()[\]{}|/-]/g, String.raw`\$&`));
  return new RegExp(patterns.length === 0 ? '$^' : patterns.join('|'), 'g');
}
