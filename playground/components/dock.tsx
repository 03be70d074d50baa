import type { ConstraintDraft, ConstraintFields } from '../answers/constraint.ts';
import { toRequest, type Settings } from '../answers/request.ts';
import type { ServedRecipe } from '../../src/spec/index.ts';
import type { Params } from '../api/wire.ts';
import type { Profiles } from '../profiles/use-profiles.ts';
import { Composer } from './composer.tsx';
import { ConstraintPanel } from './constraint-panel.tsx';
import { Legend } from './legend.tsx';
import { RequestCode } from './request-code.tsx';
import { RewardsPanel } from './rewards-panel.tsx';
import { SamplingPanel } from './sampling-panel.tsx';
import { Steering } from './steering.tsx';

interface DockProps {
  readonly recipe: ServedRecipe;
  readonly isHidden: boolean;
  readonly params: Params;
  readonly profiles: Profiles;
  readonly rewards: Params;
  readonly draft: ConstraintDraft;
  readonly constraint: ConstraintFields;
  readonly fault: string | null;
  readonly settings: Settings;
  readonly panel: Panel | null;
  readonly isLive: boolean;
  readonly isBusy: boolean;
  /** The last one asked. */
  readonly question: string | undefined;
  readonly onParams: (params: Params) => void;
  readonly onRewards: (rewards: Params) => void;
  readonly onDraft: (draft: ConstraintDraft) => void;
  readonly onPanel: (panel: Panel | null) => void;
  readonly onSettings: (settings: Settings) => void;
  readonly onLive: (isLive: boolean) => void;
  readonly onAsk: (question: string) => boolean;
  readonly onStop: () => void;
}

export type Panel = 'rewards' | 'constraint' | 'sampling' | 'code';
const panelNames: Record<Panel, string> = {
  rewards: 'Rewards',
  constraint: 'Must be',
  sampling: 'Sampling',
  code: 'Code',
};

/** What one acts with, at the foot of the page: the params, the question, and what is seldom needed. */
export function Dock(props: DockProps) {
  const { recipe, params, profiles, rewards, constraint, settings } = props;
  const hasRewards = Object.keys(recipe.rewards).length > 0;
  // A recipe without rewards has no panel of that name, also where the last one had it open.
  const panel = props.panel === 'rewards' && !hasRewards ? null : props.panel;
  const names = (Object.keys(panelNames) as Panel[]).filter(
    (name) => name !== 'rewards' || hasRewards,
  );
  const isConstrained = Object.keys(constraint).length > 0;
  const messages = [{ role: 'user', content: props.question ?? 'Your question' }] as const;
  return (
    <section class="dock" aria-label="Question and controls" hidden={props.isHidden}>
      <div class="dock-inner">
        <Steering {...props} />
        <Composer {...props} />
        <div class="dock-foot">
          <Legend />
          <div class="dock-tabs">
            {names.map((name) => (
              <button
                key={name}
                type="button"
                class="text-button"
                aria-expanded={panel === name}
                aria-controls="dock-panel"
                onClick={() => props.onPanel(panel === name ? null : name)}
              >
                {panelNames[name]}
                {name === 'constraint' && isConstrained && (
                  <span class="on" role="img" aria-label="(on)" />
                )}
              </button>
            ))}
          </div>
        </div>
        <div id="dock-panel" hidden={panel === null}>
          {panel === 'rewards' && <RewardsPanel {...props} />}
          {panel === 'constraint' && <ConstraintPanel {...props} />}
          {panel === 'sampling' && <SamplingPanel {...props} />}
          {panel === 'code' && (
            <RequestCode
              request={toRequest({
                recipe,
                role: 'composed',
                messages,
                params,
                rewards,
                profile: profiles.chosen?.id ?? null,
                constraint,
                settings,
              })}
            />
          )}
        </div>
      </div>
    </section>
  );
}
