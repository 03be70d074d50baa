import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { timeFields } from '../time-fields.ts';
import { JinjaError, renderJinja } from './index.ts';

interface Result {
  readonly text?: string;
  /** `syntax`, or the name of Python's exception. */
  readonly error?: string;
  readonly message?: string;
  readonly line?: number;
}

interface Golden {
  readonly variables: Record<string, unknown>;
  readonly cases: readonly (Result & { readonly group: string; readonly template: string })[];
  readonly conversations: Record<string, Record<string, unknown>>;
  readonly published: readonly {
    readonly template: string;
    readonly results: Record<string, Result>;
  }[];
}

const goldenFolder = new URL('../../../test/golden/', import.meta.url);
const golden = JSON.parse(readFileSync(new URL('jinja.json', goldenFolder), 'utf8')) as Golden;
const limits = { steps: 1_000_000, bytes: 2 ** 25, length: 2 ** 20 };
const fields = timeFields(new Date(2026, 2, 7, 15, 4, 5));

function render(template: string, variables: Record<string, unknown>): Result {
  try {
    return { text: renderJinja(template, { variables, timeFields: () => fields, limits }) };
  } catch (error) {
    if (!(error instanceof JinjaError)) throw error;
    const { fault, message, line } = error;
    return { error: fault, message, ...(line !== undefined && { line }) };
  }
}

/** jinja2 looks for filters, tests and loaders when it compiles; here they fail when they are met. */
const namesWhenRun = /^(?:No (?:filter|test) named|no loader)/;

describe.each([...new Set(golden.cases.map(({ group }) => group))])('jinja2’s %s', (group) => {
  const cases = golden.cases.filter((example) => example.group === group);

  it('are the same', () => {
    const texts = cases.filter(({ text }) => text !== undefined);
    const rendered = texts.map(({ template }) => {
      const { text, message } = render(template, golden.variables);
      return { template, text: text ?? `failed: ${message}` };
    });
    expect(rendered).toEqual(texts.map(({ template, text }) => ({ template, text })));
  });

  it('fail where jinja2 fails, in the same line', () => {
    const failing = cases.filter(({ error }) => error !== undefined);
    const where = ({ template, text, error, line, message = '' }: (typeof cases)[number]) => ({
      template,
      text,
      isSyntax: error === 'syntax' && !namesWhenRun.test(message),
      line: namesWhenRun.test(message) ? 1 : line,
    });
    const failed = failing.map(({ template }) =>
      where({ group, template, ...render(template, golden.variables) }),
    );
    expect(failed).toEqual(failing.map(where));
  });
});

it('says most failures in jinja2’s own words', () => {
  const failing = golden.cases.filter(({ error }) => error !== undefined);
  const same = failing.filter(
    ({ template, message }) => render(template, golden.variables).message === message,
  );
  expect(same.length / failing.length).toBeGreaterThan(0.85);
});

describe.each(golden.published)('the published template $template', ({ template, results }) => {
  const source = readFileSync(new URL(`templates/${template}`, goldenFolder), 'utf8');

  it.each(Object.keys(results))('renders “%s” as jinja2 does', (name) => {
    const expected = results[name]!;
    const { text, message } = render(source, golden.conversations[name]!);
    expect({ text, message }).toEqual({ text: expected.text, message: expected.message });
  });
});
