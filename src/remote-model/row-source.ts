import { RemoteModelError, type SparseRow, type TokenId, type Vocabulary } from '../spec/index.ts';
import type { ServerDialect } from './dialect.ts';
import type { EntryCount } from './entry-count.ts';
import { isAlike, likenessOf, type Probed } from './probe.ts';
import { toSparseRow, withTokens, type ToldEntry } from './told-row.ts';

export interface RowSourceOptions {
  readonly server: string;
  readonly dialect: ServerDialect;
  readonly probed: Probed;
  readonly vocabulary: Vocabulary;
  readonly count: EntryCount;
  /** Whether tokens may be asked about by their ids: it tells the server what is considered here. */
  readonly asksTokens: boolean;
}

/** Rows of a server's model, by the texts before them. */
export class RowSource {
  readonly counts = { rows: 0, logprobs: 0, extended: 0 };
  readonly #options: RowSourceOptions;
  /** How many of the best a row was asked for. */
  readonly #asked = new WeakMap<SparseRow, number>();
  /** Rows that did not suffice as they came. */
  readonly #extended = new WeakSet<SparseRow>();
  #isDoubtful = false;

  constructor(options: RowSourceOptions) {
    this.#options = options;
  }

  /** Another server may answer from now on: the model must be known again before anything is believed. */
  doubt(): void {
    this.#isDoubtful = true;
  }

  /** What is known of the next token behind each text. @throws RemoteModelError, or the signal's reason. */
  async rows(
    prompts: readonly (readonly TokenId[])[],
    signal?: AbortSignal,
  ): Promise<readonly SparseRow[]> {
    if (prompts.length === 0) return [];
    const { count } = this.#options;
    const rows = await this.#best(prompts, count.count, signal);
    this.counts.rows += rows.length;
    for (let i = 0; i < rows.length; i++) count.record(true);
    return rows;
  }

  /** See `ModelContext.extendRow`. */
  async extend(
    prompt: readonly TokenId[],
    row: SparseRow,
    wanted: readonly TokenId[],
    signal?: AbortSignal,
  ): Promise<SparseRow | null> {
    const { dialect, asksTokens, count } = this.#options;
    const mostIds = asksTokens ? dialect.mostTokenIds : 0;
    const more = count.more(this.#asked.get(row) ?? count.most);
    if (more === null) {
      if (wanted.length === 0 || mostIds === 0) return null;
      return this.#withTokens(prompt, row, wanted.slice(0, mostIds), signal);
    }
    const [longer] = await this.#best([prompt], more, signal);
    this.#noteExtended(row, longer!);
    const known = new Set(longer!.tokenIds);
    const kept = [...row.tokenIds.keys()].filter((i) => !known.has(row.tokenIds[i]!));
    if (kept.length === 0) return longer!;
    const all = withTokens(
      longer!,
      kept.map((i) => row.tokenIds[i]!),
      kept.map((i) => row.logprobs[i]!),
    );
    this.#asked.set(all, more);
    return all;
  }

  async #withTokens(
    prompt: readonly TokenId[],
    row: SparseRow,
    tokenIds: readonly TokenId[],
    signal: AbortSignal | undefined,
  ): Promise<SparseRow> {
    const { dialect } = this.#options;
    const logprobs = await dialect.ofTokens({ prompt, tokenIds, signal });
    await this.#knowAgain(signal);
    this.counts.logprobs += tokenIds.length;
    const longer = withTokens(row, tokenIds, logprobs);
    this.#asked.set(longer, this.#asked.get(row) ?? 0);
    this.#noteExtended(row, longer);
    return longer;
  }

  async #best(
    prompts: readonly (readonly TokenId[])[],
    count: number,
    signal: AbortSignal | undefined,
  ): Promise<readonly SparseRow[]> {
    const { dialect } = this.#options;
    const told = await dialect.best({ prompts, count, signal });
    await this.#knowAgain(signal);
    return told.map((entries) => this.#toRow(entries, count));
  }

  #toRow(entries: readonly ToldEntry[], asked: number): SparseRow {
    const { server, vocabulary, probed, dialect } = this.#options;
    this.counts.logprobs += entries.length;
    const { serverTokens } = probed;
    const row = toSparseRow(entries, {
      server,
      vocabSize: vocabulary.size,
      namesTexts: dialect.namesTexts,
      asked,
      serverTokens,
    });
    this.#asked.set(row, asked);
    return row;
  }

  #noteExtended(row: SparseRow, longer: SparseRow): void {
    this.counts.extended++;
    if (!this.#extended.has(row)) this.#options.count.record(false);
    this.#extended.add(row);
    this.#extended.add(longer);
  }

  /** After a connection was lost: whether it is the model that it was. @throws RemoteModelError `changed` */
  async #knowAgain(signal: AbortSignal | undefined): Promise<void> {
    if (!this.#isDoubtful) return;
    const { dialect, vocabulary, probed, server } = this.#options;
    const now = await likenessOf(dialect, vocabulary, probed.mostLogprobs, signal);
    if (!isAlike(probed.likeness, now)) {
      throw new RemoteModelError(
        'changed',
        `The server ${server} has another model than when the recipe was loaded: load the recipe again.`,
      );
    }
    this.#isDoubtful = false;
  }
}
