import { didYouMean } from '../faults/index.ts';
import type { Recipe } from '../recipe/index.ts';
import { InvalidOptionError, ModelNotFoundError } from '../spec/index.ts';
import type { BasisRecord, ProfileRecord } from '../store/index.ts';
import { attributeBasis, basisDifferences, basisId, readBasis } from './attribute-basis.ts';
import type { ProfiledRecipe } from './steering.ts';

/** The recipes that are served, and which profiles they are for. */
export class ProfiledRecipes {
  readonly #recipes: ReadonlyMap<string, Recipe>;
  /** Names of recipes by the id of their basis. */
  readonly #byBasis = new Map<string, string[]>();

  constructor(recipes: readonly Recipe[]) {
    this.#recipes = new Map(recipes.map((recipe) => [recipe.name, recipe]));
    for (const { name, profile } of recipes) {
      if (profile === null) continue;
      const basis = basisId(attributeBasis(profile));
      this.#byBasis.set(basis, [...(this.#byBasis.get(basis) ?? []), name]);
    }
  }

  /** Names of the recipes of a basis. */
  ofBasis(basis: string): readonly string[] {
    return this.#byBasis.get(basis) ?? [];
  }

  /** @throws ModelNotFoundError; InvalidOptionError if its users do not differ. */
  require(name: string): ProfiledRecipe {
    const recipe = this.#recipes.get(name);
    const names = [...this.#recipes.keys()];
    if (recipe === undefined) {
      throw new ModelNotFoundError(
        `There is no recipe ${JSON.stringify(name)}.` +
          (didYouMean(name, names) || ` There are ${names.join(', ')}.`),
      );
    }
    const { profile } = recipe;
    if (profile !== null) return { ...recipe, profile };
    throw new InvalidOptionError(
      'recipe',
      `The recipe ${name} has no profiles: its \`profile:\` section would say what its users differ in.`,
    );
  }

  /**
   * The recipe that a profile is used with: the named one, or the first of its basis.
   * @param basis - The profile's, as it is stored.
   * @throws InvalidOptionError if their bases differ, or none is served of the profile's.
   */
  requireFor(
    { id, basis }: Pick<ProfileRecord, 'id' | 'basis'>,
    name: string | undefined,
    stored: BasisRecord | null,
  ): ProfiledRecipe {
    const [first] = this.ofBasis(basis);
    if (name === undefined && first === undefined) {
      throw new InvalidOptionError(
        'recipe',
        `The profile ${id} was made with a recipe that is not here, nor is another that measures the ` +
          'same: name that recipe, or make a profile with one that is here.',
      );
    }
    const recipe = this.require(name ?? first!);
    if (this.ofBasis(basis).includes(recipe.name)) return recipe;
    const own = readBasis(stored?.data);
    const differences = own && basisDifferences(own, attributeBasis(recipe.profile));
    throw new InvalidOptionError(
      'recipe',
      `The profile ${id} is not of the recipe ${recipe.name}: ` +
        `${differences?.join('; ') ?? 'what it measures is not known here'}. ` +
        'Use it with the recipe that it was made with, or make another profile.',
    );
  }
}
