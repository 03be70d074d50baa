import type { ChatRenderer } from '../../prompt/index.ts';
import type { PromptView, RecipeModel } from '../../recipe/index.ts';
import { RecipeError, type ChatMessage, type LanguageModel } from '../../spec/index.ts';

/** @throws RecipeError for a chat view of a model that has no template and is given none. */
export function requireTemplate(
  { name, view }: RecipeModel,
  weights: LanguageModel,
  recipeFile: string | null,
): void {
  if (view.kind === 'raw' || view.template !== null || weights.chatTemplate !== null) return;
  throw new RecipeError(
    `models.${name}: ${weights.name} has no chat template. Say \`prompt: raw\`, or give one: ` +
      '`prompt: { template: "…" }`.',
    { file: recipeFile ?? undefined },
  );
}

/** `undefined` leaves the system messages, `null` drops them, a string replaces them. */
export function withSystem(
  messages: readonly ChatMessage[],
  system: string | null | undefined,
): readonly ChatMessage[] {
  if (system === undefined) return messages;
  const others = messages.filter(({ role }) => role !== 'system');
  return system === null ? others : [{ role: 'system', content: system }, ...others];
}

/** A conversation for a model that sees no markup. */
export function toRawText(messages: readonly ChatMessage[]): string {
  return messages.map(({ content }) => content).join('\n\n');
}

/** A conversation through a chat view's template. @throws TemplateError */
export function renderView(
  view: Extract<PromptView, { kind: 'chat' }>,
  messages: readonly ChatMessage[],
  { chatTemplate, vocabulary }: LanguageModel,
  renderer: ChatRenderer,
  signal?: AbortSignal,
): Promise<string> {
  const { bos, eos } = vocabulary.special;
  return renderer.render({
    template: view.template ?? chatTemplate!,
    messages,
    bosToken: bos === null ? '' : vocabulary.label(bos),
    eosToken: eos === null ? '' : vocabulary.label(eos),
    ...(signal && { signal }),
  });
}
