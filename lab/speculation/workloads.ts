import type { GenerateOptions, Prompt } from '../../src/index.ts';
import type { ToolSchema } from './schemas.ts';

/** A request of a workload. */
export interface Asked {
  readonly prompt: Prompt;
  readonly options: GenerateOptions;
}

/** Requests in groups: those of one are asked at once, one group after the other. */
export interface Workload {
  readonly name: string;
  readonly groups: readonly (readonly Asked[])[];
}

/** What is asked of a subject, and how much of it. */
export interface Material {
  /** Sixteen of them are asked at once. */
  readonly questions: readonly string[];
  /** Prompts that hold much of their answer. */
  readonly edits: readonly Prompt[];
  /** `null` where there are none. */
  readonly schemas: readonly ToolSchema[] | null;
  /** Questions that are asked one after the other. */
  readonly alone: number;
  readonly maxTokens: number;
  /** Of an answer under a schema, and of an edit. */
  readonly maxTokensOfSchema: number;
  readonly maxTokensOfEdit: number;
}

const atOnce = 16;
/** Where answers are written one after the other: prompts that begin alike are found in the cache. */
const fewLanes = 4;
const greedy: GenerateOptions = { temperature: 0 };

/** Lanes that a workload is given. */
export function lanesOf({ groups }: Workload): number {
  return Math.max(fewLanes, ...groups.map(({ length }) => length));
}

/** Chat, JSON under a schema, edits, samples and sixteen at once, as far as there is material. */
export function workloadsOf(material: Material): Workload[] {
  const { questions, edits, schemas, alone, maxTokens } = material;
  const few = questions.slice(0, alone);
  const oneByOne = (asked: readonly Asked[]) => asked.map((each) => [each]);
  const chat = (options: GenerateOptions) => (prompt: string, i: number) => ({
    prompt,
    options: { maxTokens, ...options, ...(options.temperature !== 0 && { seed: i }) },
  });
  return [
    { name: 'chat', groups: oneByOne(few.map(chat(greedy))) },
    {
      name: 'JSON under a schema',
      groups: oneByOne(
        (schemas ?? []).map(({ name, schema }) => ({
          prompt: `Call ${name} with arguments that you choose. Answer in JSON.`,
          options: {
            ...greedy,
            maxTokens: material.maxTokensOfSchema,
            constraint: { jsonSchema: schema },
          },
        })),
      ),
    },
    {
      name: 'editing what is in the prompt',
      groups: oneByOne(
        edits.map((prompt) => ({
          prompt,
          options: { ...greedy, maxTokens: material.maxTokensOfEdit },
        })),
      ),
    },
    { name: 'sampling at T = 1', groups: oneByOne(few.map(chat({ temperature: 1 }))) },
    {
      name: 'sixteen at once',
      groups: [
        Array.from({ length: atOnce }, (_, i) => questions[i % questions.length]!).map(
          chat(greedy),
        ),
      ],
    },
  ].filter(({ groups }) => groups.length > 0);
}
