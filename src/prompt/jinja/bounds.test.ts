import { describe, expect, it } from 'vitest';
import { JinjaError, parseJinja, renderJinja, startRendering } from './index.ts';

const limits = { steps: 50_000, bytes: 2 ** 21, length: 2 ** 17 };

function faultOf(template: string, variables: Record<string, unknown> = {}): string {
  try {
    renderJinja(template, { variables, limits });
  } catch (error) {
    if (error instanceof JinjaError) return error.fault;
    throw error;
  }
  return 'none';
}

/** A template with a string of `16 × 2^times` characters in `ns.x`. */
function doubled(times: number, end: string): string {
  return `{% set ns = namespace(x='0123456789abcdef') %}{% for i in range(${times}) %}{% set ns.x = ns.x ~ ns.x %}{% endfor %}${end}`;
}

/** Each asks for far more time or memory than there is. */
const hostile: Readonly<Record<string, string>> = {
  'nested loops': `${'{% for i in range(99999) %}'.repeat(4)}${'{% endfor %}'.repeat(4)}`,
  'loops in a macro': `{% macro m() %}{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}{% endmacro %}{{ m() }}`,
  'a range': '{{ range(300000000) }}',
  'a repeated string': "{{ 'x' * 300000000 }}",
  'a repeated string, the other way round': "{{ 10 ** 15 * 'xy' }}",
  'a repeated list': '{{ [1] * 300000000 }}',
  'a repeated tuple': '{{ (1, 2) * 10 ** 12 }}',
  doubling: doubled(40, ''),
  'doubling a list': `{% set ns = namespace(x=[1]) %}{% for i in range(99) %}{% set ns.x = ns.x + ns.x %}{% endfor %}`,
  'upper case again and again': doubled(
    13,
    '{% for i in range(99999) %}{{ ns.x | upper | length }}{% endfor %}',
  ),
  'copies held in a list': doubled(
    13,
    '{% set l = namespace(x=[]) %}{% for i in range(99999) %}{% set l.x = l.x + [(ns.x ~ i) | trim] %}{% endfor %}',
  ),
  'a wide field': "{{ '%300000000d' | format(1) }}",
  'a wide field from a value': "{{ '%*d' % (300000000, 1) }}",
  'a precise field': "{{ '%.300000000f' % 1.0 }}",
  'wide braces': "{{ '{:300000000}'.format(1) }}",
  'wide braces of text': "{{ '{:>300000000}'.format('a') }}",
  'nested braces': "{{ '{:{w}}'.format(1, w=300000000) }}",
  centring: "{{ 'x'.center(300000000) }}",
  'centring by the filter': "{{ 'x' | center(300000000) }}",
  justifying: "{{ 'x'.ljust(300000000) }}{{ 'x'.rjust(300000000) }}",
  'filling with zeros': "{{ 'x'.zfill(300000000) }}",
  tabs: "{{ '\\t'.expandtabs(300000000) }}",
  indenting: "{{ 'x' | indent(300000000) }}",
  'indenting by text': doubled(12, '{{ (ns.x | list | join("\\n")) | indent(ns.x) }}'),
  'JSON by its indent': '{{ [[[1]]] | tojson(indent=300000000) }}',
  'JSON of doubled lists': `{% set ns = namespace(x=[1]) %}{% for i in range(99) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}{{ ns.x | tojson }}`,
  'text of doubled lists': `{% set ns = namespace(x=[1]) %}{% for i in range(99) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}{{ ns.x }}`,
  'comparing doubled lists': `{% set ns = namespace(x=[1], y=[1]) %}{% for i in range(99) %}{% set ns.x = [ns.x, ns.x] %}{% set ns.y = [ns.y, ns.y] %}{% endfor %}{{ ns.x == ns.y }}`,
  'replacing nothing': doubled(13, "{{ ns.x.replace('', ns.x) }}"),
  'joining by a long text': doubled(13, '{{ ns.x | join(ns.x) }}'),
  batches: '{{ [1] | batch(300000000, 0) | list }}',
  slices: '{{ [1] | slice(300000000) | list }}',
  'a large power': '{{ 9 ** 9 ** 9 }}{{ 2 ** (2 ** 40) }}',
  'large products': `{% set ns = namespace(x=3) %}{% for i in range(99) %}{% set ns.x = ns.x * ns.x %}{% endfor %}`,
  'a macro that calls itself': '{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}',
  'a loop that calls itself': '{% for x in [1] recursive %}{{ loop([1]) }}{% endfor %}',
  'a namespace in itself': '{% set ns = namespace() %}{% set ns.x = ns %}{{ ns }}',
  'tests of every letter': doubled(
    13,
    '{% for i in range(99999) %}{{ ns.x.isalpha() }}{% endfor %}',
  ),
  sorting: '{% for i in range(99999) %}{{ range(99999) | sort | first }}{% endfor %}',
  'a time format': doubled(
    13,
    '{% for i in range(99999) %}{{ strftime_now(ns.x) | length }}{% endfor %}',
  ),
};

describe('a hostile template', () => {
  it.each(Object.keys(hostile))('is ended: %s', (name) => {
    expect(faultOf(hostile[name]!)).not.toBe('none');
  });

  it.each([
    ['a condition', '{{ '.concat('('.repeat(20_000), '1', ')'.repeat(20_000), ' }}')],
    ['a sum', `{{ ${'1+'.repeat(30_000)}1 }}`],
    ['statements', '{% if 1 %}'.repeat(20_000)],
    ['a list', `{{ ${'['.repeat(20_000)} }}`],
    ['attributes', `{{ x${'.y'.repeat(30_000)} }}`],
    ['filters', `{{ x${'|string'.repeat(30_000)} }}`],
  ])('is refused for its depth: %s', (_, template) => {
    expect(['syntax', 'failed']).toContain(faultOf(template));
  });

  it('reaches nothing of this process', () => {
    const names =
      "process require globalThis constructor __proto__ loop messages.constructor range.constructor messages.__proto__ x.toString x.length ns.hasOwnProperty messages.map messages['filter'] d.__proto__ d['constructor'] d.size".split(
        ' ',
      );
    const template = `{% set x = 'a' %}{% set d = {} %}{% set ns = namespace() %}${names.map((name) => `{{ ${name} }}`).join('|')}`;
    expect(renderJinja(template, { variables: { messages: [] }, limits })).toBe(
      '|'.repeat(names.length - 1),
    );
  });

  it('cannot take a prototype for a value', () => {
    const template = "{{ m.__proto__ }}{{ m['constructor'] }}{{ m.role }}{{ m | tojson }}";
    const m: unknown = JSON.parse('{"role": "user", "__proto__": "own"}');
    expect(renderJinja(template, { variables: { m }, limits })).toBe(
      'ownuser{"role": "user", "__proto__": "own"}',
    );
  });
});

describe('a rendering', () => {
  it('goes on in slices of the steps asked for', () => {
    const template = parseJinja(
      '{% for i in range(3000) %}{% if i is odd %}{{ i }}{% endif %}{% endfor %}',
    );
    const rendering = startRendering(template, { variables: {}, limits });
    let slices = 1;
    while (rendering.advance(1000) === undefined) slices++;
    expect(slices).toBeGreaterThan(10);
  });

  it('costs in proportion to the conversation', () => {
    const steps = (count: number): number => {
      const messages = Array.from({ length: count }, () => ({ role: 'user', content: 'a' }));
      const template = parseJinja(
        '{% for m in messages %}{{ m.role + m.content | trim }}{% endfor %}',
      );
      const rendering = startRendering(template, { variables: { messages }, limits });
      let slices = 1;
      while (rendering.advance(100) === undefined) slices++;
      return slices;
    };
    expect(steps(2000) / steps(1000)).toBeCloseTo(2, 0);
  });
});

/** What took the square of a text's length, or doubled with each character, and was paid for as linear. */
describe('long texts', () => {
  const render = (template: string, text: string): string =>
    renderJinja(template, {
      variables: { text },
      limits: { ...limits, bytes: 2 ** 24, length: 2 ** 20 },
    });

  it('are no numbers at their end', () => {
    const digits = '1'.repeat(4000);
    expect(render('{{ text|int(7) }} {{ text|float(7.5) }}', `${digits}x`)).toBe('7 7.5');
    expect(render('{{ text|int(7) }}', '12_')).toBe('7');
    expect(render('{{ text|float }}', '1_2.5_0e1')).toBe('125.0');
  });

  it.each([
    ['comments that are not closed', '<!--x>'.repeat(8000), ''],
    ['tags around comments', 'a<b><!-- > <c> -->d<e', 'ad<e'],
    ['a comment that ends where it begins', 'a<!-->b-->c', 'ab-->c'],
    ['tags that are not closed', `a${'<b'.repeat(8000)}`, `a${'<b'.repeat(8000)}`],
  ])('lose their tags: %s', (_, text, bare) => {
    expect(render('{{ text|striptags }}', text)).toBe(bare);
  });

  it('are split from their end', () => {
    const words = Array.from({ length: 20_000 }, (_, i) => String(i)).join(' ');
    expect(render("{{ text.rsplit(None, 19999)|join(' ') == text }}", words)).toBe('True');
    expect(render("{{ text.rsplit(None, 2)|join('|') }}", ' a b  c d ')).toBe(' a b|c|d');
  });
});

it('a call block hands on what it spreads', () => {
  const template =
    '{% macro m(a, b, c=0) %}{{ a }}{{ b }}{{ c }}{{ caller() }}{% endmacro %}' +
    "{% call m(*[7, 8], **{'c': 9}) %}!{% endcall %}";
  expect(renderJinja(template, { variables: {}, limits })).toBe('789!');
});
