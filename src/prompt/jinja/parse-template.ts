import type { Block, ExpressionNode, FilterNode, Signature, Statement, Target } from './ast.ts';
import { parseExpression, parseFilter, parseTarget, parseTuple } from './parse-expression.ts';
import { TokenStream } from './token-stream.ts';

/** The statements of a template. @throws JinjaError */
export function parseTemplate(source: string): Block {
  const stream = new TokenStream(source);
  return parseBlock(stream, []);
}

/**
 * Statements up to the tag of one of the names in `until`, which is the current token then; up to
 * the end of the template where there are none.
 */
function parseBlock(stream: TokenStream, until: readonly string[]): Block {
  const statements: Statement[] = [];
  for (;;) {
    const { type, value, line } = stream.current;
    if (type === 'eof') {
      if (until.length === 0) return statements;
      throw stream.error(
        `Unexpected end of template. Jinja was looking for the following tags: ${until.map((name) => `'${name}'`).join(' or ')}.`,
      );
    }
    stream.next();
    if (type === 'data') statements.push({ kind: 'data', text: value, line });
    else if (type === 'variable begin') {
      statements.push({ kind: 'print', of: parseTuple(stream), line: stream.current.line });
      stream.expect('variable end');
    } else {
      if (stream.isName(...until)) return statements;
      statements.push(...parseStatement(stream, until));
      stream.expect('block end');
    }
  }
}

/** The body of a statement, whose own tag ends here; takes the name of the tag after it. */
function parseBody(stream: TokenStream, ...until: readonly string[]): [Block, string] {
  stream.skip(':');
  stream.expect('block end');
  const body = parseBlock(stream, until);
  return [body, stream.next().value];
}

type ParseStatement = (stream: TokenStream, line: number) => Statement | readonly Statement[];

function parseStatement(stream: TokenStream, until: readonly string[]): readonly Statement[] {
  const { value, line } = stream.current;
  if (!stream.is('name')) throw stream.error('tag name expected');
  const parse = statements.get(value);
  if (parse === undefined) {
    const looking =
      until.length === 0
        ? ''
        : ` Jinja was looking for the following tags: ${until.map((name) => `'${name}'`).join(' or ')}.`;
    throw stream.error(`Encountered unknown tag '${value}'.${looking}`);
  }
  stream.next();
  const statement = parse(stream, line);
  return Array.isArray(statement) ? (statement as readonly Statement[]) : [statement as Statement];
}

const statements: ReadonlyMap<string, ParseStatement> = new Map<string, ParseStatement>([
  ['for', parseFor],
  ['if', parseIf],
  ['set', parseSet],
  ['with', parseWith],
  ['macro', parseMacro],
  ['call', parseCallBlock],
  ['filter', parseFilterBlock],
  ['print', parsePrint],
  ['block', parseNamedBlock],
  ['generation', (stream, line) => parseScope(stream, line, 'endgeneration')],
  ['break', (_, line) => ({ kind: 'break', line })],
  ['continue', (_, line) => ({ kind: 'continue', line })],
  ...['include', 'import', 'from', 'extends'].map((name) => [name, refuseLoading] as const),
]);

function refuseLoading(stream: TokenStream): never {
  throw stream.error('no loader for this environment specified: a chat template is one file');
}

function parseFor(stream: TokenStream, line: number): Statement {
  const target = parseTarget(stream, { until: 'in' });
  stream.expectName('in');
  const of = parseTuple(stream, { conditional: false, until: 'recursive' });
  const test = stream.skipName('if') ? parseExpression(stream) : undefined;
  const recursive = stream.skipName('recursive');
  const [body, end] = parseBody(stream, 'endfor', 'else');
  const otherwise = end === 'else' ? parseBody(stream, 'endfor')[0] : [];
  return { kind: 'for', target, of, test, recursive, body, otherwise, line };
}

function parseIf(stream: TokenStream, line: number): Statement {
  const branches: { test: ExpressionNode; body: Block }[] = [];
  for (;;) {
    const test = parseTuple(stream, { conditional: false });
    const [body, end] = parseBody(stream, 'elif', 'else', 'endif');
    branches.push({ test, body });
    if (end === 'elif') continue;
    const otherwise = end === 'else' ? parseBody(stream, 'endif')[0] : [];
    return { kind: 'if', branches, otherwise, line };
  }
}

function parseSet(stream: TokenStream, line: number): Statement {
  const target = parseTarget(stream, { namespaces: true });
  if (stream.skip('=')) return { kind: 'set', target, value: parseTuple(stream), line };
  let filter: FilterNode | undefined;
  while (stream.is('|')) filter = parseFilter(stream, filter);
  const [body] = parseBody(stream, 'endset');
  return { kind: 'set block', target, filter, body, line };
}

function parseWith(stream: TokenStream, line: number): Statement {
  const values: [Target, ExpressionNode][] = [];
  while (!stream.is('block end')) {
    if (values.length > 0) stream.expect(',');
    const target = parseTarget(stream);
    stream.expect('=');
    values.push([target, parseExpression(stream)]);
  }
  const [body] = parseBody(stream, 'endwith');
  return { kind: 'with', values, body, line };
}

function parseSignature(stream: TokenStream): Signature {
  const names: string[] = [];
  const defaults: ExpressionNode[] = [];
  stream.expect('(');
  while (!stream.is(')')) {
    if (names.length > 0) stream.expect(',');
    names.push(stream.expect('name').value);
    if (stream.skip('=')) defaults.push(parseExpression(stream));
    else if (defaults.length > 0) {
      throw stream.error('non-default argument follows default argument');
    }
  }
  stream.expect(')');
  return { names, defaults };
}

function parseMacro(stream: TokenStream, line: number): Statement {
  const name = stream.expect('name').value;
  const signature = parseSignature(stream);
  const [body] = parseBody(stream, 'endmacro');
  return { kind: 'macro', name, signature, body, line };
}

function parseCallBlock(stream: TokenStream, line: number): Statement {
  const signature = stream.is('(') ? parseSignature(stream) : { names: [], defaults: [] };
  const call = parseExpression(stream);
  if (call.kind !== 'call') throw stream.error('expected call', line);
  const [body] = parseBody(stream, 'endcall');
  return { kind: 'call block', signature, call, body, line };
}

function parseFilterBlock(stream: TokenStream, line: number): Statement {
  let filter = parseFilter(stream, undefined, true);
  while (stream.is('|')) filter = parseFilter(stream, filter);
  const [body] = parseBody(stream, 'endfilter');
  return { kind: 'filter block', filter, body, line };
}

function parsePrint(stream: TokenStream, line: number): readonly Statement[] {
  const printed: Statement[] = [];
  while (!stream.is('block end')) {
    if (printed.length > 0) stream.expect(',');
    printed.push({ kind: 'print', of: parseExpression(stream), line });
  }
  return printed;
}

/** Without inheritance a block is its content. */
function parseNamedBlock(stream: TokenStream, line: number): Statement {
  const { value: name } = stream.expect('name');
  stream.skipName('scoped');
  stream.skipName('required');
  const block = parseScope(stream, line, 'endblock');
  stream.skipName(name);
  return block;
}

function parseScope(stream: TokenStream, line: number, end: string): Statement {
  const [body] = parseBody(stream, end);
  return { kind: 'scope', body, line };
}
