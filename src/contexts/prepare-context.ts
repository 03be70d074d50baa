import type { Recipe } from '../recipe/index.ts';
import {
  ContextLengthError,
  type GenerateOptions,
  type GenerationResult,
  type InferenceService,
} from '../spec/index.ts';
import type { ContextRecord, ContextStore } from '../store/index.ts';
import {
  isAnswer,
  isNotes,
  stateName,
  type PreparedAnswer,
  type PreparedNotes,
} from './context-view.ts';
import { expectedSaving } from './expected-saving.ts';
import type { contextLimits } from './limits.ts';
import { placeContext } from './place-context.ts';
import { cutNotes, notesPrompt, questionsPrompt, questionsIn } from './prompts.ts';

export interface PreparingOptions {
  readonly store: ContextStore;
  readonly service: InferenceService;
  readonly recipe: Recipe;
  readonly recipeHash: string;
  readonly limits: typeof contextLimits;
  /** Whether states of a name are kept on this machine; `undefined`: it keeps none. */
  readonly hasStates: ((name: string) => Promise<boolean>) | undefined;
  readonly signal: AbortSignal;
}

/** Tokens at the end of a question's prompt by which its answer is found. */
const tailTokens = 32;

/** Times that notes are written at most. */
const notesRounds = 4;

/** Characters of a token of notes, at least as a rule. */
const charactersPerToken = 3;

/**
 * Makes what is lacking for a context, as long as it is expected to save more than it takes: KV states, questions and
 * their answers, notes. Each thing is kept when it is whole; what was in the making when the process died is made again.
 * @throws What generating throws; the signal's reason.
 */
export async function prepareContext(
  record: ContextRecord,
  options: PreparingOptions,
): Promise<void> {
  const { store, recipeHash } = options;
  await store.dropOthers(record.key, recipeHash);
  const preparing = new Preparing(record, options);
  await preparing.saveStates();
  await preparing.answerQuestions();
  await preparing.writeNotes();
}

class Preparing {
  readonly #record: ContextRecord;
  readonly #options: PreparingOptions;
  /** Passes that may still be spent. */
  #left: number;

  constructor(record: ContextRecord, options: PreparingOptions) {
    this.#record = record;
    this.#options = options;
    this.#left = options.limits.passes - record.use.spent;
  }

  async saveStates(): Promise<void> {
    const { store, hasStates, recipeHash } = this.#options;
    const name = stateName(this.#record, recipeHash);
    if (hasStates === undefined || this.#left <= 0 || (await hasStates(name))) return;
    const { passes } = await this.#ask('?', {
      maxTokens: 1,
      constraint: null,
      prepared: { state: name, saves: true },
    });
    await store.count(this.#record.key, { spent: passes });
  }

  async answerQuestions(): Promise<void> {
    const { store, recipeHash, limits } = this.#options;
    const { key, owner, questions } = this.#record;
    const products = await store.products(key, recipeHash);
    const answers = products.filter(isAnswer);
    const spent = answers.map(({ passes }) => passes);
    const foresight = await store.foresight(owner);
    let foreseen = products.find(({ kind }) => kind === 'questions')?.content as
      | string[]
      | undefined;
    for (let position = 0; position < limits.answers; position++) {
      const isGiven = position < questions.length;
      const unasked = Math.max(0, spent.length - Math.min(questions.length, spent.length));
      const isWorth = expectedSaving(isGiven, foresight, unasked, spent) > 0;
      if (answers.some((answer) => answer.position === position)) continue;
      if (!isWorth || this.#left <= 0) return;
      if (!isGiven) foreseen ??= await this.#foresee(limits.answers - questions.length);
      const question = isGiven ? questions[position] : foreseen?.[position - questions.length];
      if (question === undefined) return;
      spent.push(await this.#answer(question, position, isGiven ? 'given' : 'foreseen'));
    }
  }

  async writeNotes(): Promise<void> {
    const { store, recipeHash, limits } = this.#options;
    const { key, text } = this.#record;
    const products = await store.products(key, recipeHash);
    if (products.some(isNotes) || text.length < limits.notesCharacters / 20) return;
    let notes: string | undefined;
    let [rounds, passes, isFinished] = [0, 0, false];
    while (rounds < notesRounds && !isFinished && this.#left > 0) {
      const maxTokens = Math.ceil(limits.notesCharacters / charactersPerToken);
      const asked = { constraint: null, maxTokens };
      const written = await this.#ask(notesPrompt(notes), asked).catch((error: unknown) => {
        // There is no room for the text and its notes together.
        if (notes !== undefined && error instanceof ContextLengthError) return null;
        throw error;
      });
      if (written === null) break;
      const better = cutNotes(written.result.text, limits.notesCharacters);
      isFinished = better === notes;
      passes += written.passes;
      rounds++;
      if (better !== '') notes = better;
    }
    if (notes === undefined) return;
    const content: PreparedNotes = { text: notes, rounds, isFinished };
    await store.addProduct(key, { kind: 'notes', position: 0, recipeHash, passes, content });
  }

  async #foresee(count: number): Promise<string[]> {
    const { store, recipeHash, limits } = this.#options;
    const { result, passes } = await this.#ask(questionsPrompt(count), {
      constraint: null,
      maxTokens: limits.answerTokens,
    });
    const known = new Set(this.#record.questions);
    const content = questionsIn(result.text, count, limits.questionCharacters).filter(
      (question) => !known.has(question),
    );
    const product = { kind: 'questions', position: 0, recipeHash, passes, content } as const;
    await store.addProduct(this.#record.key, product);
    return content;
  }

  /** @returns Passes that it took. */
  async #answer(
    question: string,
    position: number,
    source: PreparedAnswer['source'],
  ): Promise<number> {
    const { service, store, recipe, recipeHash, limits, signal } = this.#options;
    const { result, passes } = await this.#ask(question, { maxTokens: limits.answerTokens });
    const prompt = this.#prompt(question);
    const read = await service.tokenizePrompt(recipe.name, prompt, { signal });
    const draft = [...read.slice(-tailTokens), ...result.tokens.map(({ tokenId }) => tokenId)];
    const content: PreparedAnswer = { question, source, text: result.text, draft };
    await store.addProduct(this.#record.key, {
      kind: 'answer',
      position,
      recipeHash,
      passes,
      content,
    });
    return passes;
  }

  #prompt(question: string) {
    return placeContext({ messages: [{ role: 'user', content: question }] }, this.#record.text);
  }

  /** An answer of the recipe, while nobody waits. */
  async #ask(
    question: string,
    options: GenerateOptions,
  ): Promise<{ readonly result: GenerationResult; readonly passes: number }> {
    const { service, recipe, signal } = this.#options;
    const isSampled = ['segments', 'best-of'].includes(recipe.guidance.method);
    const stream = service.stream({
      recipe: recipe.name,
      prompt: this.#prompt(question),
      owner: this.#record.owner,
      signal,
      options: {
        ...options,
        priority: 'idle',
        // A pass is one token, so that whoever comes waits for no more.
        speculation: 'off',
        seed: 0,
        ...(!isSampled && { temperature: 0 }),
      },
    });
    const result = await stream.result;
    const passes = result.usage.models[recipe.base]?.forwards ?? 0;
    this.#left -= passes;
    return { result, passes };
  }
}
