import type { CallForm } from '../spec/index.ts';

/** What one call is written between. */
export interface CallShape {
  /** Around the name. */
  readonly beforeName: string;
  readonly afterName: string;
  /** After the arguments. */
  readonly end: string;
}

/** How one form writes calls: `open`, then each call, with `between` between two, then `close`. */
export interface CallSpelling extends CallShape {
  /** What no text may have that is no call: every first call begins with it. */
  readonly trigger: string;
  readonly open: string;
  readonly between: string;
  readonly close: string;
  /** What of `open` many vocabularies have as a control token. */
  readonly token?: string;
  /** Whether an answer may have several. */
  readonly several: boolean;
  /** What models write instead, though their template does not: of a function that there is, and nothing else. */
  readonly others?: readonly CallShape[];
}

/** What Qwen2.5-Coder writes, though its template is Qwen2.5's: JSON in a block of code, or alone, in one line or several. */
const bareCalls: readonly CallShape[] = [
  { open: '```json\n', close: '\n```' },
  { open: '', close: '' },
].flatMap(({ open, close }) => [
  {
    beforeName: `${open}{\n  "name": "`,
    afterName: '",\n  "arguments": ',
    end: `\n}${close}`,
  },
  { beforeName: `${open}{"name": "`, afterName: '", "arguments": ', end: `}${close}` },
]);

/** What Hermes, Llama and Mistral write is JSON, of which models were shown this spacing. */
export const callSpellings: Readonly<Record<CallForm, CallSpelling>> = {
  hermes: {
    trigger: '<tool_call>',
    open: '',
    between: '\n',
    close: '',
    beforeName: '<tool_call>\n{"name": "',
    afterName: '", "arguments": ',
    end: '}\n</tool_call>',
    several: true,
    others: bareCalls,
  },
  llama: {
    trigger: '{"name": "',
    open: '',
    between: '',
    close: '',
    beforeName: '{"name": "',
    afterName: '", "parameters": ',
    end: '}',
    several: false,
  },
  mistral: {
    trigger: '[TOOL_CALLS]',
    open: '[TOOL_CALLS] [',
    token: '[TOOL_CALLS]',
    between: ', ',
    close: ']',
    beforeName: '{"name": "',
    afterName: '", "arguments": ',
    end: '}',
    several: true,
  },
  functionary: {
    trigger: '<function=',
    open: '',
    between: '',
    close: '',
    beforeName: '<function=',
    afterName: '>',
    end: '</function>',
    several: true,
  },
};

/** What calls in other spellings begin with, by function. */
export function otherHeads(
  { others = [] }: CallSpelling,
  names: readonly string[],
): { readonly name: string; readonly text: string }[] {
  return others.flatMap(({ beforeName, afterName }) =>
    names.map((name) => ({ name, text: beforeName + name + afterName })),
  );
}

/** What templates that do not know tools are given: the form that most open models are shown. */
export const defaultCallForm: CallForm = 'hermes';

/**
 * The form in which a template wrote a call.
 * @param before - What it wrote before the arguments, which end with the name and what follows it.
 */
export function recogniseForm(name: string, before: string): CallForm | undefined {
  const forms: readonly CallForm[] = ['functionary', 'mistral', 'hermes', 'llama'];
  return forms.find((form) => {
    const { open, beforeName, afterName } = callSpellings[form];
    const head = withoutSpace(`${open}${beforeName}${name}${afterName}`);
    return withoutSpace(before).endsWith(head);
  });
}

function withoutSpace(text: string): string {
  return text.replace(/\s+/g, '');
}
