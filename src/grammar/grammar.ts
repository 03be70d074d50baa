/**
 * What texts are allowed, over Unicode code points; the automaton works on their UTF-8 bytes. JSON
 * schemas, regular expressions, GBNF and choices all become one of these.
 */
export type Expression =
  /** Exactly this text; may be empty. */
  | { readonly kind: 'text'; readonly text: string }
  /** One code point inside any of the inclusive ranges, ascending and disjoint; surrogates excluded. */
  | { readonly kind: 'class'; readonly ranges: readonly CodePointRange[] }
  | { readonly kind: 'sequence'; readonly items: readonly Expression[] }
  | { readonly kind: 'choice'; readonly options: readonly Expression[] }
  /** `max` may be `Infinity`. */
  | {
      readonly kind: 'repeat';
      readonly item: Expression;
      readonly min: number;
      readonly max: number;
    }
  /**
   * Items in their order, at least one and all but the optional ones, then any number of `others`; the separator is
   * between each two. With others an item may be missing where all are optional.
   */
  | {
      readonly kind: 'list';
      readonly items: readonly ListItem[];
      readonly others: Expression | undefined;
      readonly separator: Expression;
    }
  /**
   * `both`: what every item matches. `except`: what `item` matches and `excluded` does not. Their
   * parts are regular: no rule they refer to leads back to itself.
   */
  | { readonly kind: 'both'; readonly items: readonly Expression[] }
  | { readonly kind: 'except'; readonly item: Expression; readonly excluded: Expression }
  /** The control token of this spelling, which no text is: as itself, where a vocabulary has it. */
  | { readonly kind: 'token'; readonly label: string }
  /**
   * Another rule, by name. With `behind`, what its texts go on with behind this text, which they all may begin with and
   * none of them is.
   */
  | { readonly kind: 'rule'; readonly name: string; readonly behind?: string };

export interface ListItem {
  readonly expression: Expression;
  readonly isOptional: boolean;
}

export type CodePointRange = readonly [from: number, to: number];

export interface Grammar {
  /** Name of the rule that the whole text matches. */
  readonly root: string;
  readonly rules: ReadonlyMap<string, Expression>;
  /**
   * Rules that are written the same wherever one of a grammar's lasting rules has their name, and refer to each other
   * alone: what they compile to is remembered.
   */
  readonly lasting?: ReadonlySet<string>;
  /** Places of what it was made of that ask nothing, though they may have been meant to. */
  readonly ignored?: readonly string[];
}
