/** What calls, filters and tests are given. */
export interface CallArguments {
  readonly positional: readonly ExpressionNode[];
  readonly named: readonly (readonly [string, ExpressionNode])[];
  /** `*expression` and `**expression`. */
  readonly spread: ExpressionNode | undefined;
  readonly spreadNamed: ExpressionNode | undefined;
}

interface At {
  readonly line: number;
}

type UnaryOperator = '-' | '+' | 'not';
export type BinaryOperator = '+' | '-' | '*' | '/' | '//' | '%' | '**';
export type ComparisonOperator = '==' | '!=' | '<' | '<=' | '>' | '>=' | 'in' | 'not in';

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
  readonly items: readonly ExpressionNode[];
}
export interface CallNode extends At {
  readonly kind: 'call';
  readonly callee: ExpressionNode;
  readonly args: CallArguments;
}
export interface FilterNode extends At {
  readonly kind: 'filter';
  /** Of what a block holds where there is none. */
  readonly of: ExpressionNode | undefined;
  readonly name: string;
  readonly args: CallArguments;
}
interface SliceNode extends At {
  readonly kind: 'slice';
  readonly start: ExpressionNode | undefined;
  readonly stop: ExpressionNode | undefined;
  readonly step: ExpressionNode | undefined;
}

export type ExpressionNode =
  | NameNode
  | NamespaceNode
  | TupleNode
  | CallNode
  | FilterNode
  | SliceNode
  | (At & { readonly kind: 'constant'; readonly value: Constant })
  | (At & { readonly kind: 'list'; readonly items: readonly ExpressionNode[] })
  | (At & {
      readonly kind: 'dict';
      readonly items: readonly (readonly [ExpressionNode, ExpressionNode])[];
    })
  | (At & {
      readonly kind: 'test';
      readonly of: ExpressionNode;
      readonly name: string;
      readonly args: CallArguments;
    })
  | (At & { readonly kind: 'attribute'; readonly of: ExpressionNode; readonly name: string })
  | (At & { readonly kind: 'item'; readonly of: ExpressionNode; readonly key: ExpressionNode })
  | (At & { readonly kind: 'unary'; readonly operator: UnaryOperator; readonly of: ExpressionNode })
  | (At & {
      readonly kind: 'binary';
      readonly operator: BinaryOperator;
      readonly left: ExpressionNode;
      readonly right: ExpressionNode;
    })
  | (At & { readonly kind: 'concat'; readonly items: readonly ExpressionNode[] })
  | (At & {
      readonly kind: 'compare';
      readonly first: ExpressionNode;
      readonly rest: readonly {
        readonly operator: ComparisonOperator;
        readonly of: ExpressionNode;
      }[];
    })
  | (At & {
      readonly kind: 'logic';
      readonly operator: 'and' | 'or';
      readonly left: ExpressionNode;
      readonly right: ExpressionNode;
    })
  | (At & {
      readonly kind: 'conditional';
      readonly test: ExpressionNode;
      readonly yes: ExpressionNode;
      readonly no: ExpressionNode | undefined;
    });

export type Target = NameNode | NamespaceNode | TupleNode;

/** Parameters of a macro or of a call block. */
export interface Signature {
  readonly names: readonly string[];
  /** Of the last parameters. */
  readonly defaults: readonly ExpressionNode[];
}

export type Block = readonly Statement[];

export interface ForNode extends At {
  readonly kind: 'for';
  readonly target: Target;
  readonly of: ExpressionNode;
  readonly test: ExpressionNode | undefined;
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
  | (At & { readonly kind: 'print'; readonly of: ExpressionNode })
  | (At & {
      readonly kind: 'if';
      readonly branches: readonly { readonly test: ExpressionNode; readonly body: Block }[];
      readonly otherwise: Block;
    })
  | (At & { readonly kind: 'set'; readonly target: Target; readonly value: ExpressionNode })
  | (At & {
      readonly kind: 'set block';
      readonly target: Target;
      readonly filter: FilterNode | undefined;
      readonly body: Block;
    })
  | (At & {
      readonly kind: 'with';
      readonly values: readonly (readonly [Target, ExpressionNode])[];
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
