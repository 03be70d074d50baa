import { useId } from 'preact/hooks';

import type { RecipeParam } from '../api/wire.ts';
import { Icon } from './icon.tsx';
import { NumberInput } from './number-input.tsx';

interface ParamControlProps {
  readonly name: string;
  readonly param: RecipeParam;
  readonly value: number;
  readonly onChange: (value: number) => void;
}

/** A slider, filled from 0, and a number for one param or weight. */
export function ParamControl({ name, param, value, onChange }: ParamControlProps) {
  const id = useId();
  const { min, max, step } = sliderRange(param);
  const place = (at: number): number => (Math.min(Math.max(at, min), max) - min) / (max - min);
  const [from, to] = [place(0), place(value)].toSorted((a, b) => a - b) as [number, number];
  return (
    <div class="param">
      <label class="param-name" for={id} title={param.description ?? name}>
        {name}
      </label>
      <input
        id={id}
        class="slider"
        type="range"
        min={min}
        max={max}
        step={step}
        value={value}
        style={{ '--from': `${from * 100}%`, '--to': `${to * 100}%` }}
        onInput={({ currentTarget }) => onChange(currentTarget.valueAsNumber)}
      />
      <NumberInput
        name={name}
        class="number"
        aria-label={`${name}, as a number`}
        min={param.min}
        max={param.max}
        step={step}
        value={value}
        isOptional={false}
        onChange={(typed) => onChange(typed ?? value)}
      />
      <button
        type="button"
        class="icon-button small"
        aria-label={`Reset ${name} to ${param.default}`}
        title={`Reset to ${param.default}`}
        disabled={value === param.default}
        onClick={() => onChange(param.default)}
      >
        <Icon name="reset" />
      </button>
    </div>
  );
}

/**
 * The declared range; where none is declared, one that holds 0, 1 and twice the default. The step is a
 * round number: about a fortieth of the range, or the next smaller one that meets the default.
 */
function sliderRange(param: RecipeParam): { min: number; max: number; step: number } {
  const min = param.min ?? Math.min(0, 2 * param.default);
  const max = param.max ?? Math.max(min + 1, 2 * param.default);
  const first = Math.floor(Math.log10((max - min) / 4));
  const steps = [first, first - 1, first - 2, first - 3]
    .flatMap((exponent) => [5, 2, 1].map((digit) => Number(`${digit}e${exponent}`)))
    .filter((step) => step <= ((max - min) / 40) * 1.001);
  const meets = (step: number): boolean => {
    const count = (param.default - min) / step;
    return Math.abs(count - Math.round(count)) < 1e-6;
  };
  return { min, max, step: steps.find(meets) ?? steps.at(-1)! };
}
