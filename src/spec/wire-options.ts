import type { GenerateOptions, requestOptions } from './options.ts';

type Rows = typeof requestOptions;

/** Options that the body of a request says at a place. */
type OptionAt<Place> = {
  [Name in keyof Rows]: Rows[Name]['wire'] extends { readonly at: Place } ? Name : never;
}[keyof Rows];

type WireName<Name extends keyof Rows> = Rows[Name]['wire'] extends { readonly name: infer Said }
  ? Said & string
  : never;

type Value<Name> = Name extends keyof GenerateOptions ? GenerateOptions[Name] : string;

/** What the body of a request says of its options, as clients write it. */
export type WireOptions = {
  readonly [Name in OptionAt<'body'> as WireName<Name>]?: Value<Name>;
} & {
  readonly trimtab?: { readonly [Name in OptionAt<'trimtab'> as WireName<Name>]?: Value<Name> };
};
