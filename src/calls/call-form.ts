import type { CallForm } from '../spec/index.ts';

/** How one form writes calls: `open`, then each call, with `between` between two, then `close`. */
export interface CallSpelling {
  /** What no text may have that is no call: every first call begins with it. */
  readonly trigger: string;
  readonly open: string;
  readonly between: string;
  readonly close: string;
  /** What of `open` many vocabularies have as a control token. */
  readonly token?: string;
  /** Around the name. */
  readonly beforeName: string;
  readonly afterName: string;
  /** After the arguments. */
  readonly end: string;
  /** Whether an answer may have several. */
  readonly several: boolean;
}

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
