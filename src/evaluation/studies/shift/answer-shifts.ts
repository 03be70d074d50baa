import { type GeneratedToken, type TokenId } from '../../../spec/index.ts';
import { tokenKinds, type TokenKind } from '../../token-kinds.ts';
import { toTokenShift, type TokenShift } from '../../token-shifts.ts';
import { noLabels, type ShiftLabels } from './shift-labels.ts';

/** A token of an answer, what it is and how far it was moved. */
export interface ShiftedToken extends TokenShift {
  readonly tokenId: TokenId;
  readonly text: string;
  /** `log p_composed − log p_base` of it, in nats. */
  readonly shift: number;
  /** What the base alone would have chosen greedily. */
  readonly baseChoice: string;
  /** What schedules chose of their params; absent where there are none. */
  readonly params?: Readonly<Record<string, number>>;
}

/** What decides the kinds of tokens. */
export interface AnswerShiftOptions {
  /** Right answers: what overlaps one of them is a fact. */
  readonly references?: readonly string[];
  /** Looked for after references: phrases first, then patterns. */
  readonly labels?: ShiftLabels;
}

/**
 * The shift of every token of an answer.
 * @param tokens - Generated with `trace`. @param baseModel - The base's name in the recipe.
 * @throws InvalidOptionError if a token has no trace, or its trace no term of that model.
 */
export function answerShifts(
  tokens: readonly GeneratedToken[],
  baseModel: string,
  { references = [], labels = noLabels }: AnswerShiftOptions = {},
): ShiftedToken[] {
  const texts = tokens.map(({ text }) => text);
  const kinds = tokenKinds(texts, { references, labels: labels.phrases });
  const patterns = patternKinds(texts, labels);
  const isLabelled = (kind: TokenKind): boolean =>
    kind === 'fact' || Object.hasOwn(labels.phrases, kind);
  return tokens.map((token, position) => {
    const own = kinds[position]!;
    const kind = isLabelled(own) ? own : (patterns[position] ?? own);
    const shift = toTokenShift(token, baseModel, { kind, position });
    const { trace, tokenId, text } = token;
    return {
      ...shift,
      tokenId,
      text,
      shift: trace!.shift,
      baseChoice: trace!.baseChoice.text,
      ...(trace!.params && { params: trace!.params }),
    };
  });
}

/** The label of the first pattern with a match that each token overlaps, if one does. */
function patternKinds(
  texts: readonly string[],
  { patterns }: ShiftLabels,
): (TokenKind | undefined)[] {
  const answer = texts.join('');
  const matches = patterns.flatMap(({ label, pattern }) =>
    [...answer.matchAll(pattern)].map(({ index, 0: found }) => ({
      label,
      start: index,
      end: index + found.length,
    })),
  );
  let end = 0;
  return texts.map((text) => {
    const start = end;
    end += text.length;
    return matches.find((match) => match.start < end && start < match.end)?.label;
  });
}
