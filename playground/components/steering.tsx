import type { Params, Recipe } from '../api/wire.ts';
import { ParamControl } from './param-control.tsx';

interface SteeringProps {
  readonly recipe: Recipe;
  readonly params: Params;
  readonly isLive: boolean;
  readonly onParams: (params: Params) => void;
  readonly onLive: (isLive: boolean) => void;
}

/** The formula's params as live controls. */
export function Steering({ recipe, params, isLive, onParams, onLive }: SteeringProps) {
  const entries = Object.entries(recipe.params);
  if (entries.length === 0) return null;
  return (
    <section class="steering" aria-label="Steering">
      <div class="params">
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
