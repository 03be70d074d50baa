import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { compiledHere } from '../../../test/support/compiled-here.ts';
import { chaoticLogits } from '../../../test/support/fake-model/chaotic-logits.ts';
import { fakeLoader } from '../../../test/support/fake-model/fake-loader.ts';
import { fakeRecipe } from '../../../test/support/fake-model/fake-recipe.ts';
import { pieceVocabulary } from '../../../test/support/piece-vocabulary.ts';
import { runs } from '../../../test/support/runs.ts';
import { withoutDrafters } from '../../../test/support/without-drafters.ts';
import type { RecipeDocument } from '../../recipe/index.ts';
import type { GenerateOptions, GenerationResult, TokenId } from '../../spec/index.ts';
import { LoadedRecipe } from '../loaded-recipe.ts';

const letters = 'abcdefgh';
const vocabulary = pieceVocabulary(Array.from(letters, (letter) => Buffer.from(letter)));

/** Logits that depend on the last token alone: answers go round, and copies are right. */
const cycling = (tokens: readonly TokenId[]) =>
  Array.from({ length: vocabulary.size }, (_, id) => (id === (tokens.at(-1)! + 1) % 5 ? 9 : 0));

interface Given extends Partial<RecipeDocument> {
  /** Logits by model; chaotic ones otherwise, and close to one another. */
  readonly logits?: Readonly<Record<string, (tokens: readonly TokenId[]) => number[]>>;
  readonly capabilities?: { readonly truncates?: boolean };
  /** Models that cannot drop a tail. */
  readonly firm?: readonly string[];
}

function load({
  logits = {},
  capabilities,
  firm = [],
  ...document
}: Given = {}): Promise<LoadedRecipe> {
  const shared = chaoticLogits(vocabulary, { salt: 1 });
  /** Mostly the base's. */
  const near = (salt: number) => {
    const own = chaoticLogits(vocabulary, { salt });
    return (tokens: readonly TokenId[]) => {
      const noise = own(tokens);
      return shared(tokens).map((logit, i) => logit + 0.3 * noise[i]!);
    };
  };
  const fake = (name: string, otherwise: (tokens: readonly TokenId[]) => number[]) => ({
    vocabulary,
    ...(capabilities !== undefined && { capabilities }),
    ...(firm.includes(name) && { capabilities: { truncates: false } }),
    logits: logits[name] ?? otherwise,
  });
  const { loader } = fakeLoader({
    base: fake('base', shared),
    expert: fake('expert', near(2)),
    twin: fake('twin', near(3)),
    small: fake('small', near(4)),
  });
  const file = (name: string) => ({ file: `${name}.gguf`, prompt: 'raw' as const });
  const recipe = fakeRecipe({
    models: {
      base: file('base'),
      expert: file('expert'),
      twin: file('twin'),
      small: file('small'),
    },
    expert: 'expert',
    formula: 'base + alpha * (expert - twin)',
    params: { alpha: { default: 1, min: 0, max: 2 } },
    sampling: { temperature: 1 },
    rewards: { words: { words: { ab: 2, c: -1 }, weight: 0 } },
    engine: { contextLength: 128 },
    speculation: 'auto',
    ...document,
  });
  return LoadedRecipe.load(recipe, { loader });
}

const idsOf = ({ tokens }: GenerationResult) => tokens.map(({ tokenId }) => tokenId);
const passesOf = ({ usage }: GenerationResult, model: string) => usage.models[model]?.forwards ?? 0;

const drafters = [
  ...['base', 'expert', 'twin', 'small'].flatMap((model) =>
    [1, 2, 3, 4, 15].map((length) => `${model}:length=${length}`),
  ),
  'copies',
  'copies:length=1',
  'copies:length=4',
  'auto',
  'base',
];

const constraint = compiledHere({ regex: '([ab]cdef|[gh]+a){2,9}' }, vocabulary);

const ways: fc.Arbitrary<GenerateOptions> = fc.record(
  {
    temperature: fc.constantFrom(0, 0.7, 1, 1.6),
    topK: fc.constantFrom(0, 3),
    topP: fc.constantFrom(1, 0.8),
    minP: fc.constantFrom(0, 0.1),
    repetitionPenalty: fc.constantFrom(1, 1.4),
    frequencyPenalty: fc.constantFrom(0, 0.6),
    params: fc.record({ alpha: fc.constantFrom(0, 0.5, 1, 2) }),
    constraint: fc.constantFrom(null, constraint),
    rewards: fc.constantFrom({}, { words: 1 }),
    guidance: fc.constantFrom<NonNullable<GenerateOptions['guidance']>>(
      { method: 'args', candidates: 4 },
      { method: 'segments', entropy: 99, threshold: 2, beta: 1, maxTokens: 4, maxTries: 3 },
    ),
    klBudget: fc.constantFrom(null, { perToken: 0.1 }, { perAnswer: 1 }),
    minTokens: fc.constantFrom(0, 5),
    stop: fc.constantFrom('zz', ['gg', 'ac']),
    logprobs: fc.boolean(),
    trace: fc.boolean(),
  },
  { requiredKeys: [] },
);

let trimtab: LoadedRecipe;
beforeAll(async () => {
  trimtab = await load();
});
afterAll(() => trimtab[Symbol.asyncDispose]());

/** What an answer is; what it cost may differ. */
function essence({ usage, ...rest }: GenerationResult) {
  const tokens = withoutDrafters(rest.tokens);
  return { ...rest, tokens, timings: null, warnings: [], promptTokens: usage.promptTokens };
}

describe('speculation', () => {
  it('changes no token and nothing that is told of one, whoever drafts and however much', async () => {
    await fc.assert(
      fc.asyncProperty(
        ways.filter(
          ({ guidance, temperature }) => guidance?.method !== 'segments' || temperature !== 0,
        ),
        fc.constantFrom(...drafters),
        fc.nat(10_000),
        fc.constantFrom('h', 'abcdefabcdef', 'gagaga'),
        fc.option(fc.array(fc.array(fc.nat(letters.length - 1), { maxLength: 30 })), {
          nil: undefined,
        }),
        async (way, speculation, seed, prompt, drafts) => {
          const ask = (how: string, prepared?: GenerateOptions['prepared']) =>
            trimtab.generate(prompt, {
              maxTokens: 40,
              ...way,
              seed,
              speculation: how,
              ...(prepared && { prepared }),
            });
          const answer = await ask(speculation, drafts && { drafts });
          expect(essence(answer)).toEqual(essence(await ask('off')));
        },
      ),
      { numRuns: runs(100) },
    );
  });

  it('takes a pass for as many tokens as were right, and one more', async () => {
    await using same = await load({ logits: { expert: cycling, twin: cycling, base: cycling } });
    const answer = await same.generate('a', {
      temperature: 0,
      maxTokens: 26,
      speculation: 'expert:length=4',
    });
    expect(answer.text).toBe('bcdeabcdeabcdeabcdeabcdeab');
    // The first alone, then five at a time.
    expect(['base', 'expert', 'twin'].map((model) => passesOf(answer, model))).toEqual([6, 26, 6]);
    expect(answer.usage.drafts).toEqual({ expert: { drafted: 20, accepted: 20 } });
  });

  it('counts what was drafted in vain', async () => {
    const wrong = (tokens: readonly TokenId[]) => cycling([...tokens, (tokens.at(-1)! + 1) % 5]);
    await using other = await load({
      logits: { base: cycling, expert: cycling, twin: cycling, small: wrong },
    });
    const answer = await other.generate('a', {
      temperature: 0,
      maxTokens: 10,
      speculation: 'small:length=3',
    });
    expect(answer.text).toBe('bcdeabcdea');
    expect(answer.usage.drafts!['small']).toMatchObject({ accepted: 0 });
    expect(passesOf(answer, 'base')).toBe(10);
  });

  it('tells of every token who drafted it', async () => {
    await using same = await load({ logits: { expert: cycling, twin: cycling, base: cycling } });
    const { tokens } = await same.generate('a', {
      temperature: 0,
      maxTokens: 7,
      trace: true,
      speculation: 'expert:length=3',
    });
    // The first before any draft, then three and the one after them, and one with the last.
    const byExpert = [false, true, true, true, false, true, false];
    expect(tokens.map(({ trace }) => trace!.draftedBy)).toEqual(
      byExpert.map((isDrafted) => (isDrafted ? 'expert' : undefined)),
    );
  });

  it('copies what stood in the prompt without any pass', async () => {
    await using same = await load({ logits: { expert: cycling, twin: cycling, base: cycling } });
    const answer = await same.generate('abcdeabcde', {
      temperature: 0,
      maxTokens: 25,
      speculation: 'copies:length=8',
    });
    expect(answer.text).toBe('abcdeabcdeabcdeabcdeabcde');
    expect(answer.usage.drafts!['copies']!.accepted).toBeGreaterThanOrEqual(20);
    for (const model of ['base', 'expert', 'twin']) {
      expect(passesOf(answer, model)).toBeLessThanOrEqual(5);
    }
  });

  it('drafts answers that were prepared without any pass, and none that do not fit', async () => {
    const asked = { maxTokens: 30, seed: 5, temperature: 1 };
    const off = await trimtab.generate('gh', { ...asked, speculation: 'off' });
    const spelled = (text: string) => Array.from(text, (letter) => letters.indexOf(letter));
    const right = { drafts: [spelled('aaaa'), [...spelled('gh'), ...idsOf(off)], spelled('bbbb')] };
    const answer = await trimtab.generate('gh', {
      ...asked,
      prepared: right,
      speculation: 'copies:length=15',
    });
    expect(answer.tokens).toEqual(off.tokens);
    expect(passesOf(answer, 'base')).toBeLessThanOrEqual(3 + Math.ceil(off.tokens.length / 15));
    expect(answer.usage.drafts!['prepared']!.accepted).toBeGreaterThan(20);
    const unknown = [...spelled('gh'), 999];
    await expect(trimtab.generate('gh', { prepared: { drafts: [unknown] } })).rejects.toThrow(
      'prepared.drafts[0][2] is 999',
    );
  });

  it('drafts what a constraint forces without asking anybody', async () => {
    const forcing = compiledHere({ regex: '([ab]cdefgh){4}' }, vocabulary);
    const asked = { constraint: forcing, seed: 3, logprobs: true };
    const off = await trimtab.generate('h', { ...asked, speculation: 'off' });
    const drafted = await trimtab.generate('h', { ...asked, speculation: 'expert:length=8' });
    expect(drafted.tokens).toEqual(off.tokens);
    expect(drafted.usage.drafts!['constraint']!.drafted).toBeGreaterThan(0);
    expect(passesOf(drafted, 'base')).toBeLessThan(passesOf(off, 'base'));
  });

  it('has the distribution of the answers without it, by the maximal coupling', async () => {
    const draws = runs(1500);
    const counts = new Map<string, number>();
    const at = { maxTokens: 2, temperature: 1 };
    for (let seed = 0; seed < draws; seed++) {
      const speculation = 'expert:length=2,coupling=maximal';
      const { text } = await trimtab.generate('h', { ...at, seed, speculation });
      counts.set(text, (counts.get(text) ?? 0) + 1);
    }
    const { size } = vocabulary;
    let chiSquare = 0;
    let cells = 0;
    let rest = { expected: 0, count: 0 };
    for (let first = 0; first < size; first++) {
      for (let second = 0; second < size; second++) {
        if (vocabulary.isControl(first) || vocabulary.isControl(second)) continue;
        const { logprob } = await trimtab.score('h', [first, second]);
        const expected = draws * Math.exp(logprob);
        const count = counts.get(`${letters[first]}${letters[second]}`) ?? 0;
        if (expected < 8) rest = { expected: rest.expected + expected, count: rest.count + count };
        else {
          chiSquare += (count - expected) ** 2 / expected;
          cells++;
        }
      }
    }
    chiSquare += (rest.count - rest.expected) ** 2 / rest.expected;
    const spread = 2 / (9 * cells);
    expect(chiSquare).toBeLessThan(cells * (1 - spread + 3.09 * Math.sqrt(spread)) ** 3); // 99.9 %
  });

  it('repeats with the maximal coupling, and keeps drafts more often', async () => {
    const ask = (seed: number, coupling: string) =>
      trimtab.generate('h', {
        maxTokens: 60,
        seed,
        speculation: `expert:length=4,coupling=${coupling}`,
      });
    let kept = 0;
    for (let seed = 0; seed < 20; seed++) {
      const [one, again, gumbel] = [
        await ask(seed, 'maximal'),
        await ask(seed, 'maximal'),
        await ask(seed, 'gumbel'),
      ];
      expect(idsOf(one)).toEqual(idsOf(again));
      kept += one.usage.drafts!['expert']!.accepted - gumbel.usage.drafts!['expert']!.accepted;
    }
    expect(kept).toBeGreaterThan(0);
  });

  it('is left where a model cannot go back, and whoever asked for it is told', async () => {
    await using firm = await load({ capabilities: { truncates: false } });
    const off = await firm.generate('h', { maxTokens: 8, seed: 1, speculation: 'off' });
    const auto = await firm.generate('h', { maxTokens: 8, seed: 1 });
    expect(auto.usage.drafts).toBeUndefined();
    expect(auto.warnings).toBeUndefined();
    const asked = await firm.generate('h', { maxTokens: 8, seed: 1, speculation: 'expert' });
    expect(asked.warnings).toEqual([
      'Nothing is drafted: base, expert, twin cannot drop tokens that turn out wrong.',
    ]);
    expect([idsOf(auto), idsOf(asked)]).toEqual([idsOf(off), idsOf(off)]);
  });

  it('is left where a model cannot go back whose rows rewards read, or that would draft alone', async () => {
    const given = { rewards: { caller: { nextToken: 'small', weight: 1 } } } as const;
    await using firm = await load({ ...given, firm: ['small'] });
    const off = await firm.generate('h', { maxTokens: 8, seed: 1, speculation: 'off' });
    const why = 'Nothing is drafted: small cannot drop tokens that turn out wrong.';
    for (const speculation of ['expert:length=3', 'copies']) {
      const answer = await firm.generate('h', { maxTokens: 8, seed: 1, speculation });
      expect(answer.warnings).toContain(why);
      expect(idsOf(answer)).toEqual(idsOf(off));
    }
    const alone = { maxTokens: 8, seed: 1, rewards: { caller: 0 }, speculation: 'small' };
    expect((await firm.generate('h', alone)).warnings).toContain(why);
  });

  it('is left where the recipe has it off, and whoever asks for it is told', async () => {
    await using off = await load({ speculation: 'off' });
    const answer = await off.generate('ababab', { maxTokens: 8, seed: 1, speculation: 'copies' });
    expect(answer.usage.drafts).toBeUndefined();
    expect(answer.warnings).toEqual([
      'Nothing is drafted: the recipe says speculation: off, so that no rows are held for drafts.',
    ]);
  });

  it('is left to copies where one model answers alone', async () => {
    const alone = { only: 'small', maxTokens: 20, seed: 2 };
    const off = await trimtab.generate('ababab', { ...alone, speculation: 'off' });
    expect(idsOf(await trimtab.generate('ababab', { ...alone, speculation: 'copies' }))).toEqual(
      idsOf(off),
    );
    const asked = await trimtab.generate('ababab', { ...alone, speculation: 'expert' });
    expect(asked.warnings![0]).toContain('small answers alone');
    expect(idsOf(asked)).toEqual(idsOf(off));
  });

  it('drafts no more than there is room for', async () => {
    await using short = await load({ engine: { contextLength: 12 } });
    const off = await short.generate('h', { seed: 4, speculation: 'off' });
    expect(off.finishReason).toBe('length');
    for (const speculation of ['expert:length=8', 'copies', 'base:length=15']) {
      expect(essence(await short.generate('h', { seed: 4, speculation }))).toEqual(essence(off));
    }
  });

  it('ends at once where it is aborted in the middle of a draft', async () => {
    const own = new AbortController();
    const stream = trimtab.stream('h', {
      maxTokens: 100,
      speculation: 'expert:length=8',
      signal: own.signal,
    });
    const reading = (async () => {
      for await (const { tokens } of stream) if (tokens.length > 0) own.abort(new Error('enough'));
    })();
    await expect(reading).rejects.toThrow('enough');
    expect(trimtab.stats).toMatchObject({ running: 0, queued: 0 });
  });

  it('refuses a drafter that the recipe does not have, in the request and in the recipe', async () => {
    await expect(trimtab.generate('h', { speculation: 'exprt' })).rejects.toThrow(
      'speculation names "exprt", which is no model of the recipe. Did you mean `expert`?',
    );
    expect(() => fakeRecipe({ speculation: 'nobody' })).toThrow('which is no model of the recipe');
  });
});
