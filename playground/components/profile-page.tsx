import { useRef } from 'preact/hooks';

import type { ServedRecipe } from '../../src/spec/index.ts';
import type { ProfileEntry } from '../api/wire.ts';
import { useInterview } from '../profiles/use-interview.ts';
import { useProfile } from '../profiles/use-profile.ts';
import { titleOf, type Profiles } from '../profiles/use-profiles.ts';
import { useWork } from '../profiles/use-work.ts';
import { AttributeControl } from './attribute-control.tsx';
import { BeforeAfter } from './before-after.tsx';
import { ErrorNote, type Remedies } from './error-note.tsx';
import { Interview } from './interview.tsx';
import { ProfileActions } from './profile-actions.tsx';
import { ProfilePicker } from './profile-picker.tsx';

interface ProfilePageProps {
  readonly recipe: ServedRecipe;
  readonly recipes: readonly ServedRecipe[];
  readonly profiles: Profiles;
  readonly onRecipe: (name: string) => void;
  readonly onRemedy: Omit<Remedies, 'retry'>;
}

/** What users like: their interviews, what was learned, and what it does to answers. */
export function ProfilePage({ recipe, recipes, profiles, onRecipe, onRemedy }: ProfilePageProps) {
  const { chosen, failure } = profiles;
  const main = useRef<HTMLElement>(null);
  const isOff = failure?.error.code === 'profiles_off';
  if (recipe.profile === null) return <NoProfiles {...{ recipe, recipes, onRecipe }} />;
  return (
    <main ref={main} class="profile-page" aria-label="Profile" tabIndex={-1}>
      {!isOff && <ProfilePicker profiles={profiles} />}
      {failure !== null && (
        <ErrorNote error={failure.error} onRemedy={{ ...onRemedy, retry: failure.retry }} />
      )}
      {chosen === null && !isOff && (
        <section class="welcome" aria-label="Start">
          <h2>Answers in the manner you like</h2>
          <p>
            Choose between two answers, ten to twenty times. What you like is learned from that, and
            every answer can be steered by it.
          </p>
        </section>
      )}
      {chosen !== null && (
        <UserProfile
          key={`${chosen.id} ${recipe.name}`}
          {...{ recipe, chosen, onRemedy }}
          onDeleted={() => {
            profiles.choose(null);
            profiles.reload();
            main.current?.focus(); // the button that had it goes
          }}
        />
      )}
    </main>
  );
}

type NoProfilesProps = Pick<ProfilePageProps, 'recipe' | 'recipes' | 'onRecipe'>;

function NoProfiles({ recipe, recipes, onRecipe }: NoProfilesProps) {
  return (
    <main class="profile-page" aria-label="Profile">
      <section class="welcome" aria-label="Start">
        <h2>{recipe.name} has no profiles</h2>
        <p>It does not say what its users differ in. These recipes do:</p>
        <ul class="suggestions">
          {recipes
            .filter(({ profile }) => profile !== null)
            .map(({ name }) => (
              <li key={name}>
                <button type="button" onClick={() => onRecipe(name)}>
                  {name}
                </button>
              </li>
            ))}
        </ul>
      </section>
    </main>
  );
}

interface UserProfileProps extends Pick<ProfilePageProps, 'recipe' | 'onRemedy'> {
  readonly chosen: ProfileEntry;
  readonly onDeleted: () => void;
}

function UserProfile({ recipe, chosen, onRemedy, onDeleted }: UserProfileProps) {
  const profile = useProfile(chosen.id, recipe.name);
  const interview = useInterview(chosen.id, recipe.name, profile);
  const others = useWork();
  const { view, change, override } = profile;
  const failure = profile.failure ?? others.failure;
  return (
    <>
      {failure !== null && (
        <ErrorNote error={failure.error} onRemedy={{ ...onRemedy, retry: failure.retry }} />
      )}
      {view !== null && (
        <>
          <div class="profile-columns">
            <Interview interview={interview} onRemedy={onRemedy} />
            <section class="learned" aria-label="What is known">
              <div class="profile-head">
                <h2>{titleOf(view)}</h2>
                <ProfileActions {...{ view, change, onDeleted }} run={others.run} />
              </div>
              <ul class="attributes">
                {view.attributes.map((attribute) => (
                  <AttributeControl
                    key={attribute.name}
                    attribute={attribute}
                    onOverride={(weight) => override(attribute.name, weight)}
                  />
                ))}
              </ul>
              <p class="facts">
                The band holds what is likely at 80 %, the line in it is the best guess. The slider
                is what steers: cautiously, while little is known.
              </p>
            </section>
            <BeforeAfter recipe={recipe} view={view} onRemedy={onRemedy} />
          </div>
        </>
      )}
      <div class="visually-hidden" role="status">
        {view?.text}
      </div>
    </>
  );
}
