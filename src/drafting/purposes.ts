/** What a recipe is to do with its models. */
export type Purpose =
  | 'manner'
  | 'expert'
  | 'reasoner'
  | 'guidance'
  | 'context'
  | 'rewards'
  | 'schema';

export interface PurposeAbout {
  /** In a few words, as a list of them shows it. */
  readonly summary: string;
  /** How many models it may have. */
  readonly least: number;
  readonly most: number;
}

/** Every purpose, in the order in which they are offered. */
export const purposes: Readonly<Record<Purpose, PurposeAbout>> = {
  manner: {
    summary: 'a large model with the manners of a small instruct model',
    least: 2,
    most: 3,
  },
  expert: {
    summary: 'a large model with what tuning taught a small one of its subject',
    least: 2,
    most: 3,
  },
  reasoner: {
    summary: 'a large model that thinks as a small reasoning model does',
    least: 2,
    most: 3,
  },
  guidance: { summary: 'one model, drawn towards a system prompt', least: 1, most: 1 },
  context: {
    summary: 'facts of yours: a model that keeps to them, or a small one that tells a large one',
    least: 1,
    most: 2,
  },
  rewards: {
    summary: 'traits that a small instruct model judges, ready for profiles',
    least: 1,
    most: 2,
  },
  schema: { summary: 'answers that are JSON of a schema', least: 1, most: 3 },
};

export const purposeNames = Object.keys(purposes) as readonly Purpose[];
