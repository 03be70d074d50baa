import {
  createComposition,
  SourceRow,
  type Composition,
  type CompositionPlan,
  type VocabularyAlignment,
} from '../../compose/index.ts';
import type { RowKernels } from '../../math/index.ts';
import type { Logits } from '../../spec/index.ts';
import type { KernelPool } from '../cache/kernel-pool.ts';

export interface WindowOptions {
  readonly plan: CompositionPlan;
  /** Tokens of the output's vocabulary: the length of every row. */
  readonly vocabSize: number;
  /** Models whose rows rewards read, and how their vocabularies relate to the output's. */
  readonly rewardModels?: ReadonlyMap<string, VocabularyAlignment>;
  /** Tokens before the answer, as the base sees them: for messages. */
  readonly promptLength: number;
  /** Positions it can hold at once. */
  readonly capacity: number;
  readonly kernels: KernelPool;
}

/** The rows of one position. */
interface Position {
  readonly composition: Composition;
  readonly rewardRows: ReadonlyMap<string, SourceRow>;
}

/**
 * The positions of an answer whose rows are known or on their way: 1 to `capacity` that follow one another.
 * `open` begins them, `add` folds the rows as models give them, and one position after the other is the
 * current one, whose composition and rows are read.
 */
export class Window {
  readonly #options: WindowOptions;
  /** Models of the composition. */
  readonly #composed: ReadonlySet<string>;
  #rows: { readonly kernels: RowKernels; readonly positions: readonly Position[] } | undefined;
  /** Of the positions it holds, and which of them is the current one. */
  #open: { readonly first: number; readonly count: number; current: number } | undefined;

  constructor(options: WindowOptions) {
    this.#options = options;
    this.#composed = new Set(options.plan.models);
  }

  get capacity(): number {
    return this.#options.capacity;
  }

  /** Begins `count` positions, from the one that predicts token `first` of the answer; it is the current one. */
  open(first: number, count: number): void {
    const { promptLength } = this.#options;
    this.#rows ??= this.#takeRows();
    const { positions } = this.#rows;
    for (let i = 0; i < count; i++) {
      const { composition, rewardRows } = positions[i]!;
      composition.reset(promptLength + first + i);
      for (const row of rewardRows.values()) row.isPresent = false;
    }
    this.#open = { first, count, current: 0 };
  }

  /** Whether it holds the position that predicts token `position` of the answer. */
  holds(position: number): boolean {
    if (this.#open === undefined) return false;
    const { first, count } = this.#open;
    return position >= first && position < first + count;
  }

  /** Makes a position that it holds the current one. */
  goTo(position: number): void {
    this.#open!.current = position - this.#open!.first;
  }

  /** Folds a borrowed row of `model`, of the position `index` after the first. @throws NonFiniteLogitsError */
  add(model: string, index: number, row: Logits): void {
    const { composition, rewardRows } = this.#rows!.positions[index]!;
    if (this.#composed.has(model)) composition.add(model, row);
    const position = this.#options.promptLength + this.#open!.first + index;
    rewardRows.get(model)?.take(row, model, position);
  }

  /** Where the rows of all positions are. */
  get kernels(): RowKernels {
    return this.#rows!.kernels;
  }

  /** Of the current position. */
  get composition(): Composition {
    return this.#position.composition;
  }

  /** What a model of the rewards gives at the current position. */
  rewardRow(model: string): SourceRow {
    return this.#position.rewardRows.get(model)!;
  }

  /** Forgets all positions and gives their rows back, until the next `open`. */
  close(): void {
    if (this.#rows !== undefined) this.#options.kernels.giveBack(this.#rows.kernels);
    this.#rows = undefined;
    this.#open = undefined;
  }

  get #position(): Position {
    return this.#rows!.positions[this.#open!.current]!;
  }

  #takeRows() {
    const { plan, vocabSize, rewardModels = new Map(), capacity, kernels: pool } = this.#options;
    const perPosition = plan.rowCount + rewardModels.size;
    const kernels = pool.take(vocabSize, perPosition * capacity);
    const positions = Array.from({ length: capacity }, (_, i): Position => {
      const firstRow = i * perPosition;
      const rewardRows = [...rewardModels].map(
        ([model, alignment], j) =>
          [model, new SourceRow(kernels, firstRow + plan.rowCount + j, alignment)] as const,
      );
      return {
        composition: createComposition(plan, kernels, firstRow),
        rewardRows: new Map(rewardRows),
      };
    });
    return { kernels, positions };
  }
}
