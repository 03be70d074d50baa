import type { Logits, Priority } from '../../spec/index.ts';
import type { Lane } from './lane.ts';

/** Among whom the engine's room is shared: people before background work, then owners, then an owner's requests. */
export interface TaskShare {
  readonly owner: string;
  /** The same for all answers of one request. */
  readonly request: unknown;
  readonly priority: Priority;
}

/** What a model gives for one token; borrowed until the next decode of its context. */
export interface ComputedRow {
  readonly logits: Logits;
  /** `[embeddingLength]`, where the context keeps hidden states. */
  readonly hiddenState: Float32Array | undefined;
}

/** Whom a lane works for. */
export interface LaneUser {
  readonly share: TaskShare;
  /** Whether it can take rows now; `false` while its reader is far behind. */
  readonly isReady: boolean;
  /** Whether it is past its prompt: its lanes go before those of users still reading theirs. */
  readonly isDecoding: boolean;
  /** Told that a decode has brought `lane` nearer to what it was asked for. */
  onDecoded(lane: Lane): void;
  /** Takes a row; `index` counts those the lane was asked for. */
  take(lane: Lane, index: number, row: ComputedRow): void;
  /** Told that a decode its lane took part in, or a row, failed: it can compute no more. */
  fail(error: unknown): void;
}
