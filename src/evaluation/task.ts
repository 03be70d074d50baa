import { InvalidOptionError, type Prompt, type TokenId } from '../spec/index.ts';
import { contentId } from './content-id.ts';
import type { AnswerMetricName } from './metrics/answer-metrics.ts';

/** A prompt that is the same for every model, whatever its vocabulary. */
export type TextPrompt = Exclude<Prompt, { readonly tokens: readonly TokenId[] }>;

interface Identified {
  /** Unique in its task: results are paired and resumed by it. */
  readonly id: string;
  /**
   * Items of one group are not independent, e.g. questions about one person: statistics are then over
   * groups. In a task, either all items have one or none.
   */
  readonly group?: string;
}

/** An answer is generated and compared with references. */
export interface GenerateItem extends Identified {
  readonly kind: 'generate';
  readonly prompt: TextPrompt;
  /** Right answers, each by itself; none where no metric needs them. */
  readonly references: readonly string[];
  readonly metrics: readonly AnswerMetricName[];
}

/** One of the options is chosen, by its log-likelihood after the prompt. */
export interface ChoiceItem extends Identified {
  readonly kind: 'choice';
  readonly prompt: TextPrompt;
  /** At least two, all different. */
  readonly options: readonly string[];
  /** Indexes of the options that are right: neither none nor all. */
  readonly right: readonly number[];
  /** The one of them that is to be chosen where only one may be. */
  readonly best: number;
}

/** Text whose perplexity is measured. */
export interface TextItem extends Identified {
  readonly kind: 'text';
  readonly text: string;
}

/** A given answer, whose likelihood is measured, its end included. */
export interface AnswerItem extends Identified {
  readonly kind: 'answer';
  readonly prompt: TextPrompt;
  readonly answer: string;
}

/** What comes next in a text. */
export interface ClozeItem extends Identified {
  readonly kind: 'cloze';
  readonly text: string;
  readonly right: string;
  /** Continuations that must be less likely; with none, the right one must be the greedy choice. */
  readonly wrong: readonly string[];
}

export type ProgramLanguage = 'javascript' | 'python';

/** A program that is completed, then run with its tests. */
export interface ProgramItem extends Identified {
  readonly kind: 'program';
  readonly language: ProgramLanguage;
  /** The program's beginning: the completion is its continuation. */
  readonly prompt: string;
  /** Runs after prompt and completion; throws if the program is wrong. */
  readonly tests: string;
  /** Name of the function that is asked for; `null` where the tests know. */
  readonly entryPoint: string | null;
}

/** Two answers, of which the chosen one should be more likely. */
export interface PairItem extends Identified {
  readonly kind: 'pair';
  readonly prompt: TextPrompt;
  readonly chosen: string;
  readonly rejected: string;
}

/** One question to a system; data alone, so that it can be written down and hashed. */
export type EvaluationItem =
  | GenerateItem
  | ChoiceItem
  | TextItem
  | AnswerItem
  | ClozeItem
  | ProgramItem
  | PairItem;

/** What systems are measured on. */
export interface EvaluationTask {
  readonly name: string;
  /** At least one; ids are unique. */
  readonly items: readonly EvaluationItem[];
  /** Why rows of its file are no items: `file:line: …`; absent where all are. */
  readonly skipped?: readonly string[];
}

/** An item whose id may be left out. */
export type ItemDraft = DraftOf<EvaluationItem>;

type DraftOf<Item> = Item extends EvaluationItem
  ? Omit<Item, 'id' | 'group'> & {
      readonly id?: string | undefined;
      readonly group?: string | undefined;
    }
  : never;

/**
 * A task of these items. An item without an id gets the hash of its content, its group aside.
 * @param where - Place of an item in its source, for messages; by default `items[i]`.
 * @throws InvalidOptionError for no items, for two of one id, and for groups that some items lack.
 */
export function createTask(
  name: string,
  drafts: readonly ItemDraft[],
  where: (index: number) => string = (index) => `items[${index}]`,
  skipped: readonly string[] = [],
): EvaluationTask {
  if (drafts.length === 0) {
    throw new InvalidOptionError(name, `${name} has no items: a task needs at least one.`);
  }
  const items = drafts.map(identify);
  const places = new Map<string, number>();
  items.forEach(({ id }, i) => {
    const first = places.get(id);
    if (first !== undefined)
      refuseRepeated(id, drafts[i]?.id === undefined, where(i), where(first));
    places.set(id, i);
  });
  requireGroups(items, where);
  return { name, items, ...(skipped.length > 0 && { skipped }) };
}

/**
 * @param where - Place of an item in its source, for messages.
 * @throws InvalidOptionError if some items have a group and others none.
 */
export function requireGroups(
  items: readonly EvaluationItem[],
  where: (index: number) => string = (index) => `items[${index}]`,
): void {
  const grouped = items.findIndex(({ group }) => group !== undefined);
  const lacking = items.findIndex(({ group }) => group === undefined);
  if (grouped < 0 || lacking < 0) return;
  throw new InvalidOptionError(
    where(lacking),
    `${where(lacking)}: has no group, but ${where(grouped)} has one. Give every item a group, or none.`,
  );
}

/** What is asked and how it is scored, whatever the statistics over it: the item without its group. */
export function ungrouped(item: EvaluationItem): EvaluationItem {
  const { group: _, ...rest } = item;
  return rest;
}

function identify(draft: ItemDraft): EvaluationItem {
  const { id, group, ...content } = draft;
  return { ...content, id: id ?? contentId(content), ...(group !== undefined && { group }) };
}

function refuseRepeated(id: string, isHash: boolean, where: string, first: string): never {
  throw new InvalidOptionError(
    where,
    isHash
      ? `${where}: is the same item as ${first}. Remove one of them, or give each an "id" of its own.`
      : `${where}: has the id ${JSON.stringify(id)}, which ${first} has too. Ids must be unique.`,
  );
}

/** Tasks of {@link ungrouped} items. */
export function withoutGroups(tasks: readonly EvaluationTask[]): EvaluationTask[] {
  return tasks.map((task) => ({ ...task, items: task.items.map(ungrouped) }));
}
