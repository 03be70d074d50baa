import type {
  Block,
  ExpressionNode,
  FilterNode,
  ForNode,
  Signature,
  Statement,
  Target,
} from './ast.ts';
import { applyFilter, evaluateExpression, evaluateArguments } from './evaluate.ts';
import { failure } from './error.ts';
import { Loop } from './loop.ts';
import { createMacro } from './macro.ts';
import type { TemplateOutput } from './output.ts';
import { isTrue, iterate, toList, call } from './protocols.ts';
import type { Runtime } from './runtime.ts';
import { Scope } from './scope.ts';
import { toText } from './show.ts';
import { Namespace, typeName, type Value } from './values.ts';

/** How a block ended: at its end, or at a `break` or `continue`. */
type Ending = 'break' | 'continue' | undefined;

/** Pauses wherever its reader may want one: after each statement. */
export type Execution = Generator<void, Ending>;

/** What statements are carried out in. */
export interface Frame {
  readonly runtime: Runtime;
  readonly scope: Scope;
  readonly output: TemplateOutput;
}

/** Carries out statements. @throws JinjaError */
export function* execute(frame: Frame, block: Block): Execution {
  for (const statement of block) {
    frame.runtime.budget.step();
    frame.runtime.budget.line = statement.line;
    const ending = yield* executeOne(frame, statement);
    if (ending !== undefined) return ending;
    yield;
  }
  return undefined;
}

function* executeOne(frame: Frame, node: Statement): Execution {
  const { runtime, scope, output } = frame;
  const value = (of: ExpressionNode): Value => evaluateExpression(runtime, scope, of);
  switch (node.kind) {
    case 'data':
      output.write(node.text);
      return undefined;
    case 'print':
      output.write(toText(value(node.of), runtime.budget));
      return undefined;
    case 'if': {
      const branch = node.branches.find(({ test }) => isTrue(value(test)));
      return yield* execute(frame, branch?.body ?? node.otherwise);
    }
    case 'for':
      return yield* executeFor(frame, node, value(node.of), 0);
    case 'set':
      assign(frame, node.target, value(node.value));
      return undefined;
    case 'set block': {
      const text = runToText(frame, node.body);
      assign(frame, node.target, filtered(frame, node.filter, text));
      return undefined;
    }
    case 'filter block': {
      const text = filtered(frame, node.filter, runToText(frame, node.body));
      output.write(toText(text, runtime.budget));
      return undefined;
    }
    case 'with': {
      const inner = { ...frame, scope: new Scope(scope) };
      for (const [target, of] of node.values) assign(inner, target, value(of));
      return yield* execute(inner, node.body);
    }
    case 'scope':
      return yield* execute({ ...frame, scope: new Scope(scope) }, node.body);
    case 'macro':
      scope.set(node.name, macroOf(frame, node.name, node.signature, node.body));
      return undefined;
    case 'call block': {
      const caller = macroOf(frame, 'caller', node.signature, node.body);
      const { args, line } = node.call;
      const callee = value(node.call.callee);
      const { positional, named } = evaluateArguments(runtime, scope, args, line);
      const all = { positional, named: new Map(named).set('caller', caller) };
      output.write(toText(call(callee, all), runtime.budget));
      return undefined;
    }
    case 'break':
    case 'continue':
    default:
      return node.kind;
  }
}

function* executeFor(frame: Frame, node: ForNode, of: Value, depth: number): Execution {
  const { runtime } = frame;
  const items = node.test === undefined ? iterate(of, runtime) : chosen(frame, node, of);
  const recurse = (inner: Value): Value => {
    const output = frame.output.fresh();
    runToEnd(executeFor({ ...frame, output }, node, inner, depth + 1));
    return output.text();
  };
  const loop = new Loop(runtime, items, depth, node.recursive ? recurse : undefined);
  const loopValue = loop.toValue();
  let isEmpty = true;
  for (let item = loop.next(); item !== undefined; item = loop.next()) {
    const round = { ...frame, scope: new Scope(frame.scope) };
    round.scope.set('loop', loopValue);
    assign(round, node.target, item);
    const ending = yield* execute(round, node.body);
    if (ending === 'break') break;
    // As jinja2 counts: a round that was left early is none.
    if (ending === undefined) isEmpty = false;
    yield;
  }
  if (!isEmpty) return undefined;
  return yield* execute({ ...frame, scope: new Scope(frame.scope) }, node.otherwise);
}

/** The items that the loop's own `if` lets through. */
function* chosen(frame: Frame, node: ForNode, of: Value): Generator<Value, void> {
  for (const item of iterate(of, frame.runtime)) {
    const scope = new Scope(frame.scope);
    assign({ ...frame, scope }, node.target, item);
    if (isTrue(evaluateExpression(frame.runtime, scope, node.test!))) yield item;
  }
}

function assign(frame: Frame, target: Target, value: Value): void {
  if (target.kind === 'name') {
    frame.scope.set(target.name, value);
    return;
  }
  if (target.kind === 'namespace') {
    const namespace = frame.scope.get(target.name);
    if (!(namespace instanceof Namespace)) {
      throw failure('cannot assign attribute on non-namespace object');
    }
    frame.runtime.budget.cells(1);
    namespace.attributes.set(target.attribute, value);
    return;
  }
  const wanted = target.items.length;
  if (typeof value === 'number' || value === null || typeof value === 'boolean') {
    throw failure(`cannot unpack non-iterable ${typeName(value)} object`);
  }
  const items = toList(value, frame.runtime);
  if (items.length > wanted) throw failure(`too many values to unpack (expected ${wanted})`);
  if (items.length < wanted) {
    throw failure(`not enough values to unpack (expected ${wanted}, got ${items.length})`);
  }
  for (const [i, part] of target.items.entries()) assign(frame, part as Target, items[i]!);
}

function filtered(frame: Frame, filter: FilterNode | undefined, text: Value): Value {
  if (filter === undefined) return text;
  const before = filter.of === undefined ? text : filtered(frame, filter.of as FilterNode, text);
  return applyFilter(frame.runtime, frame.scope, filter, before);
}

function macroOf(frame: Frame, name: string, signature: Signature, body: Block): Value {
  return createMacro(frame.runtime, frame.scope, { name, signature, body }, (scope) =>
    runToText({ ...frame, scope }, body),
  );
}

/** What a block writes, without a pause: expressions have none. */
function runToText(frame: Frame, block: Block): string {
  const output = frame.output.fresh();
  runToEnd(execute({ ...frame, output, scope: new Scope(frame.scope) }, block));
  return output.text();
}

function runToEnd(execution: Execution): void {
  while (execution.next().done !== true);
}
