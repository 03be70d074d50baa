import ts from 'typescript';

/** One small fault: what stands at `[start, end)` of a file's text becomes `replacement`. */
export interface Mutation {
  readonly file: string;
  readonly operator: string;
  readonly start: number;
  readonly end: number;
  readonly replacement: string;
}

type Edit = readonly [operator: string, at: ts.Node | readonly [number, number], becomes: string];

/** Every mutation of a file, in the order of its text; none of what only people read, or only types. */
export function mutationsOf(file: string, text: string): Mutation[] {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.ES2023, true);
  const mutations: Mutation[] = [];
  const visit = (node: ts.Node): void => {
    if (isForPeopleOrTypes(node, source)) return;
    for (const [operator, at, replacement] of editsOf(node, source)) {
      const [start, end] = 'kind' in at ? [at.getStart(source), at.getEnd()] : at;
      if (text.slice(start, end) !== replacement) {
        mutations.push({ file, operator, start, end, replacement });
      }
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return mutations;
}

/** What a mutation makes of a text. */
export function mutated(text: string, { start, end, replacement }: Mutation): string {
  return text.slice(0, start) + replacement + text.slice(end);
}

/** Calls whose texts are read by people alone. */
const prose = /(?:^|\.)(?:description|summary|describe|debug|info|warn|log|meta|openapi)$/;

function isForPeopleOrTypes(node: ts.Node, source: ts.SourceFile): boolean {
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node) || ts.isTypeNode(node)) {
    return !ts.isExpressionWithTypeArguments(node);
  }
  if (ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node)) return true;
  if (ts.isNewExpression(node)) return node.expression.getText(source).endsWith('Error');
  if (ts.isCallExpression(node)) {
    const callee = node.expression;
    // In a chain of calls, what was called before is no prose.
    const name = ts.isPropertyAccessExpression(callee)
      ? `.${callee.name.text}`
      : callee.getText(source);
    return prose.test(name) && !node.arguments.some(ts.isFunctionLike);
  }
  return ts.isComputedPropertyName(node) || ts.isTemplateHead(node);
}

const swapped = new Map<ts.SyntaxKind, string>([
  [ts.SyntaxKind.EqualsEqualsEqualsToken, '!=='],
  [ts.SyntaxKind.ExclamationEqualsEqualsToken, '==='],
  [ts.SyntaxKind.LessThanToken, '<='],
  [ts.SyntaxKind.LessThanEqualsToken, '<'],
  [ts.SyntaxKind.GreaterThanToken, '>='],
  [ts.SyntaxKind.GreaterThanEqualsToken, '>'],
  [ts.SyntaxKind.PlusToken, '-'],
  [ts.SyntaxKind.MinusToken, '+'],
  [ts.SyntaxKind.AsteriskToken, '/'],
  [ts.SyntaxKind.SlashToken, '*'],
  [ts.SyntaxKind.PercentToken, '*'],
  [ts.SyntaxKind.AmpersandAmpersandToken, '||'],
  [ts.SyntaxKind.BarBarToken, '&&'],
  [ts.SyntaxKind.PlusEqualsToken, '-='],
  [ts.SyntaxKind.MinusEqualsToken, '+='],
]);

function* editsOf(node: ts.Node, source: ts.SourceFile): Generator<Edit> {
  const text = (of: ts.Node): string => of.getText(source);
  if (ts.isBinaryExpression(node)) {
    const { left, operatorToken, right } = node;
    if (operatorToken.kind === ts.SyntaxKind.QuestionQuestionToken) {
      yield ['no default', node, text(left)];
      yield ['only the default', node, text(right)];
    }
    const other = swapped.get(operatorToken.kind);
    const joinsTexts = ts.isStringLiteralLike(left) || ts.isStringLiteralLike(right);
    if (other !== undefined && !joinsTexts) {
      yield [`${text(operatorToken)} to ${other}`, operatorToken, other];
    } else if (other !== undefined && /[=&|]/.test(other)) {
      yield [`${text(operatorToken)} to ${other}`, operatorToken, other];
    }
  }
  if (ts.isIfStatement(node)) yield* conditionEdits(node.expression, text);
  if (ts.isConditionalExpression(node)) yield* conditionEdits(node.condition, text);
  if (ts.isWhileStatement(node)) yield ['condition forced', node.expression, '[false][0]'];
  if (ts.isPrefixUnaryExpression(node)) {
    const { operator, operand } = node;
    if (operator === ts.SyntaxKind.ExclamationToken) yield ['no negation', node, text(operand)];
    if (operator === ts.SyntaxKind.MinusToken) yield ['other sign', node, text(operand)];
    if (operator === ts.SyntaxKind.PlusPlusToken) yield ['++ to --', node, `--${text(operand)}`];
  }
  if (ts.isPostfixUnaryExpression(node) && node.operator === ts.SyntaxKind.PlusPlusToken) {
    yield ['++ to --', node, `${text(node.operand)}--`];
  }
  if (ts.isReturnStatement(node) && node.expression !== undefined) {
    yield ['returns nothing', node.expression, 'undefined as never'];
  }
  if (ts.isExpressionStatement(node) && !/^(?:super|console)\b/.test(text(node))) {
    yield ['statement removed', node, ';'];
  }
  if (node.kind === ts.SyntaxKind.TrueKeyword) yield ['true to false', node, 'false'];
  if (node.kind === ts.SyntaxKind.FalseKeyword) yield ['false to true', node, 'true'];
  if (ts.isNumericLiteral(node))
    yield ['off by one', node, `${Number(node.text.replaceAll('_', '')) + 1}`];
  if (ts.isStringLiteral(node) && isTold(node)) yield ['text emptied', node, "''"];
  if (ts.isAwaitExpression(node)) yield ['await dropped', node, text(node.expression)];
  if (ts.isSpreadElement(node) || ts.isSpreadAssignment(node))
    yield ['spread dropped', withComma(node, source), ''];
  if (ts.isArrayLiteralExpression(node) && node.elements.length > 0)
    yield ['list emptied', node, '[]'];
  if (ts.isFunctionLike(node) && 'body' in node && node.body !== undefined) {
    const { body } = node;
    if (ts.isBlock(body) && body.statements.length > 1) {
      yield ['body emptied', body, '{}'];
    }
  }
}

function* conditionEdits(condition: ts.Expression, text: (of: ts.Node) => string): Generator<Edit> {
  yield ['condition negated', condition, `!(${text(condition)})`];
  yield ['condition forced', condition, '[true][0]'];
  yield ['condition forced', condition, '[false][0]'];
}

/** Whether a program reads this text: no key, no type, and not a sentence. */
function isTold(node: ts.StringLiteral): boolean {
  const { parent, text } = node;
  if (text === '' || /\s/.test(text)) return false;
  return (
    !ts.isLiteralTypeNode(parent) && !(ts.isPropertyAssignment(parent) && parent.name === node)
  );
}

function withComma(node: ts.Node, source: ts.SourceFile): readonly [number, number] {
  const end = node.getEnd();
  return [node.getStart(source), source.text[end] === ',' ? end + 1 : end];
}
