import type { ParamDeclaration, ServedRecipe } from '../index.ts';

/** What a recipe declares, as the checks of requests read it. */
export interface Declarations {
  readonly name: string;
  readonly params: ReadonlyMap<string, ParamDeclaration>;
  readonly rewards: ReadonlyMap<string, { readonly name: string; readonly weight: number }>;
}

export function declarationsOf({ name, params, rewards }: ServedRecipe): Declarations {
  return {
    name,
    params: new Map(
      Object.entries(params).map(([param, { min, max, ...rest }]) => [
        param,
        { ...rest, min: min ?? -Infinity, max: max ?? Infinity },
      ]),
    ),
    rewards: new Map(
      Object.entries(rewards).map(([reward, { weight }]) => [reward, { name: reward, weight }]),
    ),
  };
}
