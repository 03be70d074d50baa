import { callSpellings } from '../../calls/index.ts';
import type { ChatRenderer } from '../../prompt/index.ts';
import {
  ConstraintError,
  InvalidOptionError,
  type CallForm,
  type CallSyntax,
  type Constraint,
  type JsonSchema,
  type Prompt,
  type StructuralTag,
  type Tool,
} from '../../spec/index.ts';
import type { LoadedModel } from '../load/models.ts';
import { toolSupportOf } from './chat-view.ts';

/** What an answer must be where it may call tools. */
export interface CallConstraint {
  readonly syntax: CallSyntax;
  readonly constraint: Constraint;
  /** An error of the constraint at its place in the request. */
  placed(error: ConstraintError): ConstraintError;
}

interface Answering {
  /** Whose template says how calls are written: the one that answers. */
  readonly model: Pick<LoadedModel, 'declaration' | 'weights'>;
  /** The request's own constraint; `undefined` where it has none. */
  readonly asked: Constraint | null | undefined;
  /** The recipe's. */
  readonly usual: Constraint | null;
  readonly renderer: ChatRenderer;
}

/**
 * The constraint of an answer to a conversation with tools: calls in the form of the template, with arguments that fit their
 * schemas; `null` where none may be called.
 * @throws InvalidOptionError for a constraint beside a call that must be.
 */
export async function constrainCalls(
  prompt: Prompt,
  { model, asked, usual, renderer }: Answering,
): Promise<CallConstraint | null> {
  if (typeof prompt === 'string' || !('messages' in prompt)) return null;
  const { tools = [], toolChoice = 'auto', parallelToolCalls = true } = prompt;
  if (tools.length === 0 || toolChoice === 'none') return null;
  const isAuto = toolChoice === 'auto';
  if (!isAuto && asked != null) {
    throw new InvalidOptionError(
      'toolChoice',
      'constraint and toolChoice both say what the answer must be: give one of them.',
    );
  }
  const isNamed = typeof toolChoice === 'object';
  const callable = tools.flatMap((tool, index) =>
    isNamed && tool.name !== toolChoice.name ? [] : { tool, index },
  );
  const form = await callFormOf(model, renderer);
  const isOne = isNamed || !parallelToolCalls;
  const calls = callsFormat(
    callable.map(({ tool }) => tool),
    form,
    isOne,
  );
  const other = isAuto ? (asked === undefined ? usual : asked) : null;
  return {
    syntax: { form, atStart: !isAuto || other !== null },
    constraint: { structuralTag: isAuto ? callsOr(other, calls, form) : calls },
    placed: ({ message, path }) => {
      const found = /\/tags\/(?<tag>\d+)\/content\/json_schema(?<pointer>.*)$/s.exec(path);
      const at = found && callable[Number(found.groups!['tag'])];
      const own = path.replace(/^\/elements\/0(?:\/(?:json_schema|pattern|grammar))?/, '');
      const place = isAuto ? own : 'toolChoice';
      return new ConstraintError(
        at ? `tools[${at.index}].parameters${found.groups!['pointer']}` : place,
        message,
      );
    },
  };
}

async function callFormOf(
  { declaration, weights }: Answering['model'],
  renderer: ChatRenderer,
): Promise<CallForm> {
  const { view, system } = declaration;
  if (view.kind === 'raw') return 'hermes';
  return (await toolSupportOf({ view, system, weights, renderer, signal: undefined })).form;
}

/** OpenAI's meaning of a function without parameters. */
const noArguments: JsonSchema = { type: 'object', properties: {}, additionalProperties: false };

/** One call or more. */
function callsFormat(tools: readonly Tool[], form: CallForm, isOne: boolean): StructuralTag {
  const spelling = callSpellings[form];
  const { open, token, between, close, beforeName, afterName, end, several } = spelling;
  const separated: StructuralTag = {
    type: 'tags_with_separator',
    separator: between,
    at_least_one: true,
    stop_after_first: isOne || !several,
    tags: tools.map(({ name, parameters }) => ({
      begin: `${beforeName}${name}${afterName}`,
      content: { type: 'json_schema', json_schema: parameters ?? noArguments },
      end,
    })),
  };
  if (open === '') return separated;
  return { type: 'sequence', elements: [...opening(open, token), separated, constText(close)] };
}

/** A text of which a part may be one control token. */
function opening(text: string, token = ''): StructuralTag[] {
  if (token === '') return [constText(text)];
  const either = { type: 'or', elements: [{ type: 'token', token }, constText(token)] };
  return [either, constText(text.slice(token.length))];
}

/** Calls, or what else the answer may be: free text, with or without calls at its end, unless something asks for more. */
function callsOr(other: Constraint | null, calls: StructuralTag, form: CallForm): StructuralTag {
  if (other !== null) return { type: 'or', elements: [toFormat(other), calls] };
  const free = { type: 'any_text', excludes: [callSpellings[form].trigger] };
  return { type: 'sequence', elements: [free, { type: 'optional', content: calls }] };
}

function toFormat(constraint: Constraint): StructuralTag {
  if ('structuralTag' in constraint) return constraint.structuralTag;
  if ('jsonSchema' in constraint) {
    return { type: 'json_schema', json_schema: constraint.jsonSchema };
  }
  if ('regex' in constraint) return { type: 'regex', pattern: constraint.regex };
  if ('grammar' in constraint) return { type: 'grammar', grammar: constraint.grammar };
  return { type: 'or', elements: constraint.choice.map(constText) };
}

function constText(value: string): StructuralTag {
  return { type: 'const_string', value };
}
