import { contentId, type AnsweredConversation } from '../evaluation/index.ts';
import { InvalidOptionError } from '../spec/index.ts';

/** Conversations to learn from, to choose by, and to judge by. */
export interface ConversationSplit {
  readonly training: readonly AnsweredConversation[];
  readonly development: readonly AnsweredConversation[];
  readonly test: readonly AnsweredConversation[];
  /** How many said again what another says, and are left out. */
  readonly repeated: number;
}

/** Of all conversations, those of development and of test each have so many, up to the most. */
const heldOutShare = 0.15;
const mostHeldOut = 64;

/** What can be split: a development and a test set of {@link fewestHeldOut}, and as many again to learn from. */
const fewestConversations = 24;
const fewestHeldOut = 6;

/**
 * Splits conversations by their groups, or by what they ask: nothing that is judged by was learned from. Which go
 * where hangs on what they say and on the seed, not on their order, so that one more moves no other.
 * @throws InvalidOptionError for fewer than {@link fewestConversations}, or too few groups to split.
 */
export function splitConversations(
  conversations: readonly AnsweredConversation[],
  seed: number,
): ConversationSplit {
  const unique = [
    ...new Map(
      conversations.map((each) => [contentId([each.prompt, each.answer]), each] as const),
    ).values(),
  ];
  if (unique.length < fewestConversations) {
    throw new InvalidOptionError(
      'data',
      `There are ${unique.length} conversations; at least ${fewestConversations} are needed to learn from some ` +
        'and to judge by others. A few hundred are a good beginning.',
    );
  }
  const groups = new Map<string, AnsweredConversation[]>();
  for (const each of unique) {
    const key = each.group ?? contentId(each.prompt);
    groups.set(key, [...(groups.get(key) ?? []), each]);
  }
  const ordered = [...groups]
    .map(([key, members]) => ({ members, order: contentId([seed, key]) }))
    .toSorted((a, b) => (a.order < b.order ? -1 : 1));
  const wanted = Math.min(
    mostHeldOut,
    Math.max(fewestHeldOut, Math.round(unique.length * heldOutShare)),
  );
  const take = (): AnsweredConversation[] => {
    const taken: AnsweredConversation[] = [];
    while (taken.length < wanted && ordered.length > 0) taken.push(...ordered.shift()!.members);
    return taken;
  };
  const test = take();
  const development = take();
  const training = ordered.flatMap(({ members }) => members);
  if (training.length < wanted) {
    throw new InvalidOptionError(
      'groupBy',
      `Of ${unique.length} conversations in ${groups.size} groups, ${training.length} are left to learn from ` +
        `beside ${development.length} and ${test.length} to choose and to judge by: give smaller groups, or more data.`,
    );
  }
  return { training, development, test, repeated: conversations.length - unique.length };
}
