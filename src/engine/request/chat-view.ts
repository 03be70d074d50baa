import {
  findToolSupport,
  type ChatRenderer,
  type TemplateInput,
  type ToolSupport,
} from '../../prompt/index.ts';
import type { PromptView, RecipeModel } from '../../recipe/index.ts';
import type { ChatMessage, ChatPrompt, LanguageModel } from '../../spec/index.ts';
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

/** What renders conversations as a model sees them. */
interface Rendering {
  readonly view: Extract<PromptView, { kind: 'chat' }>;
  readonly system: RecipeModel['system'];
  readonly weights: Pick<LanguageModel, 'chatTemplate' | 'vocabulary'>;
  readonly renderer: ChatRenderer;
  readonly signal: AbortSignal | undefined;
}

/** The template that a view is seen through. */
export function templateOf({ view, weights }: Pick<Rendering, 'view' | 'weights'>): string {
  return view.template ?? weights.chatTemplate!;
}

/**
 * Conversations through a chat view's template; where the model has no system message at all (`system: false`),
 * without what the template says in the place of one.
 * @param tools - Of the conversations. @throws TemplateError
 */
export async function createRendering(
  rendering: Rendering,
  continueFinalMessage: boolean,
  tools: TemplateInput['tools'],
): Promise<(input: TemplateInput) => Promise<string>> {
  const render = (input: TemplateInput): Promise<string> =>
    renderInput(rendering, input, continueFinalMessage);
  const persona =
    rendering.system === false
      ? await findPersona((messages) => renderInput(rendering, { messages, tools }))
      : null;
  if (persona === null) return render;
  return async (input) => {
    const text = await render(input);
    const { written, bare } = persona;
    return text.startsWith(written) ? bare + text.slice(written.length) : text;
  };
}

function renderInput(
  { view, weights, renderer, signal }: Rendering,
  { messages, tools }: TemplateInput,
  continueFinalMessage = false,
): Promise<string> {
  const { bos, eos } = weights.vocabulary.special;
  const { vocabulary } = weights;
  return renderer.render({
    template: templateOf({ view, weights }),
    messages,
    tools,
    continueFinalMessage,
    bosToken: bos === null ? '' : vocabulary.label(bos),
    eosToken: eos === null ? '' : vocabulary.label(eos),
    ...(signal && { signal }),
  });
}

/** Of templates, by vocabulary: what a template writes may depend on how BOS and EOS are spelled. */
const supports = new WeakMap<object, Map<string, Promise<ToolSupport>>>();

/** What a chat view's template does with tools, found once. @throws What rendering throws but TemplateError. */
export function toolSupportOf(rendering: Rendering): Promise<ToolSupport> {
  const known = supports.get(rendering.weights.vocabulary) ?? new Map();
  supports.set(rendering.weights.vocabulary, known);
  const template = templateOf(rendering);
  let support = known.get(template) as Promise<ToolSupport> | undefined;
  if (support === undefined) {
    // Not ended by the request that asks first: others wait for it too.
    support = findToolSupport((input) => renderInput({ ...rendering, signal: undefined }, input));
    support.catch(() => known.delete(template));
    known.set(template, support);
  }
  return support;
}

/** Whether a conversation says anything of tools. */
export function hasTools({ messages, tools = [] }: ChatPrompt): boolean {
  return tools.length > 0 || messages.some(({ role, toolCalls }) => role === 'tool' || toolCalls);
}
