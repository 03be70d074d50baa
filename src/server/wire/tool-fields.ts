import { z } from '@hono/zod-openapi';

import { mostTools } from '../../options/index.ts';
import type { ChatPrompt } from '../../spec/index.ts';
import { jsonSchema, strictMeaning } from './constraint-fields.ts';
import { boundedArray, strictObject, wellFormedText } from './validation.ts';

const functionName = z
  .string()
  .regex(/^[A-Za-z0-9_-]{1,64}$/, 'must be 1 to 64 letters, digits, _ and -.');

export const functionType = z.literal('function', 'Only tools of type "function" are supported.');

/** What is said of a function. */
export const functionFields = {
  name: functionName,
  description: wellFormedText.nullish(),
  parameters: jsonSchema.nullish(),
  strict: z.boolean().nullish().openapi({ description: strictMeaning }),
};

const tool = strictObject({ type: functionType, function: strictObject(functionFields) });

/** Parameters of chats about the functions that an answer may call. */
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
      'must be "auto", "required", "none", or {"type": "function", "function": {"name": …}}.',
    )
    .nullish(),
  parallel_tool_calls: z
    .boolean()
    .nullish()
    .openapi({ description: 'Whether an answer may make several calls: true by default.' }),
};

const toolShape = z.object(toolFields);

type ToolBody = z.output<typeof toolShape>;

/** The tools of a conversation, and whether the answer calls them. */
export function toTools({
  tools,
  tool_choice: choice,
  parallel_tool_calls: several,
}: ToolBody): Pick<ChatPrompt, 'tools' | 'toolChoice' | 'parallelToolCalls'> {
  return {
    ...(tools != null &&
      tools.length > 0 && {
        tools: tools.map(({ function: { name, description, parameters, strict } }) => ({
          name,
          ...(description != null && { description }),
          ...(parameters != null && { parameters }),
          ...(strict === true && { strict }),
        })),
      }),
    ...(choice != null && {
      toolChoice: typeof choice === 'string' ? choice : { name: choice.function.name },
    }),
    ...(several != null && { parallelToolCalls: several }),
  };
}
