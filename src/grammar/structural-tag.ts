import { ConstraintError, type JsonSchema } from '../spec/index.ts';
import {
  asObject,
  checkFields,
  fieldsOf,
  isObject,
  readCounts,
  readFlags,
  readList,
  readTextField,
  readTexts,
  unknownType,
  type Fields,
} from './format-fields.ts';
import { anyOneOf, textWithout, upToFirst, upToTrigger } from './free-text.ts';
import { parseGbnf } from './gbnf.ts';
import type { Expression, Grammar } from './grammar.ts';
import {
  choice,
  compileJsonSchema,
  jsonRules,
  repeat,
  rule,
  sequence,
  text,
} from './json-schema/index.ts';
import { constraintLimits } from './limits.ts';
import { parseRegex } from './regex.ts';
import { renamed } from './rename-rules.ts';

/**
 * Reads a format of xgrammar's structural tags: free text and structures in a tree. What lies in tags, or between
 * free texts, is any format; free text is whatever has none of the texts that end it.
 * @throws ConstraintError whose path is the place, e.g. `/tags/0/content/json_schema/properties/a`.
 * @see https://xgrammar.mlc.ai, "Structural Tag"
 */
export function parseStructuralTag(format: unknown): Grammar {
  const reader = new FormatReader();
  const root = reader.read(format, { at: '', depth: 0, ends: [] });
  reader.rules.set(rootName, root);
  const { rules, lasting, ignored } = reader;
  return { root: rootName, rules, lasting, ignored };
}

const rootName = 'structural tag';

/** Where a format stands, and which texts end the free text in it. */
interface Place {
  readonly at: string;
  readonly depth: number;
  readonly ends: readonly string[];
}

class FormatReader {
  /** JSON's own are shared by all schemas. */
  readonly rules = new Map<string, Expression>(jsonRules);
  readonly lasting = new Set(jsonRules.keys());
  readonly ignored: string[] = [];
  #grammars = 0;
  #formats = 0;

  read(value: unknown, place: Place): Expression {
    const { at, depth } = place;
    if (depth > constraintLimits.depth) {
      throw new ConstraintError(
        at,
        `The structural tag nests deeper than ${constraintLimits.depth} formats.`,
      );
    }
    if (++this.#formats > constraintLimits.options) {
      throw new ConstraintError(
        at,
        `The structural tag has more than ${constraintLimits.options} formats.`,
      );
    }
    const format = asObject(value, at, 'a format, which is an object with a type');
    const type = String(format['type']).slice(0, 100);
    const fields = Object.hasOwn(fieldsOf, type) ? fieldsOf[type]! : undefined;
    if (fields === undefined) throw unknownType(type, at);
    checkFields(format, ['type', ...fields], at);
    const into = (key: string, ends = place.ends): Place => ({
      at: `${at}/${key}`,
      depth: depth + 1,
      ends,
    });
    const part = (key: string, ends?: readonly string[]): Expression =>
      this.read(format[key], into(key, ends));
    switch (type) {
      case 'const_string':
        return text(readTextField(format, 'value', at));
      case 'token':
        return { kind: 'token', label: readTextField(format, 'token', at) };
      case 'json_schema':
        return this.#schema(format, at);
      case 'regex':
        return placed(`${at}/pattern`, () =>
          parseRegex(readTextField(format, 'pattern', at), { mode: 'whole' }),
        );
      case 'grammar':
        return this.#grammar(`${at}/grammar`, () =>
          parseGbnf(readTextField(format, 'grammar', at)),
        );
      case 'any_text':
        return textWithout([...place.ends, ...readTexts(format, 'excludes', at, 0)]);
      case 'sequence':
      case 'or': {
        const elements = readList(format, 'elements', at).map((element, i) =>
          this.read(element, into(`elements/${i}`)),
        );
        return type === 'or' ? choice(elements) : sequence(...elements);
      }
      case 'optional':
        return repeat(part('content'), 0, 1);
      case 'star':
        return repeat(part('content'), 0, Infinity);
      case 'plus':
        return repeat(part('content'), 1, Infinity);
      case 'repeat':
        return { kind: 'repeat', item: part('content'), ...readCounts(format, at) };
      case 'tag':
        return this.#tag(format, place, '');
      case 'triggered_tags':
        return this.#triggered(format, place);
      default:
        return this.#separated(format, place);
    }
  }

  /** @param trigger - What of its beginning is written already. */
  #tag(tag: Fields, { at, depth }: Place, trigger: string): Expression {
    const begin = readTextField(tag, 'begin', at);
    const ends = typeof tag['end'] === 'string' ? [tag['end']] : readTexts(tag, 'end', at, 1);
    const given = ends.filter((end) => end !== '');
    const content = { at: `${at}/content`, depth: depth + 1, ends: given };
    const isFree = isObject(tag['content']) && tag['content']['type'] === 'any_text';
    const items = [text(begin.slice(trigger.length))];
    if (isFree && given.length === ends.length) {
      const excluded = this.read(tag['content'], content); // its fields are checked
      const excludes = readTexts(tag['content'] as Fields, 'excludes', content.at, 0);
      const others = excludes.filter((each) => !given.includes(each));
      items.push(others.length === 0 ? upToFirst(given) : sequence(excluded, anyOneOf(given)));
    } else items.push(this.read(tag['content'], content), anyOneOf(ends));
    return sequence(...items);
  }

  #triggered(format: Fields, place: Place): Expression {
    const { at, ends } = place;
    const triggers = readTexts(format, 'triggers', at, 1);
    triggers.forEach((trigger, i) => {
      if (trigger === '') throw new ConstraintError(`${at}/triggers/${i}`, 'A trigger is empty.');
      const other = triggers.find((each, j) => j !== i && trigger.includes(each));
      if (other === undefined) return;
      throw new ConstraintError(
        `${at}/triggers/${i}`,
        `The trigger ${JSON.stringify(trigger)} contains the trigger ${JSON.stringify(other)}, which comes first.`,
      );
    });
    const excludes = [...ends, ...readTexts(format, 'excludes', at, 0)];
    const tags = this.#tags(format, place).map((tag) => {
      const begin = readTextField(tag.fields, 'begin', tag.place.at);
      const trigger = triggers.find((each) => begin.startsWith(each));
      if (trigger !== undefined) return { ...tag, trigger };
      throw new ConstraintError(
        `${tag.place.at}/begin`,
        `The tag's begin ${JSON.stringify(begin)} begins with none of the triggers.`,
      );
    });
    const first = choice(tags.map((tag) => this.#tag(tag.fields, tag.place, '')));
    const behindText = triggers.flatMap((trigger) => {
      const own = tags.filter((tag) => tag.trigger === trigger);
      if (own.length === 0) return [];
      const rests = own.map((tag) => this.#tag(tag.fields, tag.place, trigger));
      return sequence(upToTrigger(trigger, triggers, excludes), choice(rests));
    });
    const triggered = choice(behindText);
    const free = textWithout([...triggers, ...excludes]);
    const [atLeastOne, stopsAfterFirst] = readFlags(format, at);
    if (stopsAfterFirst) {
      return atLeastOne ? first : choice([triggered, free]);
    }
    const all = repeat(triggered, 0, Infinity);
    return sequence(...(atLeastOne ? [first] : []), all, free);
  }

  #separated(format: Fields, place: Place): Expression {
    const { at } = place;
    const separator = readTextField(format, 'separator', at);
    const tags = this.#tags(format, place).map((tag) => this.#tag(tag.fields, tag.place, ''));
    const one = choice(tags);
    const [atLeastOne, stopsAfterFirst] = readFlags(format, at);
    const next = repeat(sequence(text(separator), one), 0, Infinity);
    const some = stopsAfterFirst ? one : sequence(one, next);
    return atLeastOne ? some : repeat(some, 0, 1);
  }

  #tags(format: Fields, { at, depth, ends }: Place): { fields: Fields; place: Place }[] {
    return readList(format, 'tags', at).map((value, i) => {
      const place = { at: `${at}/tags/${i}`, depth: depth + 1, ends };
      const fields = asObject(value, place.at, 'a tag, which has begin, content and end');
      checkFields(fields, ['type', ...fieldsOf['tag']!], place.at);
      if (fields['type'] === undefined || fields['type'] === 'tag') return { fields, place };
      throw new ConstraintError(`${place.at}/type`, 'Only formats of the type tag are tags.');
    });
  }

  #schema(
    { json_schema: schema, strict = false, style, any_order: anyOrder }: Fields,
    at: string,
  ): Expression {
    if (typeof strict !== 'boolean') {
      throw new ConstraintError(`${at}/strict`, `${at}/strict must be true or false.`);
    }
    if (style !== undefined && style !== 'json') {
      throw new ConstraintError(`${at}/style`, 'The style of a JSON schema must be "json".');
    }
    if (anyOrder !== undefined && anyOrder !== false) {
      throw new ConstraintError(`${at}/any_order`, 'Properties have the order of the schema.');
    }
    const place = `${at}/json_schema`;
    if (typeof schema !== 'boolean') asObject(schema, place, 'a JSON schema');
    return this.#grammar(place, () =>
      compileJsonSchema(schema as JsonSchema, { isStrict: strict }),
    );
  }

  /** A grammar's rules under names of their own. @returns Its root. */
  #grammar(at: string, parse: () => Grammar): Expression {
    const { root, rules, lasting, ignored = [] } = placed(at, parse);
    this.ignored.push(...ignored.map((place) => at + place.replace(/^#/, '')));
    const prefix = `${this.#grammars++}:`;
    const isLasting = (name: string): boolean => lasting?.has(name) === true;
    const toName = (name: string): string => (isLasting(name) ? name : prefix + name);
    const known = new Map<Expression, Expression>();
    for (const [name, expression] of rules) {
      if (isLasting(name)) this.lasting.add(name);
      this.rules.set(
        toName(name),
        isLasting(name) ? expression : renamed(expression, toName, known),
      );
    }
    return rule(toName(root));
  }
}

/** Errors of a part at its place in the whole. */
function placed<Parsed>(at: string, parse: () => Parsed): Parsed {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof ConstraintError)) throw error;
    const pointer = error.path.replace(/^#/, '');
    throw new ConstraintError(at + (pointer.startsWith('/') ? pointer : ''), error.message, {
      cause: error,
    });
  }
}
