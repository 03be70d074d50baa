import {
  Markup,
  noToolSupport,
  toTemplateInput,
  unmark,
  withoutControls,
  withToolText,
  type ChatRenderer,
} from '../../prompt/index.ts';
import type { RecipeModel } from '../../recipe/index.ts';
import type { ChatPrompt, LanguageModel, TokenId, Vocabulary } from '../../spec/index.ts';
import {
  createRendering,
  hasTools,
  templateOf,
  toolSupportOf,
  toRawText,
  withSystem,
} from './chat-view.ts';
import { requireCounted, tokenizeCounted, tokenizeFitting, type Room } from './tokenize-fitting.ts';

interface Seeing {
  readonly declaration: Pick<RecipeModel, 'view' | 'markup' | 'system'>;
  readonly weights: LanguageModel;
}

/**
 * A conversation as one model sees it. What its messages spell is text, whatever it looks like: only the
 * template's own words become control tokens (docs/adr/0014-text-is-not-markup.md).
 * @throws TemplateError, ContextLengthError
 */
export async function readConversation(
  said: ChatPrompt,
  { declaration, weights }: Seeing,
  room: Room,
  renderer: ChatRenderer,
  signal: AbortSignal | undefined,
): Promise<TokenId[]> {
  const { vocabulary } = weights;
  const { view, system } = declaration;
  const { continueFinalMessage = false, toolChoice } = said;
  const shown: ChatPrompt = {
    messages: withSystem(said.messages, system),
    tools: toolChoice === 'none' ? undefined : said.tools,
  };
  const isText = declaration.markup === 'text';
  if (view.kind === 'raw') {
    const text = toRawText(withToolText(shown, noToolSupport).messages);
    const options = { addSpecial: true, parseSpecial: !isText, signal };
    const tokens = await tokenizeFitting(vocabulary, text, options, room);
    return isText ? afterBos(vocabulary, tokens, text) : tokens;
  }
  const rendering = { view, system, weights, renderer, signal };
  const support = hasTools(shown) ? await toolSupportOf(rendering) : noToolSupport;
  const input = toTemplateInput(withToolText(shown, support), support.calls ?? undefined);
  const render = await createRendering(rendering, continueFinalMessage, input.tools);
  const plain = await render(input);
  const markup = Markup.of(vocabulary);
  const marked = isText ? markup.mark(input, templateOf(rendering)) : null;
  if (marked !== null) {
    const text = await render(marked);
    const own = markup.find(text);
    const found = markup.find(plain);
    // Where the messages add no control token, the whole is tokenised as one.
    if (own.map(idOf).join() !== found.map(idOf).join()) {
      return readParts(vocabulary, cutAt(text, own), room, signal);
    }
  }
  const { bos, addBos } = vocabulary.special;
  const bosToken = bos === null ? '' : vocabulary.label(bos);
  // Many templates write BOS themselves; two of them would be a prompt no model has seen.
  const addSpecial = addBos && !(bosToken !== '' && plain.startsWith(bosToken));
  return tokenizeFitting(vocabulary, plain, { addSpecial, parseSpecial: true, signal }, room);
}

/** A control token that the template wrote, or text. */
type Part = TokenId | string;

function idOf({ tokenId }: { readonly tokenId: TokenId }): TokenId {
  return tokenId;
}

function cutAt(text: string, controls: ReturnType<Markup['find']>): Part[] {
  const parts: Part[] = [];
  let at = 0;
  for (const { tokenId, begin, end } of controls) {
    parts.push(unmark(text.slice(at, begin)), tokenId);
    at = end;
  }
  parts.push(unmark(text.slice(at)));
  return parts.filter((part) => part !== '');
}

async function readParts(
  vocabulary: Vocabulary,
  parts: readonly Part[],
  room: Room,
  signal: AbortSignal | undefined,
): Promise<TokenId[]> {
  const { bos, addBos } = vocabulary.special;
  const asText = { addSpecial: false, parseSpecial: false, signal };
  const addSpecial = addBos && parts[0] !== bos;
  const around = addSpecial ? vocabulary.tokenize('', { ...asText, addSpecial }) : [];
  const tokens = around.slice(0, 1);
  const strips = new Map<TokenId, boolean>();
  for (const [i, part] of parts.entries()) {
    requireCounted(tokens.length, room);
    if (typeof part === 'number') {
      tokens.push(part);
      continue;
    }
    const before = parts[i - 1];
    const text = typeof before === 'number' && isStripping(before) ? part.trimStart() : part;
    const read = await tokenizeCounted(vocabulary, text, asText, room);
    for (const tokenId of withoutControls(vocabulary, read, text)) tokens.push(tokenId);
  }
  return [...tokens, ...around.slice(1)];

  /** Whether a control token swallows the white space behind it, as some do. */
  function isStripping(tokenId: TokenId): boolean {
    const spelled = `${vocabulary.label(tokenId)}\n \n`;
    const known =
      strips.get(tokenId) ??
      vocabulary.tokenize(spelled, { addSpecial: false, parseSpecial: true }).length === 1;
    strips.set(tokenId, known);
    return known;
  }
}

/** The tokens of a text of which only BOS is control. */
function afterBos(vocabulary: Vocabulary, tokens: readonly TokenId[], text: string): TokenId[] {
  const { bos, addBos } = vocabulary.special;
  const count = addBos && tokens[0] === bos ? 1 : 0;
  return [...tokens.slice(0, count), ...withoutControls(vocabulary, tokens.slice(count), text)];
}
