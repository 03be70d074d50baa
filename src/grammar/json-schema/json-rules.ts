import type { Expression } from '../grammar.ts';
import { arrayExpression } from './arrays.ts';
import { characterIn, choice, repeat, rule, sequence, text } from './expressions.ts';
import { space } from './json-value.ts';
import { numberRules } from './numbers.ts';
import { objectExpression } from './objects.ts';
import { stringRules } from './strings.ts';

const [tab, lineFeed, blank] = [0x09, 0x0a, 0x20];
const maxLineFeeds = 2;
const maxIndent = 20;

/**
 * JSON of any kind, by rules. White space is nothing, one space, or one or two line feeds and an indent
 * of at most 20 spaces or tabs: enough to write prettily, not enough to write nothing for ever.
 */
export const jsonRules: ReadonlyMap<string, Expression> = new Map([
  [
    'space',
    choice([
      text(''),
      text(' '),
      sequence(
        repeat(characterIn([lineFeed, lineFeed]), 1, maxLineFeeds),
        repeat(characterIn([tab, tab], [blank, blank]), 0, maxIndent),
      ),
    ]),
  ],
  ...numberRules,
  ...stringRules,
  ['boolean', choice([text('true'), text('false')])],
  [
    'array',
    arrayExpression({ prefix: [], rest: { key: '', nodes: [] }, min: 0, max: Infinity }, () =>
      rule('value'),
    ),
  ],
  ['object', objectExpression([], sequence(rule('string'), text(':'), space, rule('value')))],
  [
    'value',
    choice([
      text('null'),
      ...['boolean', 'number', 'string', 'array', 'object'].map((name) => rule(name)),
    ]),
  ],
]);
