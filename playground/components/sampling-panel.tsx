import type { Settings } from '../answers/request.ts';
import type { ServedRecipe } from '../../src/spec/index.ts';
import { NumberInput } from './number-input.tsx';

interface SamplingPanelProps {
  readonly recipe: ServedRecipe;
  readonly settings: Settings;
  readonly onSettings: (settings: Settings) => void;
}

interface Field {
  readonly name: keyof Settings;
  readonly label: string;
  readonly min: number;
  readonly max: number;
  readonly step: number;
  readonly hint: string;
}

/** Empty fields leave the choice to the recipe. */
export function SamplingPanel({ recipe, settings, onSettings }: SamplingPanelProps) {
  const { temperature = 1, topP = 1, seed } = recipe.sampling;
  const fields: readonly Field[] = [
    {
      name: 'temperature',
      label: 'Temperature',
      min: 0,
      max: 2,
      step: 0.1,
      hint: `${temperature}`,
    },
    { name: 'topP', label: 'Top-p', min: 0.01, max: 1, step: 0.01, hint: `${topP}` },
    { name: 'seed', label: 'Seed', min: 0, max: 2 ** 32 - 1, step: 1, hint: `${seed ?? 'random'}` },
    { name: 'maxTokens', label: 'Max tokens', min: 1, max: 1e6, step: 1, hint: 'to the end' },
  ];
  return (
    <fieldset class="sampling">
      <legend class="visually-hidden">Sampling</legend>
      {fields.map(({ name, label, min, max, step, hint }) => (
        <label key={name} class="field">
          {label}
          <NumberInput
            {...{ min, max, step }}
            name={label}
            aria-label={label}
            placeholder={hint}
            value={settings[name]}
            isOptional
            onChange={(value) => onSettings({ ...settings, [name]: value })}
          />
        </label>
      ))}
    </fieldset>
  );
}
