import { readFile } from 'node:fs/promises';
import path from 'node:path';

import type { Browser, Locator, Page } from 'playwright-core';
import { build } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { attributeValue, readAttributes, type Attribute } from '../support/atlas-attributes.ts';
import { createLocalService } from '../../src/service/index.ts';
import { loadRecipe } from '../../src/index.ts';
import { createProfiles } from '../../src/profiles/index.ts';
import { createServer, type RunningServer } from '../../src/server/index.ts';
import { StoreError, type InferenceService } from '../../src/spec/index.ts';
import { openSqliteStore } from '../../src/store/index.ts';
import { findChromium, launchChromium, openPage } from './browser.ts';
import { temporaryFolder } from '../support/random-models.ts';

const root = path.join(import.meta.dirname, '../..');
const recipe = await loadRecipe(path.join(root, 'recipes/atlas-profiles.yaml'));
const executable = findChromium();
if (executable === undefined) {
  console.warn('profiles of the page: not driven, no Chromium here: name it in CHROMIUM.');
}

describe.skipIf(executable === undefined)('profiles of the page', () => {
  const opened: AsyncDisposable[] = [];
  let browser: Browser;
  let folder: string;
  let service: InferenceService;
  let server: RunningServer;
  let attributes: Readonly<Record<string, Attribute>>;
  /** Set to let the disk be full. */
  let fault: Error | undefined;

  beforeAll(async () => {
    const temporary = await temporaryFolder();
    opened.push(temporary);
    folder = path.join(temporary.path, 'page');
    const output = { outDir: folder };
    await build({ root: path.join(root, 'playground'), logLevel: 'warn', build: output });
    browser = await launchChromium(executable!);
    service = await createLocalService({ recipes: [recipe] });
    const store = await openSqliteStore({
      file: path.join(temporary.path, 'profiles.db'),
      now: Date.now,
    });
    opened.push(browser, service, store);
    const faulty = new Proxy(store, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name);
        if (typeof value !== 'function') return value;
        return (...given: unknown[]): unknown => {
          if (name === 'appendAnswer' && fault !== undefined) return Promise.reject(fault);
          return Reflect.apply(value, target, given);
        };
      },
    });
    const profiles = () =>
      Promise.resolve(createProfiles({ service, store: faulty, recipes: [recipe], seed: 5 }));
    server = await createServer({ service, profiles, page: folder }).listen();
    opened.push(server);
    attributes = await readAttributes();
  });
  afterAll(async () => {
    for (const each of opened.toReversed()) await each[Symbol.asyncDispose]();
  });

  const patience = { timeout: 60_000 };
  /** The text once it is as expected. */
  const expectText = async (locator: Locator, text: RegExp): Promise<void> => {
    await expect.poll(() => locator.textContent(), patience).toMatch(text);
  };
  const interview = (page: Page) => page.getByRole('region', { name: 'Interview' });
  const lane = (page: Page, name: string) =>
    page.getByRole('region', { name }).getByRole('listbox');
  const add = async (page: Page, name: string) => {
    await page.getByRole('button', { name: 'Profile', exact: true }).click();
    await page.getByRole('textbox', { name: 'Name of a new user' }).fill(name);
    await page.keyboard.press('Enter');
    await expectText(interview(page), /Question 1 of about 10/);
  };
  /** Waits for the question of a number; the two answers. */
  const answersTo = async (page: Page, number: number): Promise<[string, string]> => {
    await expectText(interview(page), new RegExp(`Question ${number} of about`));
    const texts = await interview(page).locator('.choice > span').allTextContents();
    return texts as [string, string];
  };

  /** One who judges texts by the attributes' own rules, in standard deviations, and never errs. */
  const judge = (taste: Readonly<Record<string, number>>) => {
    const value = (text: string) =>
      recipe.profile!.attributes.reduce((sum, { name, normalization }) => {
        const deviations = attributeValue(attributes[name]!, text) / normalization.deviation;
        return sum + (taste[name] ?? 0) * deviations;
      }, 0);
    return ([first, second]: [string, string]): string => {
      const margin = value(first) - value(second);
      if (margin === 0) return '=';
      return margin > 0 ? '1' : '2';
    };
  };
  /** Answers `count` questions by clicks. */
  const choose = async (page: Page, taste: Readonly<Record<string, number>>, count: number) => {
    const preferred = judge(taste);
    for (let number = 1; number <= count; number++) {
      const key = preferred(await answersTo(page, number));
      await interview(page).locator(`[aria-keyshortcuts="${key}"]`).click();
    }
    await expectText(interview(page), /Question 11 of|The interview is over/);
  };
  const meanOf = (texts: readonly string[], name: string): number =>
    texts.reduce((sum, text) => sum + attributeValue(attributes[name]!, text), 0) / texts.length;
  const prompts = [
    'Where was Mada Norrar born?',
    'What was the trade of Silin Dunrast?',
    'In which year was Elnin Oslack born?',
  ];
  /** Answers to the prompts without and with the profile. */
  const beforeAndAfter = async (page: Page) => {
    const texts = { before: [] as string[], after: [] as string[] };
    for (const prompt of prompts) {
      await page.getByRole('textbox', { name: 'Prompt' }).fill(prompt);
      await page.getByRole('button', { name: 'Answer', exact: true }).click();
      const asked = page.locator('.before-after .question');
      await expect.poll(() => asked.textContent(), patience).toBe(prompt);
      await expect.poll(() => page.locator('.before-after .answer.done').count(), patience).toBe(2);
      texts.before.push((await lane(page, 'Without the profile').textContent())!);
      texts.after.push((await lane(page, 'With the profile').textContent())!);
    }
    return texts;
  };

  it('learn two tastes by clicks, and answer the same prompts differently', async () => {
    await using watched = await openPage(browser, server.url);
    const { page, faults } = watched;
    await add(page, 'glad');
    const unknown = await beforeAndAfter(page);
    expect(unknown.after).toEqual(unknown.before);
    await choose(page, { cheerful: 2, detailed: 2, brief: -2 }, 10);
    await expectText(page.getByRole('region', { name: 'What is known' }), /prefers cheerfulness/);
    const glad = await beforeAndAfter(page);
    expect(glad.before).toEqual(unknown.before);

    await add(page, 'grave');
    await choose(page, { cheerful: -2, detailed: -2, brief: 2 }, 10);
    const grave = await beforeAndAfter(page);
    expect(grave.before).toEqual(unknown.before);
    expect(grave.after).not.toEqual(unknown.before);
    for (const [k] of prompts.entries()) {
      expect(glad.after[k]).not.toBe(unknown.before[k]);
      expect(glad.after[k]).not.toBe(grave.after[k]);
    }
    expect(meanOf(glad.after, 'cheerful')).toBeGreaterThan(meanOf(grave.after, 'cheerful') + 0.3);
    expect(meanOf(grave.after, 'brief')).toBeGreaterThan(meanOf(glad.after, 'brief') + 0.1);
    expect(faults).toEqual([]);
  });

  it('are answered by keys, which leave the focus where it was', async () => {
    await using watched = await openPage(browser, server.url);
    const { page, faults } = watched;
    await add(page, 'keys');
    const inInterview = "document.activeElement.closest('.interview') !== null";
    await page.keyboard.press('1');
    await answersTo(page, 2);
    await page.keyboard.press('=');
    await answersTo(page, 3);
    await interview(page).getByRole('button', { name: /^2/ }).focus();
    await page.keyboard.press('0');
    const [first, second] = await answersTo(page, 4);
    const status = interview(page).getByRole('status');
    expect(await status.textContent()).toContain(`First:${first}`.replace(':', ': '));
    expect(await status.textContent()).toContain(second);
    expect(await page.evaluate(inInterview)).toBe(true);
    expect(await page.evaluate('document.activeElement.ariaKeyShortcuts')).toBe('2');
    expect(faults).toEqual([]);
  });

  it('are overridden, begun anew, taken away and deleted', async () => {
    await using watched = await openPage(browser, server.url);
    const { page, faults } = watched;
    await add(page, 'owner');
    await page.keyboard.press('1');
    await answersTo(page, 2);
    const known = page.getByRole('region', { name: 'What is known' });
    const formality = known.getByRole('slider', { name: /formality/ });
    await formality.fill('2.5');
    await expectText(known, /set by you to \+2\.5/);
    expect(await formality.getAttribute('aria-valuetext')).toBe('+2.5, set by you');

    const downloaded = page.waitForEvent('download');
    await known.getByRole('button', { name: 'Export' }).click();
    const file = await (await downloaded).path();
    const document: unknown = JSON.parse(await readFile(file, 'utf8'));
    expect(document).toMatchObject({ profile: { id: 'owner', overrides: { formal: 2.5 } } });

    await known.getByRole('button', { name: 'Back to learned: formal' }).click();
    await expectText(known, /^(?!.*set by you)/s);
    expect(await formality.getAttribute('aria-valuetext')).toMatch(/learned$/);
    expect(await page.evaluate('document.activeElement.type')).toBe('range');

    await known.getByRole('button', { name: 'Reset' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Reset' }).click();
    await answersTo(page, 1);
    await known.getByRole('button', { name: 'Delete' }).click();
    await expectText(page.getByRole('dialog'), /Delete owner\?/);
    await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click();
    expect(await known.count()).toBe(1);
    await known.getByRole('button', { name: 'Delete' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
    await expect.poll(() => known.count(), patience).toBe(0);
    const users = page.getByRole('combobox', { name: 'User' });
    await expect.poll(() => users.locator('option').allTextContents()).not.toContain('owner');
    expect(faults).toEqual([]);
  });

  it('say in place what failed and what to do', async () => {
    await using watched = await openPage(browser, server.url);
    const { page } = watched;
    await add(page, 'unlucky');
    fault = new StoreError('full', 'The disk is full: make room.');
    await page.keyboard.press('1');
    const alert = page.getByRole('alert');
    await expectText(alert, /The disk is full/);
    await expectText(interview(page), /Question 1 of/);
    fault = undefined;
    await alert.getByRole('button', { name: 'Try again' }).click();
    await answersTo(page, 2);
    await expect.poll(() => alert.count(), patience).toBe(0);

    await page.getByRole('textbox', { name: 'Name of a new user' }).fill('unlucky');
    await page.keyboard.press('Enter');
    await expectText(alert, /unlucky.*Nothing was changed/);
    await page.getByRole('combobox', { name: 'User' }).selectOption('');
    await expect.poll(() => alert.count(), patience).toBe(0);
    await page.getByRole('combobox', { name: 'User' }).selectOption('unlucky');
    await answersTo(page, 2);
    await fetch(`${server.url}/v1/profiles/unlucky`, { method: 'DELETE' });
    await interview(page).getByRole('button', { name: /^1/ }).click();
    await expectText(alert.last(), /unlucky.*It may have been deleted/);
  });

  it('say that a server keeps none', async () => {
    await using without = await createServer({ service, page: folder }).listen();
    await using watched = await openPage(browser, without.url);
    const { page } = watched;
    await page.getByRole('button', { name: 'Profile', exact: true }).click();
    await expectText(page.getByRole('alert'), /keeps no profiles/);
    expect(await page.getByRole('textbox').count()).toBe(0);
  });

  it('steer the conversation, say so in its code, and fit a phone', async () => {
    const phone = { viewport: { width: 375, height: 700 }, hasTouch: true };
    await using watched = await openPage(browser, server.url, phone);
    const { page, faults } = watched;
    await add(page, 'walker');
    const overflow = 'document.documentElement.scrollWidth - innerWidth';
    expect(await page.evaluate(overflow)).toBeLessThanOrEqual(0);
    await page.getByRole('slider', { name: /cheerfulness/ }).fill('3');
    await expectText(page.getByRole('region', { name: 'What is known' }), /set by you to \+3\.0/);
    await page.getByRole('button', { name: 'Chat', exact: true }).tap();
    await page.getByRole('button', { name: prompts[0]! }).tap();
    await expectText(page.locator('.turn .facts').last(), /for walker.*reward cheerful/);
    const steered = await page.getByRole('listbox').textContent();
    await page.getByRole('button', { name: 'Code' }).tap();
    await expectText(page.locator('pre'), /"profile": "walker"/);
    await page.getByRole('combobox', { name: 'User' }).selectOption('None');
    await expectText(page.locator('.turn .facts').last(), /^(?!.*for walker)/);
    expect(await page.getByRole('listbox').textContent()).not.toBe(steered);
    expect(await page.locator('pre').textContent()).not.toContain('walker');
    expect(await page.evaluate(overflow)).toBeLessThanOrEqual(0);
    expect(faults).toEqual([]);
  });
});
