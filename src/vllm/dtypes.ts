/** Types in which the plugin may compute the pair; the first by default. */
export const pairDtypes = ['float32', 'bfloat16', 'float16'] as const;

export type PairDtype = (typeof pairDtypes)[number];
