import type { CodePointRange, Expression } from '../grammar.ts';
import type { Pattern } from './pattern.ts';

/** What texts begin with: of each of their first characters the ranges in which it lies. */
interface Head {
  readonly characters: readonly (readonly CodePointRange[])[];
  /** Whether the texts end there. */
  readonly isWhole: boolean;
}

/** Beginnings that are told apart of one pattern, and their characters: more are not looked at. */
const mostHeads = 16;
const mostCharacters = 64;

const anyTexts: readonly Head[] = [{ characters: [], isWhole: false }];

/** Whether no text can be of both patterns, which their beginnings tell of most that people write: `^x-`, `^(a|b)$`. */
export function areDisjoint(a: Pattern, b: Pattern): boolean {
  const others = headsOf(b.expression);
  return headsOf(a.expression).every((one) =>
    others.every((other) => cannotMeet(one, other) || cannotMeet(other, one)),
  );
}

function cannotMeet(one: Head, other: Head): boolean {
  if (one.isWhole && other.characters.length > one.characters.length) return true;
  return one.characters.some((ranges, i) => {
    const those = other.characters[i];
    return (
      those !== undefined &&
      !ranges.some(([from, to]) => those.some(([first, last]) => from <= last && first <= to))
    );
  });
}

/** Every text of the expression begins as one of them says. */
function headsOf(expression: Expression): readonly Head[] {
  switch (expression.kind) {
    case 'text': {
      const characters = Array.from(expression.text, (character): CodePointRange[] => {
        const codePoint = character.codePointAt(0)!;
        return [[codePoint, codePoint]];
      });
      return [cut({ characters, isWhole: true })];
    }
    case 'class':
      return [{ characters: [expression.ranges], isWhole: true }];
    case 'sequence':
      return expression.items.reduce<readonly Head[]>(
        (heads, item) => joined(heads, () => headsOf(item)),
        [{ characters: [], isWhole: true }],
      );
    case 'choice': {
      const heads = expression.options.flatMap(headsOf);
      return heads.length > mostHeads ? anyTexts : heads;
    }
    case 'repeat': {
      const { item, min, max } = expression;
      const once = (): readonly Head[] => headsOf(item);
      let heads: readonly Head[] = [{ characters: [], isWhole: true }];
      for (let i = 0; i < Math.min(min, mostCharacters); i++) heads = joined(heads, once);
      return min === max && min <= mostCharacters ? heads : joined(heads, () => anyTexts);
    }
    case 'both':
    case 'except':
    case 'list':
    case 'rule':
    case 'token':
    default:
      return anyTexts;
  }
}

/** Heads, and what follows those that are whole. */
function joined(heads: readonly Head[], follow: () => readonly Head[]): readonly Head[] {
  if (!heads.some(({ isWhole }) => isWhole)) return heads;
  const following = follow();
  const all = heads.flatMap((head) =>
    head.isWhole
      ? following.map(({ characters, isWhole }) =>
          cut({ characters: [...head.characters, ...characters], isWhole }),
        )
      : [head],
  );
  return all.length > mostHeads ? heads.map((head) => ({ ...head, isWhole: false })) : all;
}

function cut(head: Head): Head {
  if (head.characters.length <= mostCharacters) return head;
  return { characters: head.characters.slice(0, mostCharacters), isWhole: false };
}
