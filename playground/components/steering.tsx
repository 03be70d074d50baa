import type { ServedRecipe } from '../../src/spec/index.ts';
import type { Params } from '../api/wire.ts';
import type { Profiles } from '../profiles/use-profiles.ts';
import { ParamControl } from './param-control.tsx';
import { ProfileSelect } from './profile-picker.tsx';

interface SteeringProps {
  readonly recipe: ServedRecipe;
  readonly params: Params;
  readonly profiles: Profiles;
  readonly isLive: boolean;
  readonly onParams: (params: Params) => void;
  readonly onLive: (isLive: boolean) => void;
}

/** The formula's params as live controls, and whose profile steers beside them. */
export function Steering(props: SteeringProps) {
  const { recipe, params, profiles, isLive, onParams, onLive } = props;
  const entries = Object.entries(recipe.params);
  const hasUsers = profiles.entries.length > 0;
  if (entries.length === 0 && !hasUsers) return null;
  return (
    <section class="steering" aria-label="Steering">
      <div class="params">
        {hasUsers && (
          <div class="param">
            <span class="param-name">profile</span>
            <ProfileSelect {...profiles} none="None" />
          </div>
        )}
        {entries.map(([name, param]) => (
          <ParamControl
            key={name}
            name={name}
            param={param}
            value={params[name] ?? param.default}
            onChange={(value) => onParams({ ...params, [name]: value })}
          />
        ))}
      </div>
      <label class="switch" title="Answer the last question again while a control moves">
        <input
          type="checkbox"
          checked={isLive}
          onChange={({ currentTarget }) => onLive(currentTarget.checked)}
        />
        Live
      </label>
    </section>
  );
}
