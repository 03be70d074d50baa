/** Of what is opened late: `closed` until the first request that needs it; `failed` until one of them succeeds. */
export const openingStates = ['off', 'closed', 'open', 'failed'] as const;

export type OpeningState = (typeof openingStates)[number];
