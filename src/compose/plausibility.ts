/**
 * Which tokens a composition may choose at all: those that at least one of `models` finds plausible.
 * The most probable token of every one of them is always kept.
 * - `minP`: a token whose probability is at least `minP` times that of the model's own best token.
 * - `topP`: a token of the model's smallest set whose mass is at least `topP`.
 * @see Li et al. 2022, "Contrastive Decoding", arXiv:2210.15097 (minP)
 * @see Liu et al. 2021, "DExperts", arXiv:2105.03023 (topP)
 */
export type Plausibility =
  | { readonly minP: number; readonly topP?: undefined; readonly models: readonly string[] }
  | { readonly topP: number; readonly minP?: undefined; readonly models: readonly string[] };
