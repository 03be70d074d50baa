import type { GenerateOptions, WireOptions, WirePlace } from '../spec/index.ts';
import { optionNames, optionRows, type OptionName } from './check.ts';

/** The two endpoints whose bodies have options. */
export type Endpoint = 'chat' | 'completion';

/** An option that the body of a request can say, and where. */
export interface WireOption {
  readonly option: OptionName;
  readonly place: WirePlace;
}

/** In the order of the table. */
const wireOptions: readonly WireOption[] = optionNames.flatMap((option) => {
  const { wire } = optionRows[option];
  return wire === null ? [] : [{ option, place: wire }];
});

/** Those that an endpoint's bodies say at a place. */
export function saidBy(endpoint: Endpoint, at: WirePlace['at']): readonly WireOption[] {
  return wireOptions.filter(({ place }) => place.at === at && (place.of ?? endpoint) === endpoint);
}

/** `topP` -> `top_p`, `params` -> `trimtab.params`; `undefined` where bodies do not say it so. */
export function wirePath(option: string): string | undefined {
  const place = wireOptions.find((each) => each.option === option)?.place;
  if (place === undefined) return undefined;
  return place.at === 'body' ? place.name : `trimtab.${place.name}`;
}

/** What sets a parameter, or a part of it: `trimtab.params.alpha` -> `params.alpha`; the same where it is no option. */
export function optionAt(param: string): string {
  for (const { option } of wireOptions) {
    const path = wirePath(option)!;
    if (param.startsWith(path) && /^(?:$|[.[/])/.test(param.slice(path.length))) {
      return option + param.slice(path.length);
    }
  }
  return param;
}

/** The members of an endpoint's body that say these options, for clients; what it cannot say is left out. */
export function toWireOptions(
  options: GenerateOptions & {
    readonly profile?: string | undefined;
    readonly context?: string | undefined;
    readonly contextAs?: string | undefined;
  },
  endpoint: Endpoint,
): WireOptions {
  const said = (at: WirePlace['at']) =>
    Object.fromEntries(
      saidBy(endpoint, at)
        .map(({ option, place }): [string, unknown] => [place.name, options[option]])
        .filter(([, value]) => value !== undefined),
    );
  return { ...said('body'), trimtab: said('trimtab') };
}

/**
 * The options that an endpoint's body says at a place; `null` is the same as absent, unless it is a value.
 * @param body - Checked members of the body, or of its `trimtab`.
 */
export function fromWire(
  body: Readonly<Record<string, unknown>>,
  endpoint: Endpoint,
  at: WirePlace['at'],
): GenerateOptions {
  const entries = saidBy(endpoint, at)
    .map(({ option, place }): [OptionName, unknown] => [option, valueOf(body, place)])
    .filter(([option, value]) => isSaid(option, value));
  return Object.fromEntries(entries);
}

function valueOf(body: Readonly<Record<string, unknown>>, place: WirePlace): unknown {
  const { name, alias, zero } = place;
  const value = body[name] ?? (alias === undefined ? undefined : body[alias]) ?? body[name];
  return zero !== undefined && value === zero ? 0 : value;
}

function isSaid(option: OptionName, value: unknown): boolean {
  return value !== undefined && (value !== null || optionRows[option].isNullable === true);
}
