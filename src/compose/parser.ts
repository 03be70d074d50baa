import { FormulaError } from '../spec/index.ts';
import {
  add,
  divide,
  multiply,
  negate,
  param,
  subtract,
  toCoefficient,
  type CoefficientExpression,
} from './coefficient.ts';
import { logp, model, scale, sum, type Formula } from './formula.ts';
import { lexFormula, noPowers, type FormulaSymbol, type FormulaToken } from './lexer.ts';
import { didYouMean } from '../faults/index.ts';

/** The names that a formula may use. Those of models and params must differ. */
export interface FormulaNames {
  readonly models: Iterable<string>;
  readonly params: Iterable<string>;
}

/** Deepest nesting of parentheses and signs: the parser recurses. */
export const maxFormulaDepth = 64;

/** `logp(x)` is the only function, so no model or param has its name. */
export const reservedNames: readonly string[] = ['logp'];

/**
 * Reads linear arithmetic over models, params and numbers:
 *
 * ```text
 * sum     = product { ("+" | "-") product }
 * product = signed { ("*" | "/") signed }
 * signed  = { "+" | "-" } atom
 * atom    = number | param | model | "logp" "(" model ")" | "(" sum ")"
 * ```
 *
 * A name is `[A-Za-z_][A-Za-z0-9_]*`, so `a-b` is a difference.
 * @throws FormulaError with the offset of what does not parse, is not known or not linear.
 */
export function parseFormula(text: string, names: FormulaNames): Formula {
  return new FormulaParser(text, names).parse();
}

/** A part of a formula: arithmetic without a model in it, or a combination of models. */
type Part =
  | { readonly kind: 'scalar'; readonly value: CoefficientExpression; readonly position: number }
  | { readonly kind: 'models'; readonly value: Formula; readonly position: number };

type ModelsPart = Extract<Part, { kind: 'models' }>;

class FormulaParser {
  readonly #tokens: readonly FormulaToken[];
  readonly #text: string;
  readonly #models: ReadonlySet<string>;
  readonly #params: ReadonlySet<string>;
  #next = 0;
  #depth = 0;

  constructor(text: string, names: FormulaNames) {
    this.#text = text;
    this.#tokens = lexFormula(text);
    this.#models = new Set(names.models);
    this.#params = new Set(names.params);
  }

  parse(): Formula {
    const part = this.#sum();
    const { kind, position } = this.#peek();
    if (kind !== 'end') {
      throw new FormulaError(`The ) at character ${position + 1} closes nothing.`, position);
    }
    if (part.kind === 'models') return part.value;
    throw new FormulaError('The formula names no model: a formula is a sum of models.', 0);
  }

  #sum(): Part {
    let left = this.#product();
    for (;;) {
      const sign = this.#take('+', '-');
      if (sign === undefined) return left;
      left = this.#plus(left, sign, this.#product());
    }
  }

  #product(): Part {
    let left = this.#signed();
    for (;;) {
      const operator = this.#take('*', '/');
      if (operator === undefined) {
        this.#requireOperator(left);
        return left;
      }
      if (operator === '*') this.#refusePower();
      const right = this.#signed();
      left = operator === '*' ? this.#times(left, right) : this.#over(left, right);
    }
  }

  #signed(): Part {
    return this.#nested(() => {
      const position = this.#peek().position;
      const sign = this.#take('+', '-');
      if (sign === undefined) return this.#atom();
      const operand = this.#signed();
      if (sign === '+') return operand;
      return operand.kind === 'scalar'
        ? { kind: 'scalar', value: negate(operand.value), position }
        : { kind: 'models', value: scale(-1, operand.value), position };
    });
  }

  #atom(): Part {
    const token = this.#peek();
    const { position } = token;
    if (token.kind === 'number') {
      this.#next++;
      return { kind: 'scalar', value: toCoefficient(token.value), position };
    }
    if (token.kind === 'name') {
      this.#next++;
      return this.#named(token.name, position);
    }
    if (this.#take('(') === undefined) {
      throw new FormulaError(
        `Expected a model, param or number instead of ${this.#show(token)} at character ${position + 1}.`,
        position,
      );
    }
    if (this.#take(')') !== undefined) {
      throw new FormulaError(`Nothing stands in the () at character ${position + 1}.`, position);
    }
    const inner = this.#sum();
    this.#close(position);
    return { ...inner, position };
  }

  /** Whatever follows a product is an operator, a ) or the end: nothing is multiplied by standing beside it. */
  #requireOperator(left: Part): void {
    const next = this.#peek();
    const isBesideIt =
      next.kind === 'number' ||
      next.kind === 'name' ||
      (next.kind === 'symbol' && next.symbol === '(');
    if (!isBesideIt) return;
    const pair = (operator: string) =>
      `${this.#textOf(this.#tokens[this.#next - 1]!)} ${operator} ${this.#textOf(next)}`;
    const areModels = left.kind === 'models' && next.kind === 'name' && this.#models.has(next.name);
    const remedy = areModels
      ? `${pair('+')} to add them, ${pair('-')} to subtract`
      : `${pair('*')} to multiply`;
    throw new FormulaError(
      `An operator is missing before ${this.#show(next)} at character ${next.position + 1}: write ${remedy}.`,
      next.position,
    );
  }

  #refusePower(): void {
    const next = this.#peek();
    if (!(next.kind === 'symbol' && next.symbol === '*')) return;
    throw new FormulaError(`${noPowers} (at character ${next.position}).`, next.position - 1);
  }

  #named(name: string, position: number): Part {
    if (name === 'logp') return this.#logp(position);
    if (this.#models.has(name)) return { kind: 'models', value: model(name), position };
    if (this.#params.has(name)) return { kind: 'scalar', value: param(name), position };
    const known = [...this.#models, ...this.#params, 'logp'];
    const next = this.#peek();
    if (next.kind === 'symbol' && next.symbol === '(' && didYouMean(name, known) === '') {
      throw new FormulaError(
        `There is no function ${name} (at character ${position + 1}): logp(model), a model's log-probs, ` +
          'is the only one.',
        position,
      );
    }
    throw this.#unknown(name, position, known);
  }

  #logp(position: number): Part {
    const open = this.#peek();
    if (this.#take('(') === undefined) {
      throw new FormulaError('logp needs the name of a model: logp(model).', open.position);
    }
    const token = this.#peek();
    if (token.kind !== 'name') {
      throw new FormulaError(
        `logp takes the name of one model, not ${this.#show(token)}.`,
        token.position,
      );
    }
    this.#next++;
    if (!this.#models.has(token.name)) {
      throw this.#params.has(token.name)
        ? new FormulaError(`logp takes a model; ${token.name} is a param.`, token.position)
        : this.#unknown(token.name, token.position, this.#models);
    }
    const after = this.#peek();
    if (after.kind !== 'end' && !(after.kind === 'symbol' && after.symbol === ')')) {
      throw new FormulaError(
        'logp takes the name of one model: the log-probs of a sum of models are not linear in them.',
        after.position,
      );
    }
    this.#close(open.position);
    return { kind: 'models', value: logp(token.name), position };
  }

  #plus(left: Part, sign: '+' | '-', right: Part): Part {
    const { position } = left;
    if (left.kind === 'scalar' && right.kind === 'scalar') {
      const value = this.#at(right.position, () =>
        sign === '+' ? add(left.value, right.value) : subtract(left.value, right.value),
      );
      return { kind: 'scalar', value, position };
    }
    const constant = left.kind === 'scalar' ? left : right;
    if (left.kind === 'scalar' || right.kind === 'scalar') {
      throw new FormulaError(
        'A number or param cannot be added to models: it would raise every token alike and change ' +
          'nothing. Multiply a model by it, or leave it out.',
        constant.position,
      );
    }
    const signed = sign === '+' ? right.value : scale(-1, right.value);
    return {
      kind: 'models',
      value: this.#at(right.position, () => sum(left.value, signed)),
      position,
    };
  }

  #times(left: Part, right: Part): Part {
    if (left.kind === 'models' && right.kind === 'models') {
      throw new FormulaError(
        `${describe(left)} times ${describe(right)} is not linear: a formula may multiply a model ` +
          'only by numbers and params.',
        right.position,
      );
    }
    const { position } = left;
    return this.#at(right.position, (): Part => {
      if (left.kind === 'models') {
        const factor = (right as Extract<Part, { kind: 'scalar' }>).value;
        return { kind: 'models', value: scale(factor, left.value), position };
      }
      return right.kind === 'models'
        ? { kind: 'models', value: scale(left.value, right.value), position }
        : { kind: 'scalar', value: multiply(left.value, right.value), position };
    });
  }

  #over(left: Part, right: Part): Part {
    if (right.kind === 'models') {
      throw new FormulaError(
        `Dividing by ${describe(right)} is not linear: a formula may divide only by numbers and params.`,
        right.position,
      );
    }
    const { position } = left;
    return this.#at(right.position, (): Part => {
      if (left.kind === 'scalar') {
        return { kind: 'scalar', value: divide(left.value, right.value), position };
      }
      const terms = left.value.terms.map((term) => ({
        ...term,
        coefficient: divide(term.coefficient, right.value),
      }));
      return { kind: 'models', value: { terms }, position };
    });
  }

  #unknown(name: string, position: number, known: Iterable<string>): FormulaError {
    const hint = didYouMean(name, known);
    const remedy = hint === '' ? ' Declare it under models or params.' : hint;
    return new FormulaError(
      `${name} is neither a model nor a param (at character ${position + 1}).${remedy}`,
      position,
    );
  }

  #peek(): FormulaToken {
    return this.#tokens[this.#next]!;
  }

  #take<S extends FormulaSymbol>(...symbols: readonly S[]): S | undefined {
    const token = this.#peek();
    if (token.kind !== 'symbol') return undefined;
    const symbol = symbols.find((candidate) => candidate === token.symbol);
    if (symbol !== undefined) this.#next++;
    return symbol;
  }

  #close(open: number): void {
    if (this.#take(')') !== undefined) return;
    throw new FormulaError(`The ( at character ${open + 1} is never closed.`, open);
  }

  #nested<T>(parse: () => T): T {
    if (++this.#depth > maxFormulaDepth) {
      throw new FormulaError(
        `The formula nests deeper than ${maxFormulaDepth} levels.`,
        this.#peek().position,
      );
    }
    const result = parse();
    this.#depth--;
    return result;
  }

  /** Folding knows no positions: gives its errors the one of the operand at fault. */
  #at<T>(position: number, fold: () => T): T {
    try {
      return fold();
    } catch (error) {
      throw error instanceof FormulaError ? new FormulaError(error.message, position) : error;
    }
  }

  #show(token: FormulaToken): string {
    return token.kind === 'end' ? 'the end' : `"${this.#textOf(token)}"`;
  }

  #textOf(token: FormulaToken): string {
    const next = this.#tokens[this.#tokens.indexOf(token) + 1]!;
    return this.#text.slice(token.position, next.position).trim();
  }
}

function describe(part: ModelsPart): string {
  const names = part.value.terms.map(({ model: name, space }) =>
    space === 'logits' ? name : `logp(${name})`,
  );
  return names.length === 1 ? names[0]! : `(a sum of ${names.join(', ')})`;
}
