import type { RowKernels } from '../math/index.ts';
import { lackingTokens, type CompositionPlan } from './plan.ts';
import type { SourceRow } from './source.ts';

/** The logits of a plan's models at the current position, whole: for code that is not ours. */
export class ModelRows {
  /** By model, shape `[vocabSize]`; views of the kernels' rows where the model lacks no token. */
  readonly rows: Readonly<Record<string, Float32Array>>;
  readonly #sources: ReadonlyMap<string, SourceRow>;
  readonly #plan: CompositionPlan;
  readonly #kernels: RowKernels;

  constructor(plan: CompositionPlan, kernels: RowKernels, sources: ReadonlyMap<string, SourceRow>) {
    this.#plan = plan;
    this.#kernels = kernels;
    this.#sources = sources;
    const rows = plan.models.map((name) => {
      const isWhole = lackingTokens(plan.alignments, name).length === 0;
      const view = kernels.row(sources.get(name)!.row);
      return [name, isWhole ? view : new Float32Array(view.length)] as const;
    });
    this.rows = Object.fromEntries(rows);
  }

  /** What a model lacks becomes as probable as the base finds it. */
  fill(): void {
    for (const [name, row] of Object.entries(this.rows)) {
      const lacking = lackingTokens(this.#plan.alignments, name);
      if (lacking.length === 0) continue;
      const source = this.#sources.get(name)!;
      row.set(this.#kernels.row(source.row));
      const base = this.#sources.get(this.#plan.base)!;
      for (const tokenId of lacking) row[tokenId] = base.logprob(tokenId) + source.logZ;
    }
  }
}
