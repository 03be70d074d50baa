/** How a param of the formula is chosen anew at each token; the value that it is given is the most it can be. */
export interface ResolvedSchedule {
  /**
   * `kl`: the part t of the value with `KL(composed ‖ base) = KL(expert ‖ antiExpert)`, the two sides of the
   * difference that the param multiplies; all of it where it leads less far.
   * @see Fan et al. 2024, "On Giant's Shoulders: Effortless Weak to Strong by Dynamic Logits Fusion",
   *   arXiv:2406.15480
   */
  readonly match?: 'kl';
  /**
   * 0 where the base's entropy is below so many nats.
   * @see Hu et al. 2026, "Inference-time Alignment via Sparse Junction Steering", arXiv:2602.21215
   */
  readonly junctions?: number;
}

/** A schedule as it is written: at least one of its parts. */
export interface ParamSchedule extends Pick<ResolvedSchedule, 'match'> {
  /** `true` is 1 nat. */
  readonly junctions?: number | true;
}

/** Schedules by param; `null` is none. */
export type ParamSchedules = Readonly<Record<string, ParamSchedule | null>>;
