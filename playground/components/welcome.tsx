import { suggestionsFor } from '../answers/suggestions.ts';
import type { ServedRecipe } from '../../src/spec/index.ts';

interface WelcomeProps {
  readonly recipe: ServedRecipe;
  readonly onAsk: (question: string) => boolean;
}

export function Welcome({ recipe, onAsk }: WelcomeProps) {
  const suggestions = suggestionsFor(recipe);
  return (
    <section class="welcome" aria-label="Start">
      <h2>Steer a large model with small ones</h2>
      <p>
        {recipe.description ?? 'Ask a question, then move a control and watch every token move.'}
      </p>
      <p>
        <code>{recipe.formula}</code>
      </p>
      {Object.entries(recipe.params).map(
        ([name, { description }]) =>
          description !== null && (
            <p key={name} class="facts">
              <b>{name}</b>: {description}
            </p>
          ),
      )}
      {suggestions.length > 0 && (
        <ul class="suggestions" aria-label="Suggestions">
          {suggestions.map((question) => (
            <li key={question}>
              <button type="button" onClick={() => onAsk(question)}>
                {question}
              </button>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
