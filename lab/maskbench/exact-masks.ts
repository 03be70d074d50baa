// Whether masks are exact by token, in both directions: against every token tried byte by byte, and beside llguidance's.
import path from 'node:path';

import type { TokenId, Vocabulary } from '../../src/spec/index.ts';
import { createConstraintState } from '../../src/grammar/index.ts';
import { benchVocabulary } from '../constraints/vocabulary.ts';
import { experiment } from '../shared/experiment.ts';
import { number } from '../shared/flags.ts';
import { machineFacts, showMachine } from '../shared/measure.ts';
import { showProgress } from '../shared/progress.ts';
import { tableOf } from '../shared/table.ts';
import { explain, type Reason } from './disagreement.ts';
import { schemaFlags, withMaskBench } from './files.ts';
import { branchesOf, createReference } from './legal-tokens.ts';
import { askLines, piecesOf } from './peer.ts';
import { readWalks, type Walk } from './walks.ts';

/** Far from the end of any budget. */
const budget = 1_000_000;

/** A place in a document, and the tokens that may come there. */
interface Place {
  readonly walk: Walk;
  readonly at: number;
  readonly ours: ReadonlySet<TokenId>;
  /** Tokens that the mask has and should not, or should have and has not. */
  readonly wrong: readonly TokenId[];
}

type Side = 'ours' | 'theirs';

export default experiment({
  flags: {
    ...schemaFlags,
    files: number('takes so many files, evenly', 500),
    places: number('takes at most so many places of each document, evenly', 4),
    tokens: number('tokens of the vocabulary', 8000),
  },
  async run({ schemas, files, places, tokens, python }, print) {
    print(`${showMachine()}\n`);
    const vocabulary = benchVocabulary(tokens);
    const walks = await withMaskBench(schemas, (all) => {
      const wanted = Array.from(
        { length: Math.min(files, all.length) },
        (_, i) => all[Math.floor((i * all.length) / files)]!,
      );
      return readWalks(wanted, vocabulary);
    });
    const branches = branchesOf(vocabulary);
    const found = walks.flatMap((walk, i) => {
      showProgress(`${i} of ${walks.length} schemas`);
      return examine(walk, vocabulary, branches, placesOf(walk.tokens.length, places));
    });
    showProgress('');
    const wrong = found.reduce((sum, place) => sum + place.wrong.length, 0);
    print(
      `${walks.length} of ${files} schemas compile and have a valid document. At ${found.length} places of ${tokens} tokens each, ` +
        `${wrong} tokens are in the mask and must not come, or must and are not.\n`,
    );
    for (const { walk, at, wrong: tokenIds } of found
      .filter((place) => place.wrong.length > 0)
      .slice(0, 10)) {
      const pieces = tokenIds.slice(0, 5).map((tokenId) => vocabulary.label(tokenId));
      print(`${walk.name}, token ${at}: ${JSON.stringify(pieces)}`);
    }
    const compared = python === undefined ? null : await compare(python, vocabulary, found);
    if (compared !== null) print(compared.text);
    return { data: { machine: machineFacts(), wrong, compared }, failed: wrong > 0 };
  },
});

function placesOf(length: number, most: number): number[] {
  const count = Math.min(length, most);
  return Array.from({ length: count }, (_, i) => Math.floor((i * length) / count));
}

function examine(
  walk: Walk,
  vocabulary: Vocabulary,
  branches: ReturnType<typeof branchesOf>,
  places: readonly number[],
): Place[] {
  const state = createConstraintState(walk.compiled, vocabulary);
  const reference = createReference(walk.compiled);
  const found: Place[] = [];
  for (const [at, token] of walk.tokens.entries()) {
    if (places.includes(at)) {
      const mask = state.mask(budget);
      const ours = new Set<TokenId>();
      for (let tokenId = 0; tokenId < vocabulary.size; tokenId++) {
        if (!vocabulary.isControl(tokenId) && hasBit(mask, tokenId)) ours.add(tokenId);
      }
      const legal = reference.legal(branches);
      const wrong = [
        ...[...ours].filter((tokenId) => !legal.has(tokenId)),
        ...[...legal].filter((tokenId) => !ours.has(tokenId)),
      ];
      found.push({ walk, at, ours, wrong });
    }
    if (!state.allows(token, budget)) break; // keys in another order
    state.accept(token);
    reference.accept(vocabulary.piece(token));
  }
  return found;
}

function hasBit(mask: ArrayLike<number>, tokenId: TokenId): boolean {
  return (mask[tokenId >>> 5]! & (1 << (tokenId & 31))) !== 0;
}

/** The first, the last, and one between. */
function evenly(told: readonly string[]): string[] {
  return [...new Set([0, told.length >> 1, told.length - 1].map((i) => told[i]!))];
}

/** Tokens that one of both allows, by why. */
async function compare(environment: string, vocabulary: Vocabulary, found: readonly Place[]) {
  const walks = [...new Set(found.map(({ walk }) => walk))];
  const asked = walks.map((walk) => found.filter((place) => place.walk === walk));
  const lines = asked.map((places) => ({
    schema: places[0]!.walk.schema,
    tokens: places[0]!.walk.tokens,
    places: places.map(({ at }) => at),
  }));
  const masks = await askLines<readonly string[] | null>(
    { environment, program: 'exact-peer.py' },
    [piecesOf(vocabulary), ...lines].map((line) => JSON.stringify(line)),
    lines.length,
    () => {},
  );
  const reasons = new Map<Reason, Record<Side, string[]>>();
  let [places, both, schemas] = [0, 0, 0];
  for (const [i, theirs] of masks.entries()) {
    if (theirs === null) continue;
    schemas++;
    for (const [j, encoded] of theirs.entries()) {
      const { walk, at, ours } = asked[i]![j]!;
      const mask = new Uint32Array(new Uint8Array(Buffer.from(encoded, 'base64')).buffer);
      const prefix = walk.tokens.slice(0, at).map((token) => vocabulary.piece(token));
      places++;
      for (let tokenId = 0; tokenId < vocabulary.size - 2; tokenId++) {
        const [isOurs, isTheirs] = [ours.has(tokenId), hasBit(mask, tokenId)];
        if (isOurs && isTheirs) both++;
        if (isOurs === isTheirs) continue;
        const before = Buffer.concat(prefix).toString();
        const piece = Buffer.from(vocabulary.piece(tokenId)).toString();
        const reason = explain(before, piece);
        const known = reasons.get(reason) ?? { ours: [], theirs: [] };
        known[isOurs ? 'ours' : 'theirs'].push(
          `${path.parse(walk.name).name} ${JSON.stringify(before.slice(-16))} ${JSON.stringify(piece)}`,
        );
        reasons.set(reason, known);
      }
    }
  }
  const rows = [...reasons].flatMap(([reason, sides]) =>
    Object.entries(sides)
      .filter(([, told]) => told.length > 0)
      .map(([side, told]) => ({
        reason,
        side: side as Side,
        count: told.length,
        examples: evenly(told),
      })),
  );
  const table = tableOf(rows, {
    'where they differ': ({ reason }) => reason,
    'who allows it': ({ side }) => (side === 'ours' ? 'Trimtab' : 'llguidance'),
    tokens: ({ count }) => String(count),
    'some of them': ({ examples }) => examples.join('; '),
  });
  const counts = { schemas, places, both };
  return {
    ...counts,
    rows,
    text: `llguidance: ${schemas} schemas, ${places} places, ${both} tokens that both allow.\n${table}`,
  };
}
