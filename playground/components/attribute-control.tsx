import { useEffect, useId, useRef, useState } from 'preact/hooks';

import type { AttributeView } from '../api/wire.ts';
import { formatPlain, formatSigned } from '../tokens/numbers.ts';

interface AttributeControlProps {
  readonly attribute: AttributeView;
  /** `null` is the learned weight again. */
  readonly onOverride: (weight: number | null) => void;
}

/** How far the axis goes to each side; few users are farther out, and they are shown at its ends. */
const reach = 4;

/** Where a weight lies on the axis, from 0 to 1. */
function placeOf(weight: number): number {
  return (Math.min(Math.max(weight, -reach), reach) + reach) / (2 * reach);
}

/** What is known of one attribute as a bar, and under it, on the same axis, what steers. */
export function AttributeControl({ attribute, onOverride }: AttributeControlProps) {
  const { name, high, low, mean, interval, text, override, weight } = attribute;
  const id = useId();
  const slider = useRef<HTMLInputElement>(null);
  const [moved, setMoved] = useState<number | null>(null);
  useEffect(() => setMoved(null), [weight]);
  const value = moved ?? weight;
  const [from, to] = [placeOf(0), placeOf(value)].toSorted((a, b) => a - b) as [number, number];
  const [least, most] = interval;
  const learned = `${formatSigned(mean)}, ${formatPlain(least)} to ${formatPlain(most)} at 80 %`;
  return (
    <li class="attribute">
      <label class="attribute-ends" for={id}>
        <span>{low}</span>
        <span class="visually-hidden"> or </span>
        <span>{high}</span>
      </label>
      <div
        class="attribute-bar"
        role="img"
        aria-label={`${name}: ${learned}`}
        title={learned}
        style={{
          '--least': `${placeOf(least) * 100}%`,
          '--most': `${placeOf(most) * 100}%`,
          '--mean': `${placeOf(mean) * 100}%`,
        }}
      >
        <span class="attribute-band" />
        <span class="attribute-mean" />
      </div>
      <input
        ref={slider}
        id={id}
        class="slider"
        type="range"
        min={-reach}
        max={reach}
        step={0.1}
        value={value}
        aria-valuetext={`${formatSigned(value, 1)}, ${override === null ? 'learned' : 'set by you'}`}
        style={{ '--from': `${from * 100}%`, '--to': `${to * 100}%` }}
        onInput={({ currentTarget }) => setMoved(currentTarget.valueAsNumber)}
        onChange={({ currentTarget }) => onOverride(currentTarget.valueAsNumber)}
      />
      <div class="attribute-foot">
        <span>{override === null ? text : `set by you to ${formatSigned(override, 1)}`}</span>
        {override !== null && (
          <button
            type="button"
            class="text-button"
            aria-label={`Back to learned: ${name}`}
            onClick={() => {
              slider.current?.focus(); // this button goes
              onOverride(null);
            }}
          >
            Back to learned
          </button>
        )}
      </div>
    </li>
  );
}
