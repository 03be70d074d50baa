import { callSpellings, otherHeads, type CallShape } from '../../calls/index.ts';
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

/** What an answer must be. */
export interface AnswerConstraint {
  readonly constraint: Constraint | null;
  /** How it writes calls; `null` where it makes none. */
  readonly calls: CallSyntax | null;
  /** An error of the constraint at its place in the request. */
  readonly placed: (error: ConstraintError) => ConstraintError;
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
 * The constraint of an answer: the request's, or else the recipe's. Where tools may be called, calls in the form of the template, with
 * arguments that fit their schemas, beside it; where one must be, calls alone.
 * @throws InvalidOptionError for a request's constraint beside a call that must be.
 */
export async function constrainAnswer(
  prompt: Prompt,
  { model, asked, usual, renderer }: Answering,
): Promise<AnswerConstraint> {
  const own = asked === undefined ? usual : asked;
  const alone: AnswerConstraint = { constraint: own, calls: null, placed: (error) => error };
  if (typeof prompt === 'string' || !('messages' in prompt)) return alone;
  const { tools = [], toolChoice = 'auto', parallelToolCalls = true } = prompt;
  if (tools.length === 0 || toolChoice === 'none') return alone;
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
  // A model that decides may call as it was taught to; what it must is written in one way.
  const isFree = isAuto && own === null;
  const called = callable.map(({ tool }) => tool);
  const calls = callsFormat(called, form, { isOne, isFree });
  return {
    calls: {
      form,
      atStart: !isFree,
      ...(isFree && { names: called.map(({ name }) => name) }),
    },
    constraint: { structuralTag: isAuto ? callsOr(own, calls, form, called) : calls },
    placed: ({ message, path }) => {
      const ofOwn = /^\/elements\/0(?:\/(?:json_schema|pattern|grammar))?/;
      if (isAuto && own !== null && ofOwn.test(path)) {
        return new ConstraintError(path.replace(ofOwn, ''), message);
      }
      const found = /\/tags\/(?<tag>\d+)\/content\/json_schema(?<pointer>.*)$/s.exec(path);
      const at = found && callable[Number(found.groups!['tag']) % callable.length];
      const place = at ? `tools[${at.index}].parameters${found.groups!['pointer']}` : 'toolChoice';
      return new ConstraintError(isAuto && !at ? path : place, message);
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

/** One call or more; free ones in any spelling of the form. */
function callsFormat(
  tools: readonly Tool[],
  form: CallForm,
  { isOne, isFree }: { readonly isOne: boolean; readonly isFree: boolean },
): StructuralTag {
  const spelling = callSpellings[form];
  const { open, token, between, close, several, others = [] } = spelling;
  const shapes: readonly CallShape[] = isFree ? [spelling, ...others] : [spelling];
  const separated: StructuralTag = {
    type: 'tags_with_separator',
    separator: between,
    at_least_one: true,
    stop_after_first: isOne || !several,
    tags: shapes.flatMap(({ beforeName, afterName, end }) =>
      tools.map(({ name, parameters, strict = false }) => ({
        begin: `${beforeName}${name}${afterName}`,
        content: { type: 'json_schema', json_schema: parameters ?? noArguments, strict },
        end,
      })),
    ),
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
function callsOr(
  other: Constraint | null,
  calls: StructuralTag,
  form: CallForm,
  tools: readonly Tool[],
): StructuralTag {
  if (other !== null) return { type: 'or', elements: [toFormat(other), calls] };
  const spelling = callSpellings[form];
  const heads = otherHeads(
    spelling,
    tools.map(({ name }) => name),
  );
  const free = { type: 'any_text', excludes: [spelling.trigger, ...heads.map(({ text }) => text)] };
  return { type: 'sequence', elements: [free, { type: 'optional', content: calls }] };
}

function toFormat(constraint: Constraint): StructuralTag {
  if ('structuralTag' in constraint) return constraint.structuralTag;
  if ('jsonSchema' in constraint) {
    const { jsonSchema, strict = false } = constraint;
    return { type: 'json_schema', json_schema: jsonSchema, strict };
  }
  if ('regex' in constraint) return { type: 'regex', pattern: constraint.regex };
  if ('grammar' in constraint) return { type: 'grammar', grammar: constraint.grammar };
  return { type: 'or', elements: constraint.choice.map(constText) };
}

function constText(value: string): StructuralTag {
  return { type: 'const_string', value };
}
