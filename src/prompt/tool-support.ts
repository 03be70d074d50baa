import { TemplateError, type CallForm } from '../spec/index.ts';
import { defaultCallForm, recogniseForm } from '../calls/index.ts';
import {
  toTemplateInput,
  type CallStyle,
  type TemplateInput,
  type TemplateMessage,
} from './template-input.ts';

/** What a template does with tools, their calls and results: what it does not show, it is told as text. */
export interface ToolSupport {
  /** Whether it shows the tools. */
  readonly tools: boolean;
  /** How it takes calls; `null`: it does not show them. */
  readonly calls: CallStyle | null;
  /** Whether it shows results. */
  readonly results: boolean;
  /** Whether it shows a system message. */
  readonly system: boolean;
  /** How it writes calls; the default where it does not, or in a form that is not known. */
  readonly form: CallForm;
}

export type RenderInput = (input: TemplateInput) => Promise<string>;

/** What no template shows of its own. */
const words = {
  question: 'trimtab-question',
  system: 'trimtab-system',
  result: 'trimtab-result',
  name: 'trimtab_function',
  key: 'trimtab_key',
  value: 'trimtab-value',
} as const;

const question: TemplateMessage = { role: 'user', content: words.question };

const tool = {
  name: words.name,
  description: 'A function.',
  parameters: {
    type: 'object',
    properties: { [words.key]: { type: 'string', description: 'A text.' } },
    required: [words.key],
  },
} as const;

const styles: readonly CallStyle[] = [null, 9].flatMap((idLength) =>
  (['object', 'text'] as const).flatMap((given) =>
    [true, false].map((nullContent) => ({ arguments: given, nullContent, idLength })),
  ),
);

/** Finds it by rendering small conversations, as it is hidden in what the template does. */
export async function findToolSupport(render: RenderInput): Promise<ToolSupport> {
  const system: TemplateMessage = { role: 'system', content: words.system };
  const withSystem = await renderIf(render, { messages: [system, question], tools: null });
  const { tools } = toTemplateInput({ messages: [], tools: [tool] });
  const offered = await renderIf(render, { messages: [question], tools });
  const called = await findCalls(render);
  return {
    tools: offered.includes(words.name),
    calls: called?.style ?? null,
    results: called?.text.includes(words.result) ?? false,
    system: withSystem.includes(words.system),
    form: (called && formOf(called.text)) ?? formNamedBy(offered) ?? defaultCallForm,
  };
}

interface ShownCall {
  readonly style: CallStyle;
  readonly text: string;
}

async function findCalls(render: RenderInput): Promise<ShownCall | null> {
  const call = {
    id: 'trimtabid',
    name: words.name,
    arguments: JSON.stringify({ [words.key]: words.value }),
  };
  const turns = [
    { role: 'user', content: words.question },
    { role: 'assistant', content: '', toolCalls: [call] },
    { role: 'tool', content: words.result, toolCallId: call.id },
  ] as const;
  for (const count of [3, 2]) {
    for (const style of styles) {
      // An id of none of the lengths that templates ask for, unless the style has it.
      const id = style.idLength === null ? 'call_trimtab' : call.id;
      const messages = turns.slice(0, count).map((turn) => withId(turn, id));
      const text = await renderIf(render, toTemplateInput({ messages, tools: [tool] }, style));
      if (isShown(text)) return { style, text };
    }
  }
  return null;
}

type Turn = Parameters<typeof toTemplateInput>[0]['messages'][number];

function withId(turn: Turn, id: string): Turn {
  return {
    ...turn,
    ...(turn.toolCalls && { toolCalls: turn.toolCalls.map((call) => ({ ...call, id })) }),
    ...(turn.toolCallId !== undefined && { toolCallId: id }),
  };
}

/** As JSON or in a form of its own, but not as Python's dictionary nor as JSON in a JSON string. */
function isShown(text: string): boolean {
  const wrong = [`'${words.key}'`, String.raw`\"${words.key}\"`];
  return text.includes(words.value) && !wrong.some((each) => text.includes(each));
}

const argumentsPattern = new RegExp(String.raw`\{\s*"${words.key}":\s*"${words.value}"\s*\}`);

function formOf(text: string): CallForm | undefined {
  const at = argumentsPattern.exec(text)?.index;
  return at === undefined ? undefined : recogniseForm(words.name, text.slice(0, at));
}

/** By what a template says of how to call the tools that it shows. */
function formNamedBy(offered: string): CallForm | undefined {
  if (offered.includes('<tool_call>')) return 'hermes';
  if (offered.includes('<function=')) return 'functionary';
  return offered.includes('[TOOL_CALLS]') ? 'mistral' : undefined;
}

/** Nothing where the template refuses the messages. */
async function renderIf(render: RenderInput, input: TemplateInput): Promise<string> {
  try {
    return await render(input);
  } catch (error) {
    if (error instanceof TemplateError) return '';
    throw error;
  }
}
