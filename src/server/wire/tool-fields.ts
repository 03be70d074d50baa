import { z } from '@hono/zod-openapi';

import { didYouMean } from '../../faults/index.ts';
import { InvalidOptionError } from '../../spec/index.ts';
import { jsonSchema, paramAt, type RequestedConstraint } from './constraint-fields.ts';
import { anyCall, callPointer, noArguments } from './call-schema.ts';
import { boundedArray, strictObject } from './validation.ts';

/** OpenAI's own bound. */
export const mostTools = 128;

const functionName = z
  .string()
  .regex(/^[A-Za-z0-9_-]{1,64}$/, 'must be 1 to 64 letters, digits, _ and -.');

export const functionType = z.literal('function', 'Only tools of type "function" are supported.');

/** What is said of a function. */
export const functionFields = {
  name: functionName,
  description: z.string().nullish(),
  parameters: jsonSchema.nullish(),
  strict: z
    .boolean()
    .nullish()
    .openapi({ description: 'Without effect: arguments always fit their schema.' }),
};

const tool = strictObject({ type: functionType, function: strictObject(functionFields) });

type Tool = z.output<typeof tool>;

/** Parameters of chats that make the answer a call of a function. */
export const toolFields = {
  tools: boundedArray(tool, mostTools).nullish(),
  tool_choice: z
    .union(
      [
        z.enum(['none', 'auto', 'required']),
        strictObject({
          type: z.literal('function'),
          function: strictObject({ name: functionName }),
        }),
      ],
      'must be "required", "none", or {"type": "function", "function": {"name": …}}.',
    )
    .nullish(),
};

const toolShape = z.object(toolFields);

type ToolBody = z.output<typeof toolShape>;

/** A call that the answer must be. */
export interface ForcedCall extends RequestedConstraint {
  /** Its function; `null` where the answer says which. */
  readonly name: string | null;
}

/**
 * The call that `tool_choice` forces; `undefined` where the answer is text.
 * @throws InvalidOptionError where the model would have to decide, or there is no such tool.
 */
export function toForcedCall({ tools, tool_choice: choice }: ToolBody): ForcedCall | undefined {
  const given = tools ?? [];
  if (choice === 'none') return undefined;
  if (given.length === 0) {
    if (choice == null || choice === 'auto') return undefined;
    throw new InvalidOptionError('tool_choice', 'tool_choice needs tools: there is none to call.');
  }
  if (choice == null || choice === 'auto') throw new InvalidOptionError('tool_choice', noChoice);
  checkNames(given);
  if (choice !== 'required') return callOf(given, indexOf(given, choice.function.name));
  return given.length === 1 ? callOf(given, 0) : callOfAny(given);
}

const noChoice =
  'tool_choice is "auto", which it is by default beside tools: whether to call one would be for the ' +
  'model to say in words of its own, which are not supported. Choose "required", a function, or "none".';

function checkNames(tools: readonly Tool[]): void {
  const names = tools.map((each) => each.function.name);
  const again = names.findIndex((name, index) => names.indexOf(name) !== index);
  if (again < 0) return;
  const param = `tools[${again}].function.name`;
  throw new InvalidOptionError(param, `${param}: there are two tools named "${names[again]}".`);
}

function indexOf(tools: readonly Tool[], name: string): number {
  const names = tools.map((each) => each.function.name);
  const index = names.indexOf(name);
  if (index >= 0) return index;
  throw new InvalidOptionError(
    'tool_choice',
    `tool_choice names ${JSON.stringify(name)}, which is not among the tools.${didYouMean(name, names)}`,
  );
}

/** The answer is the arguments. */
function callOf(tools: readonly Tool[], index: number): ForcedCall {
  const { name, parameters } = tools[index]!.function;
  return {
    name,
    place: 'tool_choice',
    constraint: { jsonSchema: parameters ?? noArguments },
    paramOf: (path) => paramAt(placeOf(index), path),
  };
}

/** The answer is `{"name": …, "arguments": …}`. */
function callOfAny(tools: readonly Tool[]): ForcedCall {
  return {
    name: null,
    place: 'tool_choice',
    constraint: {
      jsonSchema: anyCall(
        tools.map((each) => ({
          name: each.function.name,
          parameters: each.function.parameters ?? noArguments,
        })),
      ),
    },
    paramOf: (path) => {
      const index = tools.findIndex((_, i) => `${path}/`.startsWith(`${callPointer(i)}/`));
      return index < 0 ? 'tools' : paramAt(placeOf(index), path.slice(callPointer(index).length));
    },
  };
}

function placeOf(index: number): string {
  return `tools[${index}].function.parameters`;
}
