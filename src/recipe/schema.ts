import { z } from 'zod';

import type { ComposeRows, Formula } from '../compose/index.ts';
import { calibrationSchema } from './calibration.ts';
import { constraintSchema } from './constraint.ts';
import { guidanceSchema, klBudgetSchema, samplingSchema, scheduleSchema } from './option-schema.ts';
import { profileSchema } from './profile.ts';
import { rewardSchema } from './rewards.ts';

/** What names of models, params and rewards look like, so that a formula can use them. */
const identifier = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'a name is letters, digits and _, and starts with no digit')
  .refine((name) => name !== '__proto__');

/** What an adapter is read from: one of the first two. */
const adapterFiles = {
  file: z
    .string()
    .min(1)
    .optional()
    .describe(
      'Path of a LoRA adapter or SVF expert, a GGUF file, or its name on the hub, hf:owner/name/file.gguf.',
    ),
  vector: z
    .string()
    .min(1)
    .optional()
    .describe('Path of a control vector, a GGUF file as repeng writes it, or its name on the hub.'),
  layers: z
    .union([
      z.int().min(1),
      z
        .string()
        .regex(/^\d{1,6}(-\d{1,6})?$/, 'it is a layer, or the first and the last, e.g. 10-20'),
    ])
    .optional()
    .describe('Layers that a vector is added behind, e.g. 10-20; all that it has by default.'),
};

const adapter = z
  .strictObject({
    ...adapterFiles,
    scale: z.number().optional().describe('Strength of the adapter; 1, the default, is as made.'),
  })
  .describe('A LoRA adapter, SVF expert or control vector that is applied to the model.');

const skill = z
  .union([
    z.string().min(1).describe('Path of a LoRA adapter or SVF expert over the base.'),
    z.strictObject({
      ...adapterFiles,
      of: z.string().optional().describe('The model that it is laid over: the base by default.'),
      weight: z
        .number()
        .optional()
        .describe('How much of it where a request says nothing; 0 by default.'),
      min: z
        .number()
        .optional()
        .describe('The least weight that a request may give; 0 by default.'),
      max: z
        .number()
        .optional()
        .describe('The largest weight that a request may give; 2 by default.'),
      description: z.string().optional().describe('What it is good at, for people.'),
    }),
  ])
  .describe('An adapter that each request may have as much of as it likes: its name is a param.');

const promptView = z
  .union([
    z.enum(['raw', 'chat']),
    z.strictObject({
      template: z
        .string()
        .min(1)
        .describe("A chat template in Jinja, used instead of the file's own."),
    }),
    z.strictObject({
      templateOf: z
        .string()
        .describe("Another of the models, whose template is used instead of the file's own."),
    }),
  ])
  .describe(
    "How the model sees a conversation: 'chat' (the default) through the GGUF file's own chat " +
      "template, or the expert's where the file has none; 'raw' as its messages' text alone; or " +
      'through a template given here, or that of another model.',
  );

/** How any model sees a conversation. */
const viewed = {
  prompt: promptView.optional(),
  markup: z
    .enum(['text', 'parse'])
    .optional()
    .describe(
      "What a message is where it spells control tokens such as <|im_end|>: 'text' (the default), " +
        "or 'parse' to read them as these tokens, so that whoever writes a message can end it.",
    ),
  system: z
    .union([z.string(), z.null(), z.literal(false)])
    .optional()
    .describe(
      "Replaces the conversation's system messages for this model alone; null drops them, and " +
        'false drops also what the template says in the place of one. ' +
        'Two entries of one file with different system messages make a contrast of prompts.',
    ),
};

const model = z
  .union([
    z
      .string()
      .min(1)
      .describe('Path of the GGUF file, or hf:owner/name[:quant]; all else by default.'),
    z.strictObject({
      file: z
        .string()
        .min(1)
        .describe(
          "Path of the GGUF file, relative to the recipe's folder (~ is not expanded); or a model of the Hugging Face hub, " +
            'hf:owner/name[:quant | /file.gguf][@revision], which `trimtab pull` fetches.',
        ),
      ...viewed,
      gpuLayers: z
        .union([z.int().min(0), z.literal('all')])
        .optional()
        .describe("Layers put on the GPU; 'all' by default. Ignored without a GPU."),
      adapters: z
        .array(adapter)
        .readonly()
        .optional()
        .describe('LoRA adapters, SVF experts and control vectors, applied together.'),
    }),
    z.strictObject({
      server: z
        .string()
        .min(1)
        .describe(
          'Address of a server that has the model, e.g. http://base:8000. It tells the log-probs of the best tokens; the ' +
            'other models are local and have the same tokens.',
        ),
      model: z
        .string()
        .min(1)
        .optional()
        .describe('What the server calls the model; it may be left out where it has but one.'),
      kind: z
        .enum(['vllm', 'llama-server', 'openai'])
        .describe(
          'What speaks there: vLLM, llama.cpp, or any server of the OpenAI API whose completions have logprobs.',
        ),
      keyEnv: z
        .string()
        .regex(
          /^[A-Za-z_][A-Za-z0-9_]*$/,
          'it is the name of an environment variable, never the key itself',
        )
        .optional()
        .describe(
          "The environment variable with the server's key. The key itself is never in a recipe.",
        ),
      caFile: z
        .string()
        .min(1)
        .optional()
        .describe(
          "Certificates in PEM to trust for https besides the system's, relative to the recipe's folder.",
        ),
      tokenizer: z
        .string()
        .optional()
        .describe(
          'The local model whose tokens are the server’s: the expert by default. It is checked at the start.',
        ),
      maxLogprobs: z
        .int()
        .min(1)
        .max(65536)
        .optional()
        .describe('Log-probs of one position to ask for at most; as many as it gives by default.'),
      maxRequests: z
        .int()
        .min(1)
        .max(256)
        .optional()
        .describe('Requests at once, at most; 8 by default.'),
      timeout: z
        .number()
        .gt(0)
        .max(3600)
        .optional()
        .describe('Seconds that one request may take; 60 by default.'),
      private: z
        .boolean()
        .optional()
        .describe(
          'Show the server nothing but its own prompt and the tokens of the answer: no drafts, and no tokens that are asked about.',
        ),
      withhold: z
        .array(
          z.union([
            z.string().min(1).max(200).describe('A text, in capitals or not.'),
            z.strictObject({
              regex: z.string().min(1).max(200).describe('What a regular expression matches.'),
            }),
          ]),
        )
        .min(1)
        .max(100)
        .optional()
        .describe('What no answer may say, so that the server never reads it.'),
      ...viewed,
    }),
  ])
  .describe(
    'A model and how it sees the conversation, or just its GGUF file: a path, or hf:owner/name[:quant].',
  );

const param = z
  .union([
    z.number().describe('The default; requests may give any other number.'),
    z.strictObject({
      default: z.number().describe('The value where a request gives none.'),
      min: z.number().optional().describe('The least value that a request may give.'),
      max: z.number().optional().describe('The largest value that a request may give.'),
      description: z.string().optional().describe('What the param does, for people.'),
      schedule: scheduleSchema.optional(),
    }),
  ])
  .describe('A number that a request may change: its default and range.');

const plausibility = z
  .strictObject({
    minP: z
      .number()
      .gt(0)
      .max(1)
      .optional()
      .describe("Keep tokens of at least this share of the probability of the model's best token."),
    topP: z
      .number()
      .gt(0)
      .max(1)
      .optional()
      .describe("Keep the model's smallest set of tokens of at least this mass."),
    models: z
      .array(z.string())
      .readonly()
      .optional()
      .describe(
        'A token is kept if any of these finds it plausible: the base and the expert by default.',
      ),
  })
  .describe('Bans tokens that no model finds plausible, however much the formula raises them.');

const engine = z
  .strictObject({
    contextLength: z
      .int()
      .min(1)
      .optional()
      .describe('Tokens of one conversation, answer included.'),
    maxSequences: z.int().min(1).max(256).optional().describe('Generations that run at once.'),
    batchSize: z.int().min(1).optional().describe('Tokens of one forward pass.'),
    threads: z.int().min(1).optional().describe('Threads of one forward pass.'),
    flashAttention: z
      .boolean()
      .optional()
      .describe('Faster on a GPU with long contexts; not bit-exact on a CPU, where it is off.'),
    kvType: z
      .enum(['f16', 'f32', 'q8_0'])
      .optional()
      .describe('Number format of the KV cache: q8_0 halves its memory at some loss.'),
    repack: z
      .boolean()
      .optional()
      .describe(
        "Copy weights into the processor's own layout (AMX, …): more generations at once for up to " +
          'twice the memory. Off by default: it is checked at load and given up where it computes wrongly.',
      ),
    batchInvariant: z
      .boolean()
      .optional()
      .describe(
        'The same bits whatever else is decoded beside, and whatever the cache holds. Each token ' +
          'costs more: see docs/exactness.md.',
      ),
  })
  .describe('Memory and speed. What is absent is chosen to fit the machine and the models.');

/** The recipe as it is written; {@link resolveRecipe} fills in and checks the rest. */
export const documentSchema = z
  .strictObject({
    name: z
      .string()
      .regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, 'a name is letters, digits, dots, _ and -')
      .optional()
      .describe("What the recipe is served under; the file's name by default."),
    description: z.string().optional().describe('What the recipe is for, for people.'),
    models: z
      .record(identifier, model)
      .describe('The models by name: letters, digits and _. The formula uses the names.'),
    base: z
      .string()
      .describe("The model that is steered: its vocabulary is the output's. A name in models."),
    expert: z.string().optional().describe('The small tuned model. A name in models.'),
    antiExpert: z
      .string()
      .optional()
      .describe('The small model before it was tuned. A name in models.'),
    formula: z
      .string()
      .optional()
      .describe(
        'Linear arithmetic over models, params and numbers, e.g. large + alpha * (chat - small); ' +
          'logp(model) is the log-probs of a model. By default base + alpha * (expert - antiExpert), or ' +
          'the base alone where no expert is named.',
      ),
    plausibility: plausibility.optional(),
    params: z
      .record(identifier, param)
      .optional()
      .describe('The numbers in the formula that a request may change.'),
    skills: z
      .record(identifier, skill)
      .optional()
      .describe(
        'Adapters that are mixed at each request, by name: each is a param, its weight, and all at 0 are the model alone.',
      ),
    rewards: z
      .record(identifier, rewardSchema)
      .optional()
      .describe(
        'What scores answers, by name: letters, digits and _. They guide by their weights.',
      ),
    guidance: guidanceSchema.optional(),
    klBudget: klBudgetSchema.optional(),
    constraint: constraintSchema.optional(),
    profile: profileSchema.optional(),
    sampling: samplingSchema.optional(),
    stop: z
      .union([z.string().min(1), z.array(z.string().min(1)).readonly()])
      .optional()
      .describe('The answer ends before the first of these texts.'),
    engine: engine.optional(),
    speculation: z
      .string()
      .optional()
      .describe(
        'Who drafts tokens that are then checked at once: auto, off, copies, or a model, e.g. tuned:length=4.',
      ),
    keepAlive: z
      .union([z.string(), z.number()])
      .optional()
      .describe(
        'How long it stays loaded in a service when nobody uses it: seconds, or a duration such as 10m; -1 for good.',
      ),
    calibration: calibrationSchema.optional(),
  })
  .describe('A Trimtab recipe: models, the formula that joins them, rewards, and defaults.');

/**
 * A recipe as a value: what a YAML file says, or an object in code, whose formula may be a {@link Formula}, or a function:
 * a method of one's own over all models that no reward names.
 */
export type RecipeDocument = Omit<z.input<typeof documentSchema>, 'formula'> & {
  readonly formula?: string | Formula | ComposeRows | undefined;
};

export type CheckedDocument = z.output<typeof documentSchema>;

export type AdapterEntry = z.output<typeof adapter>;
export type SkillEntry = z.output<typeof skill>;

/** JSON Schema (draft 7) of a recipe's YAML, for editors. */
export function recipeJsonSchema(): Record<string, unknown> {
  const schema = z.toJSONSchema(documentSchema, { target: 'draft-7', io: 'input' });
  return { title: 'Trimtab recipe', ...schema };
}
