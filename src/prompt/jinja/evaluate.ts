import { getAttribute, getItem } from './access.ts';
import type { CallArguments, ExpressionNode, FilterNode } from './ast.ts';
import { failure } from './error.ts';
import { findFilter, findTest } from './filters-choosing.ts';
import { isNumber, noArgs } from './arguments.ts';
import { negateNumber } from './numbers.ts';
import { binary, holds } from './operators.ts';
import { call, isTrue, toList } from './protocols.ts';
import type { Runtime } from './runtime.ts';
import type { Scope } from './scope.ts';
import { toText } from './show.ts';
import {
  Dict,
  Float,
  Slice,
  Tuple,
  typeName,
  Undefined,
  type Arguments,
  type Value,
} from './values.ts';

/** The value of an expression. @throws JinjaError */
export function evaluateExpression(runtime: Runtime, scope: Scope, node: ExpressionNode): Value {
  const { budget } = runtime;
  const value = (of: ExpressionNode): Value => evaluateExpression(runtime, scope, of);
  budget.step();
  budget.line = node.line;
  switch (node.kind) {
    case 'constant': {
      const { value: constant } = node;
      return typeof constant === 'object' && constant !== null
        ? new Float(constant.float)
        : constant;
    }
    case 'name': {
      const found = scope.get(node.name);
      return found === undefined ? new Undefined(`'${node.name}' is undefined`) : found;
    }
    case 'attribute': {
      const of = value(node.of);
      budget.line = node.line;
      return getAttribute(runtime, of, node.name);
    }
    case 'item': {
      const [of, key] = [value(node.of), value(node.key)];
      budget.line = node.line;
      return getItem(runtime, of, key);
    }
    case 'slice': {
      const bound = (of: ExpressionNode | undefined): Value =>
        of === undefined ? null : value(of);
      return new Slice(bound(node.start), bound(node.stop), bound(node.step));
    }
    case 'call':
      return call(value(node.callee), evaluateArguments(runtime, scope, node.args, node.line));
    case 'filter':
      return applyFilter(runtime, scope, node, value(node.of!));
    case 'test': {
      const of = value(node.of);
      const test = findTest(runtime, node.name);
      return test(runtime, of, evaluateArguments(runtime, scope, node.args, node.line));
    }
    case 'list':
      budget.cells(node.items.length);
      return node.items.map(value);
    case 'tuple':
      budget.cells(node.items.length);
      return new Tuple(node.items.map(value));
    case 'dict':
      budget.cells(node.items.length * 2);
      return new Dict(node.items.map(([key, item]) => [value(key), value(item)]));
    case 'unary':
      return unary(node.operator, value(node.of));
    case 'binary': {
      const [left, right] = [value(node.left), value(node.right)];
      budget.line = node.line;
      return binary(runtime, node.operator, left, right);
    }
    case 'concat':
      return concat(runtime, node.items.map(value));
    case 'compare':
      return compareAll(runtime, scope, node);
    case 'logic': {
      const left = value(node.left);
      return isTrue(left) === (node.operator === 'or') ? left : value(node.right);
    }
    case 'conditional': {
      if (isTrue(value(node.test))) return value(node.yes);
      if (node.no !== undefined) return value(node.no);
      return new Undefined(
        `the inline if-expression on line ${node.line} evaluated to false and no else section was defined.`,
      );
    }
    case 'namespace':
    default:
      throw failure('a namespace is only assigned to like that');
  }
}

function unary(operator: '-' | '+' | 'not', value: Value): Value {
  if (operator === 'not') return !isTrue(value);
  if (value instanceof Undefined) throw failure(value.message);
  if (!isNumber(value))
    throw failure(`bad operand type for unary ${operator}: '${typeName(value)}'`);
  const negated = negateNumber(value)!;
  if (operator === '-') return negated;
  return value instanceof Float ? value : negateNumber(negated)!;
}

function concat({ budget }: Runtime, values: readonly Value[]): string {
  let text = '';
  for (const value of values) {
    const part = toText(value, budget);
    budget.checkLength(text.length + part.length);
    text += part;
  }
  return text;
}

function compareAll(
  runtime: Runtime,
  scope: Scope,
  { first, rest, line }: Extract<ExpressionNode, { kind: 'compare' }>,
): boolean {
  let left = evaluateExpression(runtime, scope, first);
  return rest.every(({ operator, of }) => {
    const right = evaluateExpression(runtime, scope, of);
    runtime.budget.line = line;
    const isSo = holds(runtime, operator, left, right);
    left = right;
    return isSo;
  });
}

/** A filter, after those before it, on a value. @throws JinjaError */
export function applyFilter(runtime: Runtime, scope: Scope, node: FilterNode, value: Value): Value {
  const filter = findFilter(runtime, node.name);
  return filter(runtime, value, evaluateArguments(runtime, scope, node.args, node.line));
}

/** The values of a call's arguments. @throws JinjaError */
export function evaluateArguments(
  runtime: Runtime,
  scope: Scope,
  args: CallArguments,
  line: number,
): Arguments {
  const { positional, named, spread, spreadNamed } = args;
  const value = (node: ExpressionNode): Value => evaluateExpression(runtime, scope, node);
  if (positional.length + named.length === 0 && spread === undefined && spreadNamed === undefined) {
    runtime.budget.line = line;
    return noArgs;
  }
  const values = positional.map(value);
  if (spread !== undefined) values.push(...toList(value(spread), runtime));
  const names = new Map(named.map(([name, node]) => [name, value(node)]));
  if (spreadNamed !== undefined) addNamed(names, value(spreadNamed));
  runtime.budget.line = line;
  return { positional: values, named: names };
}

function addNamed(names: Map<string, Value>, more: Value): void {
  if (!(more instanceof Dict)) {
    throw failure(`argument after ** must be a mapping, not ${typeName(more)}`);
  }
  for (const [name, value] of more.entries()) {
    if (typeof name !== 'string') throw failure('keywords must be strings');
    names.set(name, value);
  }
}
