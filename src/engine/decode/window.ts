import {
  createComposition,
  SourceRow,
  type Composition,
  type CompositionPlan,
  type VocabularyAlignment,
} from '../../compose/index.ts';
import type { RowKernels } from '../../math/index.ts';
import type { Row } from '../../spec/index.ts';
import type { KernelPool } from '../cache/kernel-pool.ts';

export interface WindowOptions {
  readonly plan: CompositionPlan;
  /** Tokens of the output's vocabulary: the length of every row. */
  readonly vocabSize: number;
  /** Models whose rows are read by themselves, and how their vocabularies relate to the output's. */
  readonly ownRows?: ReadonlyMap<string, VocabularyAlignment>;
  /** Tokens before the answer, as the base sees them: for messages. */
  readonly promptLength: number;
  /** Positions it can hold at once. */
  readonly capacity: number;
  readonly kernels: KernelPool;
}

/** The rows of one position. */
interface Position {
  readonly composition: Composition;
  readonly ownRows: ReadonlyMap<string, SourceRow>;
}

/** Memory for as many positions as there may be; they are made when they are first opened. */
interface Rows {
  readonly kernels: RowKernels;
  readonly positions: Position[];
}

/**
 * The positions of an answer whose rows are known or on their way: 1 to `capacity` that follow one another.
 * `open` begins with one, `reach` adds those behind it, `add` folds the rows as models give them, and one position
 * after the other is the current one, whose composition and rows are read.
 */
export class Window {
  readonly #options: WindowOptions;
  /** Models of the composition. */
  readonly #composed: ReadonlySet<string>;
  /** Rows of one position. */
  readonly #stride: number;
  #rows: Rows | undefined;
  /** Of the positions it holds, and which of them is the current one. */
  #open: { readonly first: number; count: number; current: number } | undefined;

  constructor(options: WindowOptions) {
    this.#options = options;
    this.#composed = new Set(options.plan.models);
    this.#stride = options.plan.rowCount + (options.ownRows?.size ?? 0);
  }

  get capacity(): number {
    return this.#options.capacity;
  }

  /** Begins with the position that predicts token `first` of the answer, which is the current one. */
  open(first: number): void {
    this.#rows ??= this.#takeRows();
    this.#open = { first, count: 0, current: 0 };
    this.reach(1);
  }

  /** Holds `count` positions, at least as many as it does. */
  reach(count: number): void {
    const open = this.#open!;
    const { positions } = this.#rows!;
    for (; open.count < count; open.count++) {
      const { composition, ownRows } = (positions[open.count] ??= this.#createPosition(open.count));
      composition.reset(this.#options.promptLength + open.first + open.count);
      for (const row of ownRows.values()) row.isPresent = false;
    }
  }

  /** Forgets the positions from `position` on: what they were asked after is not what came. */
  truncate(position: number): void {
    const open = this.#open;
    if (open !== undefined) open.count = Math.min(open.count, Math.max(0, position - open.first));
  }

  /** Whether it holds the position that predicts token `position` of the answer. */
  holds(position: number): boolean {
    if (this.#open === undefined) return false;
    const { first, count } = this.#open;
    return position >= first && position < first + count;
  }

  /** How many of its positions, from the first on, have the row of `model`. */
  rowsOf(model: string): number {
    const { count } = this.#open!;
    const lacking = this.#rows!.positions.findIndex(
      ({ composition, ownRows }, i) =>
        i >= count || !(composition.has(model) || ownRows.get(model)?.isPresent === true),
    );
    return lacking === -1 ? count : lacking;
  }

  /** Makes a position that it holds the current one. */
  goTo(position: number): void {
    this.#open!.current = position - this.#open!.first;
  }

  /** Folds a borrowed row of `model`, of a position that it holds. @throws NonFiniteLogitsError */
  add(model: string, position: number, row: Row): void {
    const { composition, ownRows } = this.#rows!.positions[position - this.#open!.first]!;
    if (this.#composed.has(model)) composition.add(model, row);
    ownRows.get(model)?.take(row, model, this.#options.promptLength + position);
  }

  /** Where the rows of all positions are. */
  get kernels(): RowKernels {
    return this.#rows!.kernels;
  }

  /** A row that belongs to no position, for whoever needs one for a moment. */
  get spareRow(): number {
    return this.#stride * this.capacity;
  }

  /** Of the current position. */
  get composition(): Composition {
    return this.#position.composition;
  }

  /** What a model of `ownRows` gives at the current position. */
  ownRow(model: string): SourceRow {
    return this.#position.ownRows.get(model)!;
  }

  /** Index of the row with the logits of any of the models at the current position, as `kernels` have it. */
  modelRow(model: string): number {
    const { composition, ownRows } = this.#position;
    return ownRows.get(model)?.row ?? composition.rowOf(model);
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

  #takeRows(): Rows {
    const { vocabSize, kernels: pool } = this.#options;
    return { kernels: pool.take(vocabSize, this.#stride * this.capacity + 1), positions: [] };
  }

  #createPosition(index: number): Position {
    const { plan, ownRows = new Map() } = this.#options;
    const { kernels } = this.#rows!;
    const firstRow = index * this.#stride;
    const composition = createComposition(plan, kernels, firstRow);
    const own = [...ownRows].map(
      ([model, alignment], i) =>
        [model, new SourceRow(kernels, firstRow + plan.rowCount + i, alignment)] as const,
    );
    return { composition, ownRows: new Map(own) };
  }
}
