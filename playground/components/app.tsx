import { useEffect, useMemo, useState } from 'preact/hooks';

import { lacksAnswer, type Role, type Turn } from '../answers/answer.ts';
import { emptyDraft, readDraft } from '../answers/constraint.ts';
import { defaultSettings } from '../answers/request.ts';
import { useChanged } from '../answers/use-changed.ts';
import { useConversation } from '../answers/use-conversation.ts';
import { useRecipes } from '../answers/use-recipes.ts';
import { storeKey } from '../api/transport.ts';
import type { ApiError } from '../api/errors.ts';
import type { ServedRecipe } from '../../src/spec/index.ts';
import type { Params } from '../api/wire.ts';
import { useProfiles } from '../profiles/use-profiles.ts';
import { Announcer } from './announcer.tsx';
import { Dock, type Panel } from './dock.tsx';
import { ErrorNote, type Remedies } from './error-note.tsx';
import { KeyDialog } from './key-dialog.tsx';
import { ProfilePage } from './profile-page.tsx';
import { TopBar, type View } from './top-bar.tsx';
import { TurnView } from './turn-view.tsx';
import { useFollowEnd } from './use-follow-end.ts';
import { Welcome } from './welcome.tsx';

/** While an answer is under way, a control must rest this long before the question is asked again. */
const liveDelayMs = 120;

export function App() {
  const recipes = useRecipes();
  const [name, setName] = useState<string | null>(null);
  const [view, setView] = useState<View>('chat');
  const [ownParams, setParams] = useState<Params>({});
  const [settings, setSettings] = useState(defaultSettings);
  const [rewards, setRewards] = useState<Params>({});
  const [draft, setDraft] = useState(emptyDraft);
  const [refusal, setRefusal] = useState<ApiError | null>(null);
  const [panel, setPanel] = useState<Panel | null>(null);
  const [isLive, setLive] = useState(true);
  const [asksKey, setAsksKey] = useState(false);

  const recipe = recipes.all.find((each) => each.name === name) ?? recipes.all[0] ?? null;
  const params = useMemo(() => ({ ...defaultsOf(recipe), ...ownParams }), [recipe, ownParams]);
  const roles = rolesOf(recipe, view);
  const profiles = useProfiles(recipe);
  const profile = profiles.chosen?.id ?? null;
  const { fields: constraint, fault } = useMemo(() => readDraft(draft), [draft]);
  const conversation = useConversation({
    recipe,
    params,
    rewards,
    profile,
    constraint,
    settings,
    roles,
    onConstraintRefused: setRefusal,
  });
  const { turns, isBusy, ask, answerAgain, stop, clear } = conversation;
  const last = turns.at(-1);
  useFollowEnd(turns);

  const dropParams = useChanged(
    ownParams,
    !isBusy,
    liveDelayMs,
    () => isLive && answerAgain(['composed']),
  );
  const dropRewards = useChanged(
    rewards,
    !isBusy,
    liveDelayMs,
    () => isLive && answerAgain(['composed']),
  );
  const dropProfile = useChanged(profile, !isBusy, 0, () => isLive && answerAgain(['composed']));
  const dropConstraint = useChanged(
    JSON.stringify(constraint),
    false,
    5 * liveDelayMs,
    () => isLive && fault === null && answerAgain(roles),
  );
  const dropSettings = useChanged(
    settings,
    false,
    3 * liveDelayMs,
    () => isLive && answerAgain(roles),
  );
  useChanged(view, true, 0, () =>
    answerAgain(roles.filter((role) => last?.answers[role] === undefined)),
  );

  const onAsk = (question: string): boolean => {
    if (fault !== null) {
      setPanel('constraint');
      return false;
    }
    const drops = [dropParams, dropRewards, dropProfile, dropConstraint, dropSettings];
    for (const drop of drops) drop();
    ask(question); // it takes what has changed
    return true;
  };
  const error = recipes.error ?? failureOf(last);
  useEffect(() => {
    if (error?.status === 401) setAsksKey(true);
  }, [error]);

  /** Asks again for what a turn has no answer to, in the conversation up to it. */
  const retryTurn = (turn: Turn | undefined): void =>
    answerAgain(
      roles.filter((role) => lacksAnswer(turn?.answers[role])),
      turn?.id,
    );
  const retry = (): void => {
    if (recipes.all.length === 0) recipes.reload();
    else retryTurn(last);
  };
  const onRemedy: Remedies = { retry, newChat: clear, askKey: () => setAsksKey(true) };
  const onRecipe = (chosen: string): void => {
    clear();
    setParams({});
    setRewards({});
    setName(chosen);
  };

  return (
    <div class={`page ${view}`}>
      <TopBar
        recipes={recipes.all}
        recipe={recipe}
        view={view}
        canClear={turns.length > 0 && view !== 'profile'}
        onRecipe={onRecipe}
        onView={setView}
        onNewChat={clear}
      />
      {view === 'profile' && recipe !== null ? (
        <ProfilePage {...{ recipe, profiles, onRecipe, onRemedy }} recipes={recipes.all} />
      ) : (
        <main class="conversation" aria-label="Conversation">
          {recipes.error !== null && <ErrorNote error={recipes.error} onRemedy={onRemedy} />}
          {recipe !== null && last === undefined && <Welcome recipe={recipe} onAsk={onAsk} />}
          {recipe !== null &&
            turns.map((turn) => (
              <TurnView
                key={turn.id}
                {...{ turn, recipe }}
                onRemedy={{ ...onRemedy, retry: () => retryTurn(turn) }}
                roles={rolesOf(recipe, view)}
              />
            ))}
        </main>
      )}
      {recipe !== null && (
        <Dock
          {...{ recipe, params, profiles, rewards, draft, constraint, settings, panel }}
          {...{ isLive, isBusy }}
          isHidden={view === 'profile'}
          fault={fault ?? refusal?.message ?? null}
          question={last?.question}
          onParams={setParams}
          onRewards={setRewards}
          onDraft={(changed) => {
            setDraft(changed);
            setRefusal(null);
          }}
          onSettings={setSettings}
          onPanel={setPanel}
          onLive={setLive}
          onAsk={onAsk}
          onStop={stop}
        />
      )}
      <Announcer answer={last?.answers.composed} />
      {asksKey && (
        <KeyDialog
          onKey={(key) => {
            storeKey(key);
            retry();
          }}
          onClose={() => setAsksKey(false)}
        />
      )}
    </div>
  );
}

function defaultsOf(recipe: ServedRecipe | null): Params {
  const params = Object.entries(recipe?.params ?? {});
  return Object.fromEntries(params.map(([name, param]) => [name, param.default]));
}

function rolesOf(recipe: ServedRecipe | null, view: View): Role[] {
  if (view !== 'compare' || recipe === null) return ['composed'];
  return recipe.expert === null ? ['base', 'composed'] : ['base', 'expert', 'composed'];
}

function failureOf(turn: Turn | undefined): ApiError | null {
  const failed = Object.values(turn?.answers ?? {}).find(({ status }) => status === 'failed');
  return failed?.error ?? null;
}
