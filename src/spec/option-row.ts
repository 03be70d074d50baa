/** Which numbers an option may be; finite unless it says otherwise. */
export interface NumberRange {
  readonly from: number;
  /** `Infinity` where there is no limit. */
  readonly to: number;
  /** Whether `from` itself is out of range. */
  readonly isAbove?: true;
  readonly isInteger?: true;
  /** A value outside the range that is taken too. */
  readonly also?: number;
  /** Whether the infinities of the range are values. */
  readonly takesInfinity?: true;
}

/** A number inside an option that is an object. */
export interface NumberField {
  readonly description: string;
  readonly range: NumberRange;
  /** Where none is given; none is none. */
  readonly default?: number;
}

/** What the values of an option are. */
export type OptionKind =
  | { readonly is: 'number'; readonly range: NumberRange }
  | { readonly is: 'boolean' }
  /** Of at most `longest` characters. */
  | { readonly is: 'text'; readonly longest: number }
  /** One of these words. */
  | { readonly is: 'choice'; readonly of: readonly string[] }
  /** One text, or at most `most` of them, none empty. */
  | { readonly is: 'texts'; readonly most: number; readonly longest: number }
  /** A list of names. */
  | { readonly is: 'names'; readonly most: number; readonly longest: number }
  /** Numbers by names, which the recipe knows. */
  | {
      readonly is: 'numbers';
      readonly by: 'name';
      readonly longest: number;
      readonly range: NumberRange;
    }
  /** Numbers of at most `most` token ids. */
  | {
      readonly is: 'numbers';
      readonly by: 'token id';
      readonly most: number;
      readonly range: NumberRange;
    }
  /** An object of at least one of these numbers. */
  | { readonly is: 'fields'; readonly fields: Readonly<Record<string, NumberField>> }
  /** An object of a `method` and of that method's numbers. */
  | {
      readonly is: 'method';
      readonly methods: Readonly<Record<string, Readonly<Record<string, NumberField>>>>;
    }
  /** A `ParamSchedule` by name of the param, or `null`: what it may match, and the nats of its junctions. */
  | {
      readonly is: 'schedules';
      readonly longest: number;
      readonly match: readonly string[];
      readonly junctions: NumberField;
    }
  /** A `Constraint`: whoever compiles it knows its shape. */
  | { readonly is: 'constraint' }
  /** A `PreparedPrompt`: at most `mostTokens` over all of its drafts. */
  | { readonly is: 'prepared'; readonly mostTokens: number }
  /** An `AbortSignal`. */
  | { readonly is: 'signal' };

/** Where the body of a request says an option. */
export interface WirePlace {
  /** Beside OpenAI's parameters, or in the object `trimtab`. */
  readonly at: 'body' | 'trimtab';
  readonly name: string;
  /** Whether any server that speaks OpenAI's API can be asked for it, and answers it in full. */
  readonly isOpenAi?: true;
  /** Another name of the same. */
  readonly alias?: string;
  /** The one endpoint that has it so; both by default. */
  readonly of?: 'chat' | 'completion';
  /** A number of other servers that stands for 0 here. */
  readonly zero?: number;
  /** Where clients know narrower bounds. */
  readonly bounds?: Partial<NumberRange>;
}

/** Flags that commands have together; 'run' are those of one command alone. */
export type FlagGroup =
  | 'params'
  | 'schedules'
  | 'answer'
  | 'constraint'
  | 'rewards'
  | 'profile'
  | 'sampling'
  | 'run';

/** A flag of the command line. */
export interface OptionFlag {
  /** As commander reads it: `--top-k <n>`; a switch has no value, and `--no-…` gives `null`. */
  readonly flags: string;
  /** Beside which others a command has it. */
  readonly group: FlagGroup;
  /** What of the option it gives: a field of it, or all of it. */
  readonly field?: string;
  /** In place of the option's. */
  readonly description?: string;
  /** Given again, it adds; as it is with every option that is a list or a mapping. */
  readonly isRepeatable?: true;
}

/** Who reads an option: a generation, a scoring, the profile that steers one, or the stored context that it begins with. */
export type OptionReader = 'generate' | 'score' | 'profile' | 'context';

/** One request option: what there is to know of it, for whoever takes, checks, shows or documents it. */
export interface OptionRow {
  /** One sentence. */
  readonly description: string;
  readonly kind: OptionKind;
  /** Where neither a request nor a recipe says anything; none is what its description says. */
  readonly default?: unknown;
  /** Whether `null` is a value: nothing, whatever the recipe says. */
  readonly isNullable?: true;
  readonly readers: readonly OptionReader[];
  /** `null`: requests over HTTP cannot say it, or say it in a way of their own. */
  readonly wire: WirePlace | null;
  readonly flags: readonly OptionFlag[];
}
