import type { Recipe } from '../api/wire.ts';

/** About people of the encyclopedia that the embedded models have read. */
const atlasQuestions = [
  'Where was Mada Norrar born?',
  'What was the trade of Almo Stenlast?',
  'What is Tadin Haltick best known for?',
  'What was the birth year of Orvis Marvir?',
];

interface WelcomeProps {
  readonly recipe: Recipe;
  readonly onAsk: (question: string) => boolean;
}

export function Welcome({ recipe, onAsk }: WelcomeProps) {
  const isAtlas = recipe.name.startsWith('atlas');
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
      {isAtlas && (
        <ul class="suggestions" aria-label="Suggestions">
          {atlasQuestions.map((question) => (
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
