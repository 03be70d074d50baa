import type { ChatRenderer } from '../../prompt/index.ts';
import type { PromptView, RecipeModel } from '../../recipe/index.ts';
import type { ChatMessage, LanguageModel } from '../../spec/index.ts';
import { findPersona } from './default-persona.ts';

/** `undefined` leaves the system messages, `null` and `false` drop them, a string replaces them. */
export function withSystem(
  messages: readonly ChatMessage[],
  system: RecipeModel['system'],
): readonly ChatMessage[] {
  if (system === undefined) return messages;
  const others = messages.filter(({ role }) => role !== 'system');
  return typeof system === 'string' ? [{ role: 'system', content: system }, ...others] : others;
}

/** A conversation for a model that sees no markup. */
export function toRawText(messages: readonly ChatMessage[]): string {
  return messages.map(({ content }) => content).join('\n\n');
}

/** What renders messages as a model sees them. */
interface Rendering {
  readonly view: Extract<PromptView, { kind: 'chat' }>;
  readonly system: RecipeModel['system'];
  readonly weights: Pick<LanguageModel, 'chatTemplate' | 'vocabulary'>;
  readonly renderer: ChatRenderer;
  readonly signal: AbortSignal | undefined;
}

/**
 * Conversations through a chat view's template; where the model has no system message at all (`system: false`),
 * without what the template says in the place of one. @throws TemplateError
 */
export async function createRendering({
  view,
  system,
  weights: { chatTemplate, vocabulary },
  renderer,
  signal,
}: Rendering): Promise<(messages: readonly ChatMessage[]) => Promise<string>> {
  const { bos, eos } = vocabulary.special;
  const render = (messages: readonly ChatMessage[]): Promise<string> =>
    renderer.render({
      template: view.template ?? chatTemplate!,
      messages,
      bosToken: bos === null ? '' : vocabulary.label(bos),
      eosToken: eos === null ? '' : vocabulary.label(eos),
      ...(signal && { signal }),
    });
  const persona = system === false ? await findPersona(render) : null;
  if (persona === null) return render;
  return async (messages) => {
    const text = await render(messages);
    const { written, bare } = persona;
    return text.startsWith(written) ? bare + text.slice(written.length) : text;
  };
}
