import { useId } from 'preact/hooks';

import type { ConstraintDraft, ConstraintKind } from '../answers/constraint.ts';
import type { ServedRecipe } from '../../src/spec/index.ts';

interface ConstraintPanelProps {
  readonly recipe: ServedRecipe;
  readonly draft: ConstraintDraft;
  /** Why it is not kept to: it cannot be sent, or the server has refused it. */
  readonly fault: string | null;
  readonly onDraft: (draft: ConstraintDraft) => void;
}

const kinds: Record<ConstraintKind, { label: string; field: string; example: string }> = {
  json: {
    label: 'JSON',
    field: 'JSON schema',
    example:
      '{ "type": "object", "properties": { "town": { "type": "string", "maxLength": 20 } } }',
  },
  regex: { label: 'Pattern', field: 'Regular expression', example: 'In [A-Z][a-z]{2,12}\\.' },
  choice: { label: 'Choice', field: 'Choices, one a line', example: 'Stoneford\nHighmoor' },
};

/** What the answer must be. The room for the text is kept, so that nothing moves with the kind. */
export function ConstraintPanel({ recipe, draft, fault, onDraft }: ConstraintPanelProps) {
  const id = useId();
  const { kind, texts } = draft;
  const options: readonly (readonly [ConstraintKind | null, string])[] = [
    [null, recipe.constraint === null ? 'Anything' : 'As the recipe says'],
    ...(Object.keys(kinds) as ConstraintKind[]).map((name) => [name, kinds[name].label] as const),
  ];
  return (
    <section class="constraint" aria-label="What the answer must be">
      <div class="constraint-head">
        <span>Must be</span>
        <div class="segmented" role="group" aria-label="Kind">
          {options.map(([name, label]) => (
            <button
              key={label}
              type="button"
              aria-pressed={kind === name}
              onClick={() => onDraft({ ...draft, kind: name })}
            >
              {label}
            </button>
          ))}
        </div>
      </div>
      <textarea
        rows={4}
        dir={kind === 'choice' ? 'auto' : 'ltr'}
        spellcheck={false}
        autocomplete="off"
        aria-label={kind === null ? 'Nothing to say' : kinds[kind].field}
        aria-invalid={fault !== null}
        aria-describedby={`${id}-fault`}
        disabled={kind === null}
        placeholder={kind === null ? '' : kinds[kind].example}
        value={kind === null ? '' : texts[kind]}
        onInput={({ currentTarget: { value } }) => {
          if (kind !== null) onDraft({ ...draft, texts: { ...texts, [kind]: value } });
        }}
      />
      <p id={`${id}-fault`} class="fault" role="status">
        {fault}
      </p>
    </section>
  );
}
