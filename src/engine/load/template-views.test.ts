import { describe, expect, it } from 'vitest';

import { resolveRecipe, type RecipeDocument } from '../../recipe/index.ts';
import { withTemplate } from './template-views.ts';

type Models = RecipeDocument['models'];
type Prompts = Readonly<Record<string, Exclude<Models[string], string>['prompt']>>;

/** A trio of which some files have templates, and what `name` is seen through. */
function seen(
  name: string,
  templates: Readonly<Record<string, string>>,
  prompts: Prompts = {},
  mayBorrow = true,
): string | null {
  const names = ['large', 'tuned', 'small'];
  const recipe = resolveRecipe(
    {
      models: Object.fromEntries(
        names.map((each) => [
          each,
          { file: `${each}.gguf`, ...(prompts[each] !== undefined && { prompt: prompts[each] }) },
        ]),
      ),
      base: 'large',
      expert: 'tuned',
      antiExpert: 'small',
    },
    { directory: '/' },
  );
  const files = new Map(
    names.map((each) => [each, { name: `${each}.gguf`, chatTemplate: templates[each] ?? null }]),
  );
  const { view } = withTemplate(recipe, recipe.models.get(name)!, files, mayBorrow);
  return view.kind === 'raw' ? null : view.template;
}

describe('a model is seen through', () => {
  const all = { large: 'L', tuned: 'T', small: 'S' };

  it.each<[string, Readonly<Record<string, string>>, Prompts, string | null]>([
    ['its own template', all, {}, 'L'],
    ["the expert's, where its file has none", { tuned: 'T' }, {}, 'T'],
    ["the expert's as it was given", {}, { tuned: { template: 'G' } }, 'G'],
    ["the expert's as it was named", { small: 'S' }, { tuned: { templateOf: 'small' } }, 'S'],
    ['one that it is given', all, { large: { template: 'G' } }, 'G'],
    ['one that it names', all, { large: { templateOf: 'small' } }, 'S'],
    ['that of one that is raw', all, { large: { templateOf: 'tuned' }, tuned: 'raw' }, 'T'],
    ['none where it is raw', all, { large: 'raw' }, null],
  ])('%s', (_, templates, prompts, expected) => {
    expect(seen('large', templates, prompts)).toBe(expected);
  });
});

describe('a chat view without a template', () => {
  it('is offered that of a model that has one', () => {
    expect(() => seen('large', { small: 'S' })).toThrow(
      'models.large: large.gguf has no chat template. small has one: say `prompt: { templateOf: small }`',
    );
    expect(() => seen('large', { small: 'S' }, { large: { templateOf: 'tuned' } })).toThrow(
      'models.large: tuned.gguf has no chat template. small has one',
    );
  });

  it('borrows none where that is not for it, as a reward model', () => {
    expect(() => seen('small', { tuned: 'T' }, {}, false)).toThrow('tuned has one');
  });

  it('is told what else there is where no model has one', () => {
    expect(() => seen('large', {})).toThrow(/no chat template\. Say `prompt: raw`.*template: "…"/);
  });
});
