import { useState } from 'preact/hooks';

import { defaultSettings } from '../answers/request.ts';
import { suggestionsFor } from '../answers/suggestions.ts';
import { lacksAnswer } from '../answers/answer.ts';
import { useChanged } from '../answers/use-changed.ts';
import { useConversation } from '../answers/use-conversation.ts';
import type { ServedRecipe } from '../../src/spec/index.ts';
import type { ProfileView } from '../api/wire.ts';
import { Announcer } from './announcer.tsx';
import type { Remedies } from './error-note.tsx';
import { TurnView } from './turn-view.tsx';

interface BeforeAfterProps {
  readonly recipe: ServedRecipe;
  readonly view: ProfileView;
  readonly onRemedy: Omit<Remedies, 'retry'>;
}

const roles = ['plain', 'composed'] as const;

/** One prompt answered without the profile and with it; the latter again as soon as it has changed. */
export function BeforeAfter({ recipe, view, onRemedy }: BeforeAfterProps) {
  const [prompt, setPrompt] = useState(suggestionsFor(recipe)[0] ?? '');
  const { turns, isBusy, ask, answerAgain } = useConversation({
    recipe,
    params: {},
    rewards: {},
    profile: view.id,
    constraint: {},
    settings: defaultSettings,
    roles,
    onConstraintRefused: () => {},
  });
  const turn = turns.at(-1);
  const weights = JSON.stringify(view.attributes.map(({ weight }) => weight));
  useChanged(weights, !isBusy, 0, () => answerAgain(['composed']));
  const retry = (): void => answerAgain(roles.filter((role) => lacksAnswer(turn?.answers[role])));
  return (
    <section class="before-after" aria-label="Before and after">
      <h2>The same prompt, before and after</h2>
      <form
        class="profile-form"
        onSubmit={(event) => {
          event.preventDefault();
          if (prompt.trim() !== '') ask(prompt.trim(), []);
        }}
      >
        <input
          aria-label="Prompt"
          placeholder="A prompt"
          value={prompt}
          onInput={({ currentTarget }) => setPrompt(currentTarget.value)}
        />
        <button type="submit" class="primary">
          Answer
        </button>
      </form>
      {turn !== undefined && (
        <TurnView turn={turn} recipe={recipe} roles={roles} onRemedy={{ ...onRemedy, retry }} />
      )}
      <Announcer answer={turn?.answers.composed} />
    </section>
  );
}
