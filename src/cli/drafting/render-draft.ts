import type { DraftRole, RecipeDraft } from '../../drafting/index.ts';
import { toWrittenPlace } from '../../recipe/index.ts';
import { escapeLine } from '../render/escape.ts';
import { formatBytes } from '../render/numbers.ts';
import type { Palette } from '../render/palette.ts';
import { renderTable } from '../render/table.ts';

const words: Readonly<Record<DraftRole['role'], string>> = {
  base: 'base',
  expert: 'expert',
  antiExpert: 'anti-expert',
};

/** What was found out of the models. @param file - Where the recipe was written; `null` if it was not. */
export function renderDraft(
  { recipe, roles, vocabularies, memory }: RecipeDraft,
  file: string | null,
  { bold, dim }: Palette,
): string[] {
  const title = bold(escapeLine(recipe.name));
  return [
    file === null ? title : `${title}  ${dim(escapeLine(file))}`,
    '',
    ...renderTable(
      [{ title: 'role' }, { title: 'model' }, { title: 'because it is' }],
      roles.map(({ role, model, reason }) => [
        words[role],
        escapeLine(toWrittenPlace(model, process.cwd())),
        reason,
      ]),
      dim,
    ),
    '',
    ...vocabularies.map(escapeLine),
    `${dim('memory')} about ${formatBytes(memory.totalBytes)} of ${formatBytes(memory.availableBytes)} available`,
    '',
  ];
}
