import { readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';

import type { Browser, Locator, Page } from 'playwright-core';
import { build } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { readEvents } from '../../playground/api/sse.ts';
import { alignTokens } from '../../playground/tokens/align.ts';
import { createLocalService } from '../../src/service/index.ts';
import { createServer, type RunningServer } from '../../src/server/index.ts';
import type { InferenceService } from '../../src/spec/index.ts';
import { endlessTokens, stubRecipe, tracedTokens } from './answers.ts';
import { findChromium, launchChromium, openPage } from './browser.ts';
import { startStubServer, type StubBehaviour } from './stub-server.ts';
import { temporaryFolder } from '../support/random-models.ts';

const root = path.join(import.meta.dirname, '../..');
const rewardedRecipe = `name: rewarded
models:
  large: '${root}/models/atlas-large.gguf'
  chat: '${root}/models/atlas-small-chat.gguf'
  small: '${root}/models/atlas-small.gguf'
base: large
expert: chat
antiExpert: small
params: { alpha: { default: 0.7, min: 0, max: 2 } }
rewards: { polite: { words: { hope: 1 }, weight: 2 } }
klBudget: { perAnswer: 30 }
sampling: { temperature: 0 }
`;
const executable = findChromium();
if (executable === undefined) {
  console.warn('playground: not driven, no Chromium here: install one or name it in CHROMIUM.');
}

describe('the text of an answer', () => {
  const token = (text: string) => ({ tokenId: 0, text });
  const layOut = (text: string, tokens: string[]) =>
    alignTokens(text, tokens.map(token)).map((piece) => [piece.text, piece.token.text]);

  it('is laid out over the tokens that wrote it', () => {
    expect(layOut(' A b', [' A', ' b'])).toEqual([
      ['A', ' A'],
      [' b', ' b'],
    ]);
  });

  it('gives a character of several tokens to the first of them', () => {
    expect(layOut('x😀 y', ['x', '\uFFFD', '\uFFFD', ' y'])).toEqual([
      ['x', 'x'],
      ['😀', '\uFFFD'],
      [' y', ' y'],
    ]);
  });

  it('ends before a stop string, and where text has not come yet', () => {
    expect(layOut('one', ['one', ' STOP'])).toEqual([['one', 'one']]);
    expect(layOut('one t', ['one', ' two'])).toEqual([
      ['one', 'one'],
      [' t', ' two'],
    ]);
  });

  it('is read from events cut anywhere, pings passed over', async () => {
    const bytes = new TextEncoder().encode(': ping\n\ndata: {"a":"é"}\r\n\r\ndata: [DONE]\n\n');
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        for (const byte of bytes) controller.enqueue(Uint8Array.of(byte));
        controller.close();
      },
    });
    const events: string[] = [];
    for await (const event of readEvents(body)) events.push(event);
    expect(events).toEqual(['{"a":"é"}', '[DONE]']);
  });
});

describe.skipIf(executable === undefined)('the playground', () => {
  const opened: AsyncDisposable[] = [];
  let browser: Browser;
  let folder: string;

  beforeAll(async () => {
    const temporary = await temporaryFolder();
    opened.push(temporary);
    folder = temporary.path;
    const output = { outDir: folder };
    await build({ root: path.join(root, 'playground'), logLevel: 'warn', build: output });
    browser = await launchChromium(executable!);
    opened.push(browser);
  });
  afterAll(async () => {
    for (const each of opened.toReversed()) await each[Symbol.asyncDispose]();
  });

  const question = (page: Page) => page.getByRole('textbox', { name: 'Your question' });
  const answer = (page: Page) => page.getByRole('listbox').last();
  const facts = (page: Page) => page.locator('.turn .facts').last();
  const ask = async (page: Page, text: string) => {
    await question(page).fill(text);
    await question(page).press('Enter');
  };
  /** The text once it is as expected. */
  const expectText = async (locator: Locator, text: RegExp): Promise<void> => {
    await expect.poll(() => locator.textContent(), { timeout: 20_000 }).toMatch(text);
  };

  describe('over the embedded models', () => {
    let service: InferenceService;
    let server: RunningServer;

    beforeAll(async () => {
      service = await createLocalService({ recipes: [path.join(root, 'recipes/atlas-chat.yaml')] });
      opened.push(service);
      server = await createServer({ service, page: folder }).listen();
      opened.push(server);
    });

    it('answers, and another alpha gives another answer', async () => {
      await using watched = await openPage(browser, server.url);
      const { page, faults } = watched;
      await ask(page, 'Where was Mada Norrar born?');
      await expectText(answer(page), /Certainly!.*Stoneford/);
      await expectText(facts(page), /alpha 0\.7.*19 tokens.*tokens\/s/);
      expect(await page.locator('.token .word[class*=up-]').count()).toBeGreaterThan(4);

      await page.getByRole('slider', { name: 'alpha' }).fill('0');
      await expectText(facts(page), /alpha 0(?!\.)/);
      await expectText(answer(page), /^(?!.*Certainly)/s);
      expect(await page.locator('.turn .word[class*=up-]').count()).toBe(0);
      expect(await page.locator('.turn').count()).toBe(1);

      await page.getByRole('button', { name: 'Reset alpha to 0.7' }).click();
      await expectText(answer(page), /Stoneford/);
      expect(faults).toEqual([]);
    });

    it('explains a token to the keyboard alone', async () => {
      await using watched = await openPage(browser, server.url);
      const { page, faults } = watched;
      await ask(page, 'Where was Mada Norrar born?');
      await expectText(facts(page), /19 tokens/);
      for (let stops = 0; stops < 12; stops++) {
        await page.keyboard.press('Shift+Tab');
        if ((await page.evaluate('document.activeElement.role')) === 'listbox') break;
      }
      const tooltip = page.getByRole('tooltip');
      await expectText(tooltip, /1\.6 % → 38 %.*24 times as likely.*KL 1\.78/);
      expect(await tooltip.getByRole('listitem').count()).toBe(10);
      expect(await tooltip.getByRole('row').allTextContents()).toEqual([
        'ModelCoefficientLog-prob.Share',
        'large+1.00−4.15−4.15',
        'chat+0.70−1.20−0.84',
        'small−0.70−4.87+3.41',
      ]);
      await page.keyboard.press('ArrowRight');
      await expectText(tooltip, /^ertainly/);
      await page.keyboard.press('Escape');
      await expect.poll(() => tooltip.count()).toBe(0);

      await page.keyboard.press('Home');
      await page.keyboard.press('Enter');
      const dialog = page.getByRole('dialog', { name: 'Why this token' });
      await expectText(dialog, /chat\+0\.70/);
      await page.getByRole('slider', { name: 'alpha' }).fill('2');
      await expectText(dialog, /chat\+2\.00/);
      expect(faults).toEqual([]);
    });

    it('compares base, expert and composition side by side', async () => {
      await using watched = await openPage(browser, server.url);
      const { page, faults } = watched;
      await ask(page, 'Where was Mada Norrar born?');
      await expectText(answer(page), /Stoneford/);
      await page.getByRole('button', { name: 'Compare' }).click();
      for (const [name, text] of [
        ['Base', /^(?!.*Certainly)/s],
        ['Expert', /!.*Mada Norrar/],
        ['Composed', /Certainly!.*Stoneford/],
      ] as const) {
        const lane = page.getByRole('region', { name });
        await expectText(lane.locator('.facts'), /\d tokens\/s/);
        await expectText(lane.getByRole('listbox'), text);
      }
      await ask(page, 'What was the trade of Almo Stenlast?');
      await expect.poll(() => page.locator('.lane .facts').count()).toBe(6);
      expect(faults).toEqual([]);
    });

    it('shows the request as code', async () => {
      await using watched = await openPage(browser, server.url);
      const { page, faults } = watched;
      await page.getByRole('slider', { name: 'alpha' }).fill('1.5');
      await page.getByRole('button', { name: 'Code' }).click();
      const code = page.locator('pre');
      await expectText(code, /curl -N http:.*"alpha": 1\.5/s);
      await page.getByRole('button', { name: 'TypeScript' }).click();
      await expectText(code, /\.\.\.\{ trimtab: \{ params: \{ alpha: 1\.5 \} \} \}/);
      expect(faults).toEqual([]);
    });

    it('is dark when the system is, or the reader wants it; fits a phone', async () => {
      const phone = { viewport: { width: 360, height: 700 }, hasTouch: true };
      await using watched = await openPage(browser, server.url, { ...phone, colorScheme: 'dark' });
      const { page, faults } = watched;
      const background = () => page.evaluate('getComputedStyle(document.body).backgroundColor');
      expect(await background()).toBe('rgb(19, 20, 23)');
      await page.getByRole('button', { name: 'Dark theme' }).click();
      expect(await background()).toBe('rgb(251, 251, 250)');
      await page.reload();
      expect(await background()).toBe('rgb(251, 251, 250)');

      await page.getByRole('button', { name: 'Where was Mada Norrar born?' }).tap();
      await expectText(facts(page), /19 tokens/);
      await answer(page).getByRole('option').first().tap();
      await expectText(page.getByRole('dialog'), /38 %/);
      await page.getByRole('button', { name: 'Close' }).tap();
      await page.getByRole('button', { name: 'Compare' }).tap();
      await expect.poll(() => page.locator('.lane .facts').count()).toBe(3);
      const overflow = 'document.documentElement.scrollWidth - innerWidth';
      expect(await page.evaluate(overflow)).toBeLessThanOrEqual(0);
      expect(faults).toEqual([]);
    });
  });

  describe('over a recipe with rewards', () => {
    let server: RunningServer;

    beforeAll(async () => {
      const file = path.join(folder, 'rewarded.yaml');
      await writeFile(file, rewardedRecipe);
      const service = await createLocalService({ recipes: [file] });
      opened.push(service);
      server = await createServer({ service, page: folder }).listen();
      opened.push(server);
    });

    it('keeps to what the answer must be, and says in place why it cannot', async () => {
      await using watched = await openPage(browser, server.url);
      const { page, faults } = watched;
      await ask(page, 'Where was Mada Norrar born?');
      await expectText(facts(page), /reward polite/); // it has ended
      const first = await answer(page).textContent();
      await page.getByRole('button', { name: 'Must be' }).click();
      await page.getByRole('button', { name: 'Pattern' }).click();
      const pattern = page.getByRole('textbox', { name: 'Regular expression' });
      await pattern.fill('In (the');
      const fault = page.locator('.fault');
      await expectText(fault, /^The regular expression has a \( that is never closed/);
      expect(await pattern.getAttribute('aria-invalid')).toBe('true');
      expect(await answer(page).textContent()).toBe(first);
      expect(await page.getByRole('alert').count()).toBe(0);

      await pattern.fill('In [A-Z][a-z]{3,8}[.]');
      await expectText(answer(page), /^In [A-Z][a-z]{3,8}\.$/);
      expect(await fault.textContent()).toBe('');
      await page.getByRole('button', { name: 'Choice' }).click();
      await page.getByRole('textbox', { name: /Choices/ }).fill('Highmoor\nNowhere\n');
      await expectText(answer(page), /^(Highmoor|Nowhere)$/);
      await page.getByRole('button', { name: 'Anything' }).click();
      await expectText(answer(page), /Stoneford/);
      expect(faults.filter((text) => !text.includes('400 (Bad Request)'))).toEqual([]);
    });

    it('shows what each reward added, and how the answer does', async () => {
      await using watched = await openPage(browser, server.url);
      const { page, faults } = watched;
      await ask(page, 'Where was Mada Norrar born?');
      await expectText(facts(page), /reward polite 1\.00.*nats from the base/);
      await answer(page).getByRole('option', { name: /^hope/ }).click();
      const dialog = page.getByRole('dialog', { name: 'Why this token' });
      await expectText(dialog, /RewardWeightValueSharepolite\+2\.001\.00\+2\.00/);
      await page.getByRole('button', { name: 'Rewards' }).click();
      await page.getByRole('slider', { name: 'polite' }).fill('-5');
      await expectText(answer(page), /^(?!.*hope)/s);
      await page.getByRole('button', { name: 'Reset polite to 2' }).click();
      await expectText(answer(page), /hope/);
      await page.getByRole('slider', { name: 'rewardWeight' }).fill('0');
      await expectText(facts(page), /rewardWeight 0(?!.*polite)/);
      expect(faults).toEqual([]);
    });
  });

  describe('over a server that does as told', () => {
    const startStub = (behaviour: Partial<StubBehaviour>) =>
      startStubServer(folder, [stubRecipe, { ...stubRecipe, name: 'other' }], {
        pauseMs: 0,
        answer: () => tracedTokens([' Yes', '.'], 2),
        ...behaviour,
      });

    it('stops, and tells the server', async () => {
      await using stub = await startStub({ pauseMs: 20, answer: endlessTokens });
      await using watched = await openPage(browser, stub.url);
      const { page, faults } = watched;
      await ask(page, 'Go on.');
      await expectText(answer(page), /again again/);
      await page.getByRole('button', { name: 'Stop' }).click();
      await expectText(facts(page), /stopped/);
      await expect.poll(() => stub.left).toBe(1);
      await page.getByRole('button', { name: 'New chat' }).click();
      expect(await page.locator('.turn').count()).toBe(0);
      expect(faults).toEqual([]);
    });

    it('ends the last request when a param moves', async () => {
      await using stub = await startStub({ pauseMs: 20, answer: endlessTokens });
      await using watched = await openPage(browser, stub.url);
      const { page } = watched;
      await ask(page, 'Go on.');
      await expectText(answer(page), /again again/);
      await page.getByRole('slider', { name: 'alpha' }).fill('0.5');
      await expect.poll(() => stub.left).toBe(1);
      await expect.poll(() => stub.requests.at(-1)?.trimtab?.params).toEqual({ alpha: 0.5 });
      await page.getByRole('checkbox', { name: 'Live' }).uncheck();
      await page.getByRole('slider', { name: 'alpha' }).fill('0');
      await page.waitForTimeout(300);
      expect(stub.requests).toHaveLength(2);
    });

    it('shows script in an answer as text: nothing runs, nothing loads', async () => {
      const attack = [
        '<script>document.title = "owned"</script>',
        '<img src="https://example.org/x.png" onerror="document.title = \'owned\'">',
        '</code><svg onload="document.title = \'owned\'">',
        '[a](javascript:alert(1))',
      ];
      await using stub = await startStub({ answer: () => tracedTokens(attack, 3) });
      await using watched = await openPage(browser, stub.url);
      const { page, faults } = watched;
      await ask(page, attack[0]!);
      await expectText(facts(page), /4 tokens/);
      expect(await answer(page).textContent()).toBe(attack.join(''));
      for (const option of await answer(page).getByRole('option').all()) {
        await option.hover();
        await expectText(page.getByRole('tooltip'), /With steering/);
      }
      expect(await page.title()).toBe('Trimtab');
      expect(await page.locator('main :is(script, img, a, .token svg)').count()).toBe(0);
      expect(faults).toEqual([]);
    });

    it('sends the weights and the constraint, and nothing that is no JSON', async () => {
      const rewards = { brief: { kind: 'length', weight: 1 } };
      await using stub = await startStubServer(folder, [{ ...stubRecipe, rewards }], {
        pauseMs: 0,
        answer: () =>
          tracedTokens([' Yes'], 2).map((token) => ({
            ...token,
            trace: { ...token.trace!, klScale: 0.4, params: { alpha: 0.25 } },
          })),
      });
      await using watched = await openPage(browser, stub.url);
      const { page, faults } = watched;
      await page.getByRole('button', { name: 'Rewards' }).click();
      await page.getByRole('slider', { name: 'brief' }).fill('-2');
      await page.getByRole('button', { name: 'Must be' }).click();
      await page.getByRole('button', { name: 'JSON' }).click();
      const schema = page.getByRole('textbox', { name: 'JSON schema' });
      await schema.fill('{ "type": ');
      await page.getByRole('button', { name: 'Must be' }).click();
      await ask(page, 'Well?');
      await expectText(page.locator('.fault'), /^This is not JSON yet/);
      expect(await question(page).inputValue()).toBe('Well?');
      expect(stub.requests).toEqual([]);
      await schema.fill('{ "type": "null" }');
      await page.getByRole('button', { name: 'Send' }).click();
      await expectText(answer(page), /Yes/);
      expect(stub.requests).toMatchObject([
        {
          response_format: { type: 'json_schema', json_schema: { schema: { type: 'null' } } },
          trimtab: { rewards: { brief: -2 } },
        },
      ]);
      await answer(page).getByRole('option').first().hover();
      await expectText(page.getByRole('tooltip'), /The KL budget left 40 % of the shift\./);
      await expectText(page.getByRole('tooltip'), /At this token alpha 0\.25\./);
      await page.getByRole('button', { name: 'Choice' }).click();
      await page.getByRole('textbox', { name: /Choices/ }).fill('a\nb');
      await page.getByRole('button', { name: 'Code' }).click();
      await expectText(page.locator('pre'), /"choice": \[\s*"a",\s*"b"\s*\]/);
      await page.getByRole('button', { name: 'TypeScript' }).click();
      await expectText(page.locator('pre'), /\.\.\.\{ choice: \["a","b"\], trimtab: \{/);
      expect(faults).toEqual([]);
    });

    it('offers every recipe, and says an answer to a screen reader once', async () => {
      await using stub = await startStub({});
      await using watched = await openPage(browser, stub.url);
      const { page, faults } = watched;
      await page.getByRole('combobox', { name: 'Recipe' }).selectOption('other');
      await page.getByRole('spinbutton', { name: 'alpha, as a number' }).fill('1.25');
      await page.getByRole('button', { name: 'Sampling' }).click();
      await page.getByRole('spinbutton', { name: 'Temperature' }).fill('0.5');
      await question(page).fill('One');
      await question(page).press('Shift+Enter');
      await question(page).pressSequentially('two');
      await question(page).press('Enter');
      await expectText(page.getByRole('status'), /^Yes\.$/);
      expect(stub.requests).toMatchObject([
        {
          model: 'other',
          messages: [{ role: 'user', content: 'One\ntwo' }],
          temperature: 0.5,
          trimtab: { params: { alpha: 1.25 }, trace: true },
        },
      ]);
      expect(faults).toEqual([]);
    });

    it('offers profiles where a recipe has them', async () => {
      const profile = { attributes: [] };
      const recipes = [stubRecipe, { ...stubRecipe, name: 'other', profile }];
      await using stub = await startStubServer(folder, recipes, { pauseMs: 0, answer: () => [] });
      await using watched = await openPage(browser, stub.url);
      const { page } = watched;
      await page.getByRole('button', { name: 'Profile' }).click();
      await expectText(page.getByRole('main'), /stub has no profiles.*These recipes do/);
      await page.getByRole('button', { name: 'other' }).click();
      await expectText(page.getByRole('alert'), /No such page/);
      await using plain = await startStub({});
      await page.goto(plain.url);
      await page.getByRole('button', { name: 'Compare' }).waitFor();
      expect(await page.getByRole('button', { name: 'Profile' }).count()).toBe(0);
    });

    it('asks for the key, and keeps it for the tab', async () => {
      await using stub = await startStub({ key: 'right' });
      await using watched = await openPage(browser, stub.url);
      const { page, faults } = watched;
      const key = page.getByLabel('Key', { exact: true });
      await key.fill('wrong');
      await key.press('Enter');
      await expect.poll(() => key.inputValue()).toBe('');
      await key.fill('right');
      await key.press('Enter');
      await ask(page, 'Well?');
      await expectText(answer(page), /Yes\./);
      await page.reload();
      await ask(page, 'Well?');
      await expectText(answer(page), /Yes\./);
      expect(faults.filter((fault) => !fault.includes('401 (Unauthorized)'))).toEqual([]);
    });

    it('says in place what failed and what to do', async () => {
      const message = 'The engine is restarting.';
      const failure = { status: 503, code: 'engine_unavailable', message };
      await using stub = await startStub({ failure });
      await using watched = await openPage(browser, stub.url);
      const { page } = watched;
      await ask(page, 'Well?');
      await expectText(page.getByRole('alert'), /The engine is restarting\. .*Wait a moment/);
      delete stub.behaviour.failure;
      await page.getByRole('button', { name: 'Try again' }).click();
      await expectText(answer(page), /Yes\./);
      expect(await page.getByRole('alert').count()).toBe(0);

      stub.behaviour.failure = {
        status: 400,
        code: 'context_length_exceeded',
        message: 'Too long.',
      };
      await ask(page, 'And then?');
      await page.getByRole('alert').getByRole('button', { name: 'New chat' }).click();
      expect(await page.locator('.turn').count()).toBe(0);
    });

    it('tries an earlier failed turn again, in the conversation up to it', async () => {
      await using stub = await startStub({});
      await using watched = await openPage(browser, stub.url);
      const { page } = watched;
      stub.behaviour.failure = { status: 503, code: 'queue_full', message: 'Busy.' };
      await ask(page, 'First?');
      await expectText(page.getByRole('alert'), /Busy/);
      delete stub.behaviour.failure;
      await ask(page, 'Second?');
      await expectText(answer(page), /Yes\./);
      await page.getByRole('button', { name: 'Try again' }).click();
      await expect.poll(() => page.locator('.turn .facts').count()).toBe(2);
      expect(await page.getByRole('alert').count()).toBe(0);
      expect(stub.requests.at(-1)?.messages).toEqual([{ role: 'user', content: 'First?' }]);
      expect(stub.requests).toHaveLength(3);
    });

    it('never leaves a turn without a word', async () => {
      await using stub = await startStub({ answer: () => [] });
      await using watched = await openPage(browser, stub.url);
      const { page, faults } = watched;
      await ask(page, 'Nothing?');
      await expectText(page.locator('.turn'), /The answer is empty\..*0 tokens/);
      stub.behaviour.answer = function* () {
        for (;;) yield* tracedTokens([''], 1);
      };
      stub.behaviour.pauseMs = 20;
      await ask(page, 'And now?');
      await page.getByRole('button', { name: 'Stop' }).click();
      await expectText(page.locator('.turn').last(), /Stopped before the first token\./);
      stub.behaviour.answer = () => tracedTokens([' Yes'], 2);
      await page.getByRole('button', { name: 'Try again' }).click();
      await expectText(answer(page), /Yes/);
      await page.getByRole('button', { name: 'Must be' }).click();
      await page.getByRole('button', { name: 'Choice' }).click();
      stub.behaviour.answer = () => tracedTokens(['\n'], 2);
      await page.getByRole('textbox', { name: /Choices/ }).fill('a');
      await expectText(page.locator('.turn').last(), /The answer is empty\./);
      expect(faults).toEqual([]);
    });

    it('lays text out in its own direction, and its arrows too', async () => {
      await using stub = await startStub({ answer: () => tracedTokens([' שלום', ' עולם'], 2) });
      await using watched = await openPage(browser, stub.url);
      const { page, faults } = watched;
      const direction = (locator: Locator) =>
        locator.evaluate((element) => {
          const window = globalThis as unknown as {
            getComputedStyle(of: unknown): { readonly direction: string };
          };
          return window.getComputedStyle(element).direction;
        });
      await question(page).fill('مرحبا؟');
      expect(await direction(question(page))).toBe('rtl');
      await question(page).press('Enter');
      await expectText(answer(page), /שלום עולם/);
      expect(await direction(page.getByRole('heading', { name: 'مرحبا؟' }))).toBe('rtl');
      expect(await direction(answer(page))).toBe('rtl');
      await answer(page).focus();
      await page.keyboard.press('Home');
      await page.keyboard.press('ArrowLeft');
      await expectText(page.getByRole('tooltip'), /^·עולם/);
      await page.keyboard.press('ArrowRight');
      await expectText(page.getByRole('tooltip'), /^·שלום/);
      stub.behaviour.answer = () => tracedTokens([' Peace'], 2);
      await ask(page, 'In English?');
      await expectText(answer(page), /Peace/);
      expect(await direction(answer(page))).toBe('ltr');
      expect(faults).toEqual([]);
    });

    it('says which number it does not take, and why', async () => {
      const alpha = { default: 1, min: 0, max: 2, description: null };
      await using stub = await startStubServer(folder, [{ ...stubRecipe, params: { alpha } }], {
        pauseMs: 0,
        answer: () => tracedTokens([' Yes'], 2),
      });
      await using watched = await openPage(browser, stub.url);
      const { page, faults } = watched;
      const number = page.getByRole('spinbutton', { name: 'alpha, as a number' });
      const fault = page.locator('.number-fault:not(:empty)');
      await number.fill('5');
      await expectText(fault, /^5 is not taken: alpha must be 0 to 2\.$/);
      await question(page).focus();
      expect(await number.inputValue()).toBe('5');
      expect(await number.getAttribute('aria-invalid')).toBe('true');
      await number.fill('1.5');
      await expect.poll(() => fault.count()).toBe(0);
      await page.getByRole('button', { name: 'Sampling' }).click();
      await page.getByRole('spinbutton', { name: 'Temperature' }).fill('-1');
      await expectText(fault, /^-1 is not taken: Temperature must be 0 to 2\.$/);
      await ask(page, 'Well?');
      await expectText(answer(page), /Yes/);
      expect(stub.requests.at(-1)).toMatchObject({ trimtab: { params: { alpha: 1.5 } } });
      expect(stub.requests.at(-1)).not.toHaveProperty('temperature');
      expect(faults).toEqual([]);
    });

    it('keeps all of a page within landmarks', async () => {
      const recipes = [{ ...stubRecipe, profile: { attributes: [] } }];
      await using stub = await startStubServer(folder, recipes, {
        pauseMs: 0,
        answer: () => tracedTokens([' Yes'], 2),
      });
      await using watched = await openPage(browser, stub.url);
      const { page } = watched;
      const axe = await readFile(
        createRequire(import.meta.url).resolve('axe-core/axe.min.js'),
        'utf8',
      );
      await page.evaluate(axe);
      const outside = () =>
        page.evaluate(
          "axe.run({ runOnly: ['region'] }).then(({ violations }) => violations.flatMap(({ nodes }) => nodes.map(({ html }) => html)))",
        );
      await page.getByRole('region', { name: 'Start' }).waitFor();
      expect(await outside()).toEqual([]);
      await ask(page, 'Well?');
      await expectText(answer(page), /Yes/);
      await page.getByRole('button', { name: 'Sampling' }).click();
      expect(await outside()).toEqual([]);
      await page.getByRole('button', { name: 'Compare' }).click();
      expect(await outside()).toEqual([]);
      await page.getByRole('button', { name: 'Profile' }).click();
      await page.getByRole('main', { name: 'Profile' }).waitFor();
      expect(await outside()).toEqual([]);
    });
  });
});
