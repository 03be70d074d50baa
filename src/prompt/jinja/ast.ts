/** What calls, filters and tests are given. */
export interface CallArguments {
  readonly positional: readonly Expression[];
  readonly named: readonly (readonly [string, Expression])[];
  /** `*expression` and `**expression`. */
  readonly spread: Expression | undefined;
  readonly spreadNamed: Expression | undefined;
}

interface At {
  readonly line: number;
}

type UnaryOperator = '-' | '+' | 'not';
export type BinaryOperator = '+' | '-' | '*' | '/' | '//' | '%' | '**';
export type Comparison = '==' | '!=' | '<' | '<=' | '>' | '>=' | 'in' | 'not in';

type Constant = null | boolean | number | bigint | string | { readonly float: number };

interface NameNode extends At {
  readonly kind: 'name';
  readonly name: string;
}
/** `name.attribute` as the target of an assignment. */
interface NamespaceNode extends At {
  readonly kind: 'namespace';
  readonly name: string;
  readonly attribute: string;
}
export interface TupleNode extends At {
  readonly kind: 'tuple';
  readonly items: readonly Expression[];
}
export interface CallNode extends At {
  readonly kind: 'call';
  readonly callee: Expression;
  readonly args: CallArguments;
}
export interface FilterNode extends At {
  readonly kind: 'filter';
  /** Of what a block holds where there is none. */
  readonly of: Expression | undefined;
  readonly name: string;
  readonly args: CallArguments;
}
interface SliceNode extends At {
  readonly kind: 'slice';
  readonly start: Expression | undefined;
  readonly stop: Expression | undefined;
  readonly step: Expression | undefined;
}

export type Expression =
  | NameNode
  | NamespaceNode
  | TupleNode
  | CallNode
  | FilterNode
  | SliceNode
  | (At & { readonly kind: 'constant'; readonly value: Constant })
  | (At & { readonly kind: 'list'; readonly items: readonly Expression[] })
  | (At & { readonly kind: 'dict'; readonly items: readonly (readonly [Expression, Expression])[] })
  | (At & {
      readonly kind: 'test';
      readonly of: Expression;
      readonly name: string;
      readonly args: CallArguments;
    })
  | (At & { readonly kind: 'attribute'; readonly of: Expression; readonly name: string })
  | (At & { readonly kind: 'item'; readonly of: Expression; readonly key: Expression })
  | (At & { readonly kind: 'unary'; readonly operator: UnaryOperator; readonly of: Expression })
  | (At & {
      readonly kind: 'binary';
      readonly operator: BinaryOperator;
      readonly left: Expression;
      readonly right: Expression;
    })
  | (At & { readonly kind: 'concat'; readonly items: readonly Expression[] })
  | (At & {
      readonly kind: 'compare';
      readonly first: Expression;
      readonly rest: readonly { readonly operator: Comparison; readonly of: Expression }[];
    })
  | (At & {
      readonly kind: 'logic';
      readonly operator: 'and' | 'or';
      readonly left: Expression;
      readonly right: Expression;
    })
  | (At & {
      readonly kind: 'conditional';
      readonly test: Expression;
      readonly yes: Expression;
      readonly no: Expression | undefined;
    });

export type Target = NameNode | NamespaceNode | TupleNode;

/** Parameters of a macro or of a call block. */
export interface Signature {
  readonly names: readonly string[];
  /** Of the last parameters. */
  readonly defaults: readonly Expression[];
}

export type Block = readonly Statement[];

export interface ForNode extends At {
  readonly kind: 'for';
  readonly target: Target;
  readonly of: Expression;
  readonly test: Expression | undefined;
  readonly recursive: boolean;
  readonly body: Block;
  readonly otherwise: Block;
}
interface MacroNode extends At {
  readonly kind: 'macro';
  readonly name: string;
  readonly signature: Signature;
  readonly body: Block;
}

export type Statement =
  | ForNode
  | MacroNode
  | (At & { readonly kind: 'data'; readonly text: string })
  | (At & { readonly kind: 'print'; readonly of: Expression })
  | (At & {
      readonly kind: 'if';
      readonly branches: readonly { readonly test: Expression; readonly body: Block }[];
      readonly otherwise: Block;
    })
  | (At & { readonly kind: 'set'; readonly target: Target; readonly value: Expression })
  | (At & {
      readonly kind: 'set block';
      readonly target: Target;
      readonly filter: FilterNode | undefined;
      readonly body: Block;
    })
  | (At & {
      readonly kind: 'with';
      readonly values: readonly (readonly [Target, Expression])[];
      readonly body: Block;
    })
  | (At & {
      readonly kind: 'call block';
      readonly signature: Signature;
      readonly call: CallNode;
      readonly body: Block;
    })
  | (At & { readonly kind: 'filter block'; readonly filter: FilterNode; readonly body: Block })
  /** A block that only opens a scope: `block` and `generation`. */
  | (At & { readonly kind: 'scope'; readonly body: Block })
  | (At & { readonly kind: 'break' | 'continue' });
