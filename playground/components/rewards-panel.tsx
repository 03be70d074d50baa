import type { ServedRecipe } from '../../src/spec/index.ts';
import type { Params } from '../api/wire.ts';
import { ParamControl } from './param-control.tsx';

interface RewardsPanelProps {
  readonly recipe: ServedRecipe;
  /** Weights that are not the recipe's. */
  readonly rewards: Params;
  readonly onRewards: (rewards: Params) => void;
}

/** How far the sliders go to each side, unless the recipe's own weight is farther out. */
const usualReach = 5;

/** The rewards' weights as live controls. */
export function RewardsPanel({ recipe, rewards, onRewards }: RewardsPanelProps) {
  return (
    <section class="params" aria-label="Weights of the rewards">
      {Object.entries(recipe.rewards).map(([name, { kind, weight }]) => {
        const reach = Math.max(usualReach, 2 * Math.abs(weight));
        const description = `${name}: ${kind}. Below 0 it is avoided.`;
        return (
          <ParamControl
            key={name}
            name={name}
            param={{ default: weight, min: -reach, max: reach, description }}
            value={rewards[name] ?? weight}
            onChange={(value) => onRewards({ ...rewards, [name]: value })}
          />
        );
      })}
    </section>
  );
}
