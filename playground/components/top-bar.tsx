import type { ServedRecipe } from '../../src/spec/index.ts';
import { Icon } from './icon.tsx';
import { ThemeToggle } from './theme-toggle.tsx';

export type View = 'chat' | 'compare' | 'profile';

const viewNames: Record<View, string> = { chat: 'Chat', compare: 'Compare', profile: 'Profile' };

interface TopBarProps {
  readonly recipes: readonly ServedRecipe[];
  readonly recipe: ServedRecipe | null;
  readonly view: View;
  readonly canClear: boolean;
  readonly onRecipe: (name: string) => void;
  readonly onView: (view: View) => void;
  readonly onNewChat: () => void;
}

export function TopBar(props: TopBarProps) {
  const { recipes, recipe, view, canClear, onRecipe, onView, onNewChat } = props;
  const hasProfiles = recipes.some(({ profile }) => profile !== null);
  const views = (Object.keys(viewNames) as View[]).filter(
    (name) => name !== 'profile' || hasProfiles,
  );
  return (
    <header class="top-bar">
      <h1 class="brand">
        <svg class="brand-mark" viewBox="0 0 24 24" aria-hidden="true">
          <path class="rudder" d="M4.5 3h8v18h-8z" />
          <path class="tab" d="m14.5 11.5 5 2.5v7h-5z" />
        </svg>
        <span class="brand-name">Trimtab</span>
      </h1>
      {recipe !== null && <RecipePicker recipes={recipes} recipe={recipe} onRecipe={onRecipe} />}
      <div class="top-actions">
        <div class="segmented" role="group" aria-label="View">
          {views.map((name) => (
            <button
              key={name}
              type="button"
              aria-pressed={view === name}
              onClick={() => onView(name)}
            >
              {viewNames[name]}
            </button>
          ))}
        </div>
        <button
          type="button"
          class="icon-button"
          aria-label="New chat"
          title="New chat"
          disabled={!canClear}
          onClick={onNewChat}
        >
          <Icon name="plus" />
        </button>
        <ThemeToggle />
      </div>
    </header>
  );
}

type RecipePickerProps = Pick<TopBarProps, 'recipes' | 'onRecipe'> & {
  readonly recipe: ServedRecipe;
};

function RecipePicker({ recipes, recipe, onRecipe }: RecipePickerProps) {
  if (recipes.length < 2) return <span class="recipe-name">{recipe.name}</span>;
  return (
    <select
      class="recipe-name"
      aria-label="Recipe"
      value={recipe.name}
      onChange={({ currentTarget }) => onRecipe(currentTarget.value)}
    >
      {recipes.map(({ name }) => (
        <option key={name} value={name}>
          {name}
        </option>
      ))}
    </select>
  );
}
