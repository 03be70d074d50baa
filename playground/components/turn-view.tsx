import type { Role, Turn } from '../answers/answer.ts';
import type { Recipe } from '../api/wire.ts';
import { AnswerView, type Remedies } from './answer-view.tsx';

interface TurnViewProps {
  readonly turn: Turn;
  readonly recipe: Recipe;
  readonly roles: readonly Role[];
  readonly onRemedy: Remedies;
}

/** A question and its answer, or its answers side by side. */
export function TurnView({ turn, recipe, roles, onRemedy }: TurnViewProps) {
  const shown = roles.filter((role) => turn.answers[role] !== undefined);
  const isCompared = shown.length > 1;
  return (
    <article class="turn">
      <h2 class="question">{turn.question}</h2>
      <div class={isCompared ? 'lanes' : ''}>
        {shown.map((role) => (
          <section key={role} class="lane" aria-label={roleNames[role]}>
            {isCompared && (
              <h3 class="lane-head">
                {roleNames[role]} <code>{modelOf(recipe, role)}</code>
              </h3>
            )}
            <AnswerView
              answer={turn.answers[role]!}
              label={isCompared ? `${roleNames[role]}: answer` : 'Answer'}
              onRemedy={onRemedy}
            />
          </section>
        ))}
      </div>
    </article>
  );
}

const roleNames: Record<Role, string> = { base: 'Base', expert: 'Expert', composed: 'Composed' };

function modelOf(recipe: Recipe, role: Role): string {
  if (role === 'composed') return recipe.formula;
  return (role === 'base' ? recipe.base : recipe.expert) ?? '';
}
