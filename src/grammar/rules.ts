import { ConstraintError } from '../spec/index.ts';
import type { Expression, Grammar } from './grammar.ts';
import { constraintLimits } from './limits.ts';

/** A rule that the root needs, and what must be known of it before it is compiled. */
export interface Rule {
  readonly name: string;
  readonly expression: Expression;
  /** Whether it leads back to itself. */
  readonly recursive: boolean;
  /** Whether the empty text is one of its texts. */
  readonly nullable: boolean;
  /** Whether `both` or `except` refer to it, perhaps through other rules. */
  readonly mustBeRegular: boolean;
  /** See {@link Grammar.lasting}. */
  readonly isLasting: boolean;
}

/**
 * The rules that the root refers to, callees before their callers; the root is the last.
 * @throws ConstraintError for a rule that is not defined, or one that is recursive inside `both` or
 *   `except`.
 */
export function analyseRules(grammar: Grammar): readonly Rule[] {
  if (grammar.rules.size > constraintLimits.rules) {
    throw new ConstraintError(
      '',
      `The constraint has ${grammar.rules.size} rules; at most ${constraintLimits.rules} are allowed.`,
    );
  }
  const references = new Map<string, References>();
  for (const [name, expression] of grammar.rules) references.set(name, collect(expression));
  const components = componentsFrom(grammar.root, references);
  const recursive = new Set(
    components.flatMap((names) =>
      names.length > 1 || references.get(names[0]!)!.all.has(names[0]!) ? names : [],
    ),
  );
  const order = components.flat();
  const regular = regularRules(order, references);
  for (const name of regular) {
    if (recursive.has(name)) {
      throw new ConstraintError(
        '',
        `The rule ${name} leads back to itself, but is part of an intersection or exclusion, which ` +
          'must be regular.',
      );
    }
  }
  const nullable = nullableRules(components, grammar, references);
  return order.map((name) => ({
    name,
    expression: grammar.rules.get(name)!,
    recursive: recursive.has(name),
    nullable: nullable.has(name),
    mustBeRegular: regular.has(name),
    isLasting: grammar.lasting?.has(name) === true,
  }));
}

interface References {
  readonly all: ReadonlySet<string>;
  /** Those inside `both` and `except`. */
  readonly regular: ReadonlySet<string>;
}

function collect(root: Expression): References {
  const all = new Set<string>();
  const regular = new Set<string>();
  const visited = { inside: new Set<Expression>(), outside: new Set<Expression>() };
  const pending: [Expression, boolean][] = [[root, false]];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const [expression, isRegular] = next;
    const seen = isRegular ? visited.inside : visited.outside;
    if (seen.has(expression)) continue;
    seen.add(expression);
    if (expression.kind === 'rule') {
      all.add(expression.name);
      if (isRegular) regular.add(expression.name);
    }
    const within = isRegular || expression.kind === 'both' || expression.kind === 'except';
    for (const part of partsOf(expression)) pending.push([part, within]);
  }
  return { all, regular };
}

function partsOf(expression: Expression): readonly Expression[] {
  switch (expression.kind) {
    case 'sequence':
    case 'both':
      return expression.items;
    case 'choice':
      return expression.options;
    case 'repeat':
      return [expression.item];
    case 'list': {
      const { items, others, separator } = expression;
      return [...items.map((item) => item.expression), ...(others ? [others] : []), separator];
    }
    case 'except':
      return [expression.item, expression.excluded];
    case 'text':
    case 'class':
    case 'token':
    case 'rule':
      break;
  }
  return [];
}

/**
 * Strongly connected components of the rules that `root` leads to, callees first.
 * @see Tarjan 1972, "Depth-first search and linear graph algorithms"
 */
function componentsFrom(root: string, references: ReadonlyMap<string, References>): string[][] {
  const components: string[][] = [];
  const index = new Map<string, number>();
  const low = new Map<string, number>();
  const open: string[] = [];
  const isOpen = new Set<string>();
  const path: { name: string; rest: Iterator<string> }[] = [];
  const enter = (name: string): void => {
    const known = references.get(name);
    if (known === undefined) {
      throw new ConstraintError('', `The constraint refers to the rule ${name}, which it lacks.`);
    }
    index.set(name, index.size);
    low.set(name, index.get(name)!);
    open.push(name);
    isOpen.add(name);
    path.push({ name, rest: known.all.values() });
  };
  const lower = (name: string, value: number): void => {
    low.set(name, Math.min(low.get(name)!, value));
  };
  enter(root);
  for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
    const { name } = top;
    const next = top.rest.next();
    if (!next.done) {
      if (!index.has(next.value)) enter(next.value);
      else if (isOpen.has(next.value)) lower(name, index.get(next.value)!);
      continue;
    }
    path.pop();
    const caller = path.at(-1);
    if (caller !== undefined) lower(caller.name, low.get(name)!);
    if (low.get(name) === index.get(name)) {
      const component = open.splice(open.lastIndexOf(name)).toReversed(); // as found: callers first
      for (const member of component) isOpen.delete(member);
      components.push(component);
    }
  }
  return components;
}

/** @param order - Callees before callers. */
function regularRules(
  order: readonly string[],
  references: ReadonlyMap<string, References>,
): Set<string> {
  const regular = new Set<string>();
  for (const name of order) for (const part of references.get(name)!.regular) regular.add(part);
  const pending = [...regular];
  for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
    for (const part of references.get(name)!.all) {
      if (regular.has(part)) continue;
      regular.add(part);
      pending.push(part);
    }
  }
  return regular;
}

function nullableRules(
  components: readonly (readonly string[])[],
  { rules }: Grammar,
  references: ReadonlyMap<string, References>,
): Set<string> {
  const nullable = new Set<string>();
  for (const names of components) {
    const callers = new Map(names.map((name) => [name, [] as string[]]));
    for (const name of names) {
      for (const callee of references.get(name)!.all) callers.get(callee)?.push(name);
    }
    const pending = [...names];
    for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
      if (nullable.has(name) || !isNullable(rules.get(name)!, nullable)) continue;
      nullable.add(name);
      pending.push(...callers.get(name)!);
    }
  }
  return nullable;
}

/** Whether the empty text matches. @param rules - Those that it matches. @throws ConstraintError if it nests too deep. */
export function isNullable(
  expression: Expression,
  rules: ReadonlySet<string> = new Set(),
  depth = 0,
): boolean {
  if (depth > constraintLimits.expressionDepth) throw tooDeep();
  const inner = (part: Expression): boolean => isNullable(part, rules, depth + 1);
  switch (expression.kind) {
    case 'text':
      return expression.text === '';
    case 'class':
    case 'token':
      return false;
    case 'sequence':
    case 'both':
      return expression.items.every(inner);
    case 'choice':
      return expression.options.some(inner);
    case 'repeat':
      return expression.min === 0 || inner(expression.item);
    case 'list': {
      const { items, others, separator } = expression;
      const required = items.filter(({ isOptional }) => !isOptional);
      if (required.length > 0) {
        return (
          required.every((item) => inner(item.expression)) &&
          (required.length === 1 || inner(separator))
        );
      }
      return (
        items.some((item) => inner(item.expression)) || (others !== undefined && inner(others))
      );
    }
    case 'except':
      return inner(expression.item) && !inner(expression.excluded);
    case 'rule':
      break;
  }
  return rules.has(expression.name);
}

export function tooDeep(): ConstraintError {
  return new ConstraintError(
    '',
    `The constraint nests deeper than ${constraintLimits.expressionDepth} expressions.`,
  );
}
