import type { CheckedModel, PromptPart } from '../../engine/index.ts';
import { escapeControls } from './escape.ts';
import type { Palette } from './palette.ts';

/** A short conversation as each model reads it; what several read alike once. */
export function renderPrompts(
  models: readonly Pick<CheckedModel, 'name' | 'samplePrompt'>[],
  { dim, accent }: Pick<Palette, 'dim' | 'accent'>,
): string[] {
  const readers = new Map<string, string[]>();
  for (const { name, samplePrompt } of models) {
    if (samplePrompt === null) continue;
    const text = samplePrompt.map((part) => renderPart(part, accent)).join('');
    readers.set(text, [...(readers.get(text) ?? []), name]);
  }
  if (readers.size === 0) return [];
  return [
    dim('a conversation as each model sees it («…» is one special token)'),
    ...[...readers].flatMap(([text, names]) => [
      `  ${dim(names.join(', '))}`,
      ...text.split('\n').map((line) => `    ${line}`.trimEnd()),
    ]),
  ];
}

function renderPart({ text, isControl }: PromptPart, accent: (text: string) => string): string {
  return isControl ? accent(`«${escapeControls(text)}»`) : escapeControls(text);
}
