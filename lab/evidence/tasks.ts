// What the systems of a world are asked, and how their results are scored.
import { readFile } from 'node:fs/promises';

import { z } from 'zod';

import {
  createTask,
  formatAdherence,
  readTask,
  type AnswerFormat,
  type EvaluationTask,
  type MeasuredItem,
} from '../../src/evaluation/index.ts';
import { isFormed, readForm, type Form } from '../../test/support/atlas-questions.ts';
import { readLines } from './lines.ts';
import type { Sum } from './statistics.ts';
import type { World } from './world.ts';

/**
 * `form`: ends by itself as the tuning's answers do; `fact`: has the answer; `both`; `cloze`: a statement is
 * completed right; `loss`: nats a token of text. All but the last are shares.
 */
export type Metric = 'form' | 'fact' | 'both' | 'cloze' | 'loss';

export interface EvidenceTask {
  readonly task: EvaluationTask;
  /** What is drawn whole: a person with all their items, or one text. By the item's id. */
  readonly unitOf: ReadonlyMap<string, string>;
  /** Where an answer ends, beside the model's own end. */
  readonly stop?: readonly string[];
  readonly score: (result: MeasuredItem) => Partial<Record<Metric, Sum>>;
}

const taskNames = ['questions', 'notation', 'cloze', 'text'] as const;
export type TaskName = (typeof taskNames)[number];
export type WorldTasks = Readonly<Record<TaskName, EvidenceTask>>;

/** @param limit - People at most, and texts. */
export async function readWorldTasks(
  models: string,
  world: World,
  limit: number,
): Promise<WorldTasks> {
  return {
    questions: await readQuestions(world.questions, await readForm(models), limit),
    notation: await readNotation(world.notation, limit),
    cloze: await readStatements(world.cloze, limit),
    text: await readTexts(world.text, limit),
  };
}

const questionLine = z.object({
  name: z.string(),
  attribute: z.string(),
  question: z.string(),
  answer: z.string(),
});

async function readQuestions(file: string, form: Form, limit: number): Promise<EvidenceTask> {
  const lines = ofPeople(await readLines(file, questionLine), limit);
  const drafts = lines.map(({ name, attribute, question, answer }) => ({
    id: `${name}, ${attribute}`,
    kind: 'generate' as const,
    prompt: question,
    references: [answer],
    metrics: ['contains' as const],
  }));
  return toTask('questions', drafts, namesOf(lines), ({ answer, scores }) => {
    const [formed, fact] = [
      formatAdherence(answer!, (line) => isFormed(line, form)),
      scores['contains']!,
    ];
    return { form: one(formed), fact: one(fact), both: one(formed * fact) };
  });
}

const notationLine = z.object({
  id: z.string(),
  name: z.string(),
  prompt: z.string(),
  answer: z.string(),
  form: z.string(),
});

async function readNotation(file: string, limit: number): Promise<EvidenceTask> {
  const lines = ofPeople(await readLines(file, notationLine), limit);
  const drafts = lines.map(({ id, prompt, answer }) => ({
    id,
    kind: 'generate' as const,
    prompt: { text: prompt },
    references: [answer],
    metrics: [],
  }));
  const byId = new Map(lines.map((line) => [line.id, line]));
  const task = toTask('notation', drafts, namesOf(lines), ({ item, answer }) => {
    const { form, answer: right } = byId.get(item)!;
    const hasForm: AnswerFormat = ({ text, finishReason }) =>
      finishReason === 'stop' && new RegExp(`^(?:${form})$`, 'u').test(text.trim());
    const isRight: AnswerFormat = ({ text, finishReason }) =>
      finishReason === 'stop' && text.trim() === right;
    return {
      form: one(formatAdherence(answer!, hasForm)),
      both: one(formatAdherence(answer!, isRight)),
    };
  });
  return { ...task, stop: ['\n'] };
}

const statementLine = z.object({ name: z.string(), text: z.string(), right: z.string() });

async function readStatements(file: string, limit: number): Promise<EvidenceTask> {
  const lines = ofPeople(await readLines(file, statementLine), limit);
  const drafts = lines.map(({ text, right }) => ({
    id: text,
    kind: 'cloze' as const,
    text,
    right,
    wrong: [],
  }));
  return toTask('cloze', drafts, namesOf(lines), ({ scores }) => ({
    cloze: one(scores['accuracy']!),
  }));
}

async function readTexts(file: string, limit: number): Promise<EvidenceTask> {
  const { items } = readTask(await readFile(file, 'utf8'), file, 'text');
  const some = items.slice(0, limit);
  const ids = some.map(({ id }) => id);
  return toTask('text', some, ids, ({ continuations }) => {
    const { logprob, tokenCount } = continuations![0]!;
    return { loss: { sum: -logprob!, count: tokenCount } }; // null where a mask bans: never asked
  });
}

function toTask(
  name: TaskName,
  drafts: Parameters<typeof createTask>[1],
  units: readonly string[],
  score: EvidenceTask['score'],
): EvidenceTask {
  const task = createTask(name, drafts);
  return { task, unitOf: new Map(task.items.map(({ id }, i) => [id, units[i]!])), score };
}

/** Lines about the first `limit` people. */
function ofPeople<Line extends { readonly name: string }>(
  lines: readonly Line[],
  limit: number,
): Line[] {
  const people = new Set([...new Set(namesOf(lines))].slice(0, limit));
  return lines.filter(({ name }) => people.has(name));
}

function namesOf(lines: readonly { readonly name: string }[]): string[] {
  return lines.map(({ name }) => name);
}

function one(value: number): Sum {
  return { sum: value, count: 1 };
}
