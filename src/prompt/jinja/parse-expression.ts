import type {
  BinaryOperator,
  CallArguments,
  CallNode,
  ComparisonOperator,
  ExpressionNode,
  FilterNode,
  Target,
  TupleNode,
} from './ast.ts';
import { describe, type TokenStream } from './token-stream.ts';

const comparisons: ReadonlySet<string> = new Set(['==', '!=', '<', '<=', '>', '>=']);
const noArguments: CallArguments = {
  positional: [],
  named: [],
  spread: undefined,
  spreadNamed: undefined,
};

export interface TupleOptions {
  /** Only names and literals, as on the left of an assignment. */
  readonly simplified?: boolean;
  readonly conditional?: boolean;
  /** The name that ends the tuple, e.g. `in`. */
  readonly until?: string;
  readonly inParentheses?: boolean;
  readonly namespaces?: boolean;
}

/** An expression, or a tuple of several without parentheses. @throws JinjaError */
export function parseTuple(stream: TokenStream, options: TupleOptions = {}): ExpressionNode {
  const { simplified = false, conditional = true, until, inParentheses = false } = options;
  const items: ExpressionNode[] = [];
  let { line } = stream.current;
  let isTuple = false;
  for (;;) {
    if (items.length > 0) stream.expect(',');
    if (endsTuple(stream, until)) break;
    if (simplified) items.push(parsePrimary(stream, options.namespaces));
    else items.push(conditional ? parseExpression(stream) : parseOr(stream));
    if (!stream.is(',')) break;
    isTuple = true;
    line = stream.current.line;
  }
  if (isTuple) return { kind: 'tuple', items, line };
  if (items.length > 0) return items[0]!;
  if (!inParentheses) {
    throw stream.error(`Expected an expression, got '${describe(stream.current)}'`);
  }
  return { kind: 'tuple', items, line };
}

function endsTuple(stream: TokenStream, until: string | undefined): boolean {
  const { type } = stream.current;
  if (type === 'variable end' || type === 'block end' || type === ')') return true;
  return until !== undefined && stream.isName(until);
}

/** What an assignment, a loop or `with` gives a value to. @throws JinjaError */
export function parseTarget(
  stream: TokenStream,
  options: Pick<TupleOptions, 'until' | 'namespaces'> = {},
): Target {
  const target = parseTuple(stream, { ...options, simplified: true });
  if (!isTarget(target)) {
    const what = target.kind === 'constant' ? 'const' : target.kind;
    throw stream.error(`can't assign to '${what}'`, target.line);
  }
  return target;
}

function isTarget(node: ExpressionNode): node is Target {
  if (node.kind === 'tuple') return node.items.every(isTarget);
  return node.kind === 'name' || node.kind === 'namespace';
}

/** With `if … else`. @throws JinjaError */
export function parseExpression(stream: TokenStream): ExpressionNode {
  let { line } = stream.current;
  let yes = parseOr(stream);
  while (stream.skipName('if')) {
    const test = parseOr(stream);
    const no = stream.skipName('else') ? parseExpression(stream) : undefined;
    yes = { kind: 'conditional', test, yes, no, line };
    line = stream.current.line;
  }
  return yes;
}

function parseOr(stream: TokenStream): ExpressionNode {
  let left = parseAnd(stream);
  while (stream.isName('or')) {
    const { line } = stream.next();
    left = { kind: 'logic', operator: 'or', left, right: parseAnd(stream), line };
  }
  return left;
}

function parseAnd(stream: TokenStream): ExpressionNode {
  let left = parseNot(stream);
  while (stream.isName('and')) {
    const { line } = stream.next();
    left = { kind: 'logic', operator: 'and', left, right: parseNot(stream), line };
  }
  return left;
}

function parseNot(stream: TokenStream): ExpressionNode {
  if (!stream.isName('not')) return parseCompare(stream);
  const { line } = stream.next();
  return { kind: 'unary', operator: 'not', of: parseNot(stream), line };
}

function parseCompare(stream: TokenStream): ExpressionNode {
  const { line } = stream.current;
  const first = parseSum(stream);
  const rest: { operator: ComparisonOperator; of: ExpressionNode }[] = [];
  for (;;) {
    const operator = takeComparison(stream);
    if (operator === undefined) break;
    rest.push({ operator, of: parseSum(stream) });
  }
  return rest.length === 0 ? first : { kind: 'compare', first, rest, line };
}

function takeComparison(stream: TokenStream): ComparisonOperator | undefined {
  if (comparisons.has(stream.current.type)) return stream.next().type as ComparisonOperator;
  if (stream.skipName('in')) return 'in';
  const { following } = stream;
  if (!stream.isName('not') || following.type !== 'name' || following.value !== 'in') {
    return undefined;
  }
  stream.next();
  stream.next();
  return 'not in';
}

function parseBinary(
  stream: TokenStream,
  operators: readonly string[],
  parse: (stream: TokenStream) => ExpressionNode,
): ExpressionNode {
  let left = parse(stream);
  while (operators.includes(stream.current.type)) {
    const { type, line } = stream.next();
    const operator = type as BinaryOperator;
    left = { kind: 'binary', operator, left, right: parse(stream), line };
  }
  return left;
}

function parseSum(stream: TokenStream): ExpressionNode {
  return parseBinary(stream, ['+', '-'], parseConcat);
}

function parseConcat(stream: TokenStream): ExpressionNode {
  const { line } = stream.current;
  const items = [parseProduct(stream)];
  while (stream.skip('~')) items.push(parseProduct(stream));
  return items.length === 1 ? items[0]! : { kind: 'concat', items, line };
}

function parseProduct(stream: TokenStream): ExpressionNode {
  return parseBinary(stream, ['*', '/', '//', '%'], parsePower);
}

function parsePower(stream: TokenStream): ExpressionNode {
  return parseBinary(stream, ['**'], parseUnary);
}

function parseUnary(stream: TokenStream): ExpressionNode {
  let node = parseSigned(stream);
  for (;;) {
    if (stream.is('|')) node = parseFilter(stream, node);
    else if (stream.isName('is')) node = parseTest(stream, node);
    else if (stream.is('(')) node = parseCall(stream, node);
    else return node;
  }
}

function parseSigned(stream: TokenStream): ExpressionNode {
  if (!stream.is('-') && !stream.is('+')) return parsePostfix(stream, parsePrimary(stream));
  const { type, line } = stream.next();
  const operator = type as '-' | '+';
  return parsePostfix(stream, { kind: 'unary', operator, of: parseSigned(stream), line });
}

const constants: ReadonlyMap<string, boolean | null> = new Map([
  ...(['true', 'True'] as const).map((name) => [name, true] as const),
  ...(['false', 'False'] as const).map((name) => [name, false] as const),
  ...(['none', 'None'] as const).map((name) => [name, null] as const),
]);

function parsePrimary(stream: TokenStream, namespaces = false): ExpressionNode {
  const { type, value, line } = stream.current;
  if (type === 'name') return parseName(stream, namespaces);
  if (type === 'string') {
    const parts: string[] = [];
    while (stream.is('string')) parts.push(stream.next().value);
    return { kind: 'constant', value: parts.join(''), line };
  }
  if (type === 'integer') {
    stream.next();
    const big = BigInt(value);
    const small = Number(big);
    return { kind: 'constant', value: Number.isSafeInteger(small) ? small : big, line };
  }
  if (type === 'float') {
    stream.next();
    return { kind: 'constant', value: { float: Number(value) }, line };
  }
  if (type === '(') {
    stream.next();
    const node = parseTuple(stream, { inParentheses: true });
    stream.expect(')');
    return node;
  }
  if (type === '[') return parseList(stream);
  if (type === '{') return parseDict(stream);
  throw stream.error(`unexpected '${describe(stream.current)}'`);
}

function parseName(stream: TokenStream, namespaces: boolean): ExpressionNode {
  const { value: name, line } = stream.next();
  const constant = constants.get(name);
  if (constant !== undefined) return { kind: 'constant', value: constant, line };
  if (!namespaces || !stream.skip('.')) return { kind: 'name', name, line };
  return { kind: 'namespace', name, attribute: stream.expect('name').value, line };
}

function parseList(stream: TokenStream): ExpressionNode {
  const { line } = stream.expect('[');
  const items: ExpressionNode[] = [];
  while (!stream.is(']')) {
    if (items.length > 0) stream.expect(',');
    if (!stream.is(']')) items.push(parseExpression(stream));
  }
  stream.expect(']');
  return { kind: 'list', items, line };
}

function parseDict(stream: TokenStream): ExpressionNode {
  const { line } = stream.expect('{');
  const items: [ExpressionNode, ExpressionNode][] = [];
  while (!stream.is('}')) {
    if (items.length > 0) stream.expect(',');
    if (stream.is('}')) break;
    const key = parseExpression(stream);
    stream.expect(':');
    items.push([key, parseExpression(stream)]);
  }
  stream.expect('}');
  return { kind: 'dict', items, line };
}

function parsePostfix(stream: TokenStream, start: ExpressionNode): ExpressionNode {
  let node = start;
  for (;;) {
    if (stream.is('.')) node = parseAttribute(stream, node);
    else if (stream.is('[')) node = parseItem(stream, node);
    else if (stream.is('(')) node = parseCall(stream, node);
    else return node;
  }
}

function parseAttribute(stream: TokenStream, of: ExpressionNode): ExpressionNode {
  const { line } = stream.expect('.');
  const { type, value } = stream.next();
  if (type === 'name') return { kind: 'attribute', of, name: value, line };
  if (type !== 'integer') throw stream.error('expected name or number');
  return { kind: 'item', of, key: { kind: 'constant', value: Number(value), line }, line };
}

function parseItem(stream: TokenStream, of: ExpressionNode): ExpressionNode {
  const { line } = stream.expect('[');
  const keys: ExpressionNode[] = [];
  while (!stream.is(']')) {
    if (keys.length > 0) stream.expect(',');
    keys.push(parseSubscript(stream));
  }
  stream.expect(']');
  const tuple: TupleNode = { kind: 'tuple', items: keys, line };
  return { kind: 'item', of, key: keys.length === 1 ? keys[0]! : tuple, line };
}

function parseSubscript(stream: TokenStream): ExpressionNode {
  const { line } = stream.current;
  const bound = (): ExpressionNode | undefined =>
    stream.is(':') || stream.is(']') || stream.is(',') ? undefined : parseExpression(stream);
  const start = bound();
  if (!stream.skip(':')) {
    if (start === undefined) throw stream.error(`unexpected '${describe(stream.current)}'`);
    return start;
  }
  const stop = bound();
  const step = stream.skip(':') ? bound() : undefined;
  return { kind: 'slice', start, stop, step, line };
}

function parseCall(stream: TokenStream, callee: ExpressionNode): CallNode {
  const { line } = stream.current;
  return { kind: 'call', callee, args: parseArguments(stream), line };
}

function parseArguments(stream: TokenStream): CallArguments {
  const { line } = stream.expect('(');
  const positional: ExpressionNode[] = [];
  const named: [string, ExpressionNode][] = [];
  let spread: ExpressionNode | undefined;
  let spreadNamed: ExpressionNode | undefined;
  const ensure = (holds: boolean): void => {
    if (!holds) throw stream.error('invalid syntax for function call expression', line);
  };
  for (let first = true; !stream.is(')'); first = false) {
    if (!first) stream.expect(',');
    if (stream.is(')')) break;
    if (stream.skip('*')) {
      ensure(spread === undefined && spreadNamed === undefined);
      spread = parseExpression(stream);
    } else if (stream.skip('**')) {
      ensure(spreadNamed === undefined);
      spreadNamed = parseExpression(stream);
    } else if (stream.is('name') && stream.following.type === '=') {
      ensure(spreadNamed === undefined);
      const name = stream.next().value;
      stream.expect('=');
      named.push([name, parseExpression(stream)]);
    } else {
      ensure(spread === undefined && spreadNamed === undefined && named.length === 0);
      positional.push(parseExpression(stream));
    }
  }
  stream.expect(')');
  return { positional, named, spread, spreadNamed };
}

/** One `|name(…)`, or `name(…)` where a block begins with it. @throws JinjaError */
export function parseFilter(
  stream: TokenStream,
  of: ExpressionNode | undefined,
  isFirst = false,
): FilterNode {
  if (!isFirst) stream.expect('|');
  const { line } = stream.current;
  const name = parseDottedName(stream);
  const args = stream.is('(') ? parseArguments(stream) : noArguments;
  return { kind: 'filter', of, name, args, line };
}

function parseTest(stream: TokenStream, of: ExpressionNode): ExpressionNode {
  const { line } = stream.expectName('is');
  const negated = stream.skipName('not');
  const name = parseDottedName(stream);
  const test: ExpressionNode = { kind: 'test', of, name, args: parseTestArguments(stream), line };
  return negated ? { kind: 'unary', operator: 'not', of: test, line } : test;
}

function parseTestArguments(stream: TokenStream): CallArguments {
  if (stream.is('(')) return parseArguments(stream);
  const starts = ['name', 'string', 'integer', 'float', '[', '{'];
  if (!starts.includes(stream.current.type) || stream.isName('else', 'or', 'and')) {
    return noArguments;
  }
  if (stream.isName('is')) throw stream.error('You cannot chain multiple tests with is');
  return { ...noArguments, positional: [parsePostfix(stream, parsePrimary(stream))] };
}

function parseDottedName(stream: TokenStream): string {
  let name = stream.expect('name').value;
  while (stream.skip('.')) name += `.${stream.expect('name').value}`;
  return name;
}
