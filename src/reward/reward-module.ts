import type { ChatMessage, RewardScope } from '../spec/index.ts';

/** What a module's `score` is told beside the texts. */
export interface RewardModuleContext {
  /** The conversation that is answered. */
  readonly messages: readonly ChatMessage[];
  /** What the recipe gives the module, as JSON. */
  readonly options: unknown;
  /** Whether each text is a whole answer, or the beginning of one. Shape `[texts]`. */
  readonly isWhole: readonly boolean[];
}

/** The default export of a user's module. @public */
export interface RewardModule {
  /** What the values mean something on; `both` where neither the module nor the recipe says. */
  readonly scope?: RewardScope;
  /** Gives one finite number per text, higher is better; all candidates of a step in one call. */
  score(
    texts: readonly string[],
    context: RewardModuleContext,
  ): ArrayLike<number> | Promise<ArrayLike<number>>;
}
