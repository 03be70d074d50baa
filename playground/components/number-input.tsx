import { useEffect, useId, useState } from 'preact/hooks';

interface NumberInputProps {
  /** As its label calls it. */
  readonly name: string;
  readonly class?: string;
  readonly 'aria-label'?: string;
  readonly min: number | null;
  readonly max: number | null;
  readonly step: number;
  readonly placeholder?: string;
  /** `null` is an empty field. */
  readonly value: number | null;
  /** Whether it may be left empty. */
  readonly isOptional: boolean;
  readonly onChange: (value: number | null) => void;
}

/** A number in a range. One out of it stays as it was typed, is not taken, and the field says so. */
export function NumberInput(props: NumberInputProps) {
  const { name, min, max, step, value, isOptional, onChange, placeholder } = props;
  const id = useId();
  /** What was typed and not taken. */
  const [refused, setRefused] = useState<string | null>(null);
  useEffect(() => setRefused(null), [value]);
  const take = ({ value: text, valueAsNumber, validity }: HTMLInputElement): void => {
    const isEmpty = text === '' && !validity.badInput;
    const isOut = validity.rangeUnderflow || validity.rangeOverflow || validity.badInput;
    if (isOut) setRefused(text === '' ? 'That' : text);
    else {
      setRefused(null);
      if (!isEmpty || isOptional) onChange(isEmpty ? null : valueAsNumber);
    }
  };
  return (
    <>
      <input
        class={props.class}
        type="number"
        aria-label={props['aria-label']}
        aria-invalid={refused !== null}
        aria-describedby={`${id}-fault`}
        min={min ?? undefined}
        max={max ?? undefined}
        step={step}
        placeholder={placeholder}
        value={refused ?? value ?? ''}
        onInput={({ currentTarget }) => take(currentTarget)}
        onBlur={({ currentTarget }) => {
          // A field that must hold a number shows the one in force.
          if (currentTarget.value === '' && value !== null) currentTarget.value = String(value);
        }}
      />
      <span id={`${id}-fault`} class="number-fault" aria-live="polite">
        {refused !== null && `${refused} is not taken: ${name} must be ${rangeText(min, max)}.`}
      </span>
    </>
  );
}

function rangeText(min: number | null, max: number | null): string {
  if (min !== null && max !== null) return `${min} to ${max}`;
  if (min !== null) return `${min} or more`;
  return max === null ? 'a number' : `${max} or less`;
}
