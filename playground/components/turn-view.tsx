import type { Answer, Role, Turn } from '../answers/answer.ts';
import { isComposed } from '../answers/request.ts';
import type { ServedRecipe } from '../../src/spec/index.ts';
import { AnswerView } from './answer-view.tsx';
import type { Remedies } from './error-note.tsx';

interface TurnViewProps {
  readonly turn: Turn;
  readonly recipe: ServedRecipe;
  readonly roles: readonly Role[];
  readonly onRemedy: Remedies;
}

/** A question and its answer, or its answers side by side. */
export function TurnView({ turn, recipe, roles, onRemedy }: TurnViewProps) {
  const shown = roles.filter((role) => turn.answers[role] !== undefined);
  const isCompared = shown.length > 1;
  const hasPlain = shown.includes('plain'); // both of one formula
  return (
    <article class="turn">
      <h2 class="question" dir="auto">
        {turn.question}
      </h2>
      <div class={isCompared ? 'lanes' : ''}>
        {shown.map((role) => {
          const answer = turn.answers[role]!;
          const name = laneName(role, answer);
          return (
            <section key={role} class="lane" aria-label={name}>
              {isCompared && (
                <h3 class="lane-head">
                  {name} {!hasPlain && <code>{modelOf(recipe, role)}</code>}
                </h3>
              )}
              <AnswerView
                answer={answer}
                label={isCompared ? `${name}: answer` : 'Answer'}
                onRemedy={onRemedy}
              />
            </section>
          );
        })}
      </div>
    </article>
  );
}

const roleNames: Record<Role, string> = {
  base: 'Base',
  expert: 'Expert',
  plain: 'Without the profile',
  composed: 'Composed',
};

function laneName(role: Role, { profile }: Answer): string {
  return profile === null ? roleNames[role] : 'With the profile';
}

function modelOf(recipe: ServedRecipe, role: Role): string {
  if (isComposed(role)) return recipe.formula;
  return (role === 'base' ? recipe.base : recipe.expert) ?? '';
}
