"""Template snippets whose results jinja2 decides: one line each, by what they are about."""

# What every snippet can use.
VARIABLES = {
    "word": "Hello World",
    "spaced": "  \n two  words \t ",
    "lines": "one\n\ntwo\r\nthree\n",
    "quoted": "it's \"so\"\\\n\t\x00\u00a0\u200b\u2028é😀",
    "emoji": "a😀b日本👍🏽c",
    "empty": "",
    "numbers": [3, 1, 2, 3],
    "words": ["b", "A", "c", "a"],
    "nested": [1, [2, "x"], {"k": None, "j": [True, 0.5]}],
    "people": [
        {"name": "Zoe", "age": 30, "team": {"id": "b"}},
        {"name": "adam", "age": 25, "team": {"id": "A"}, "nick": "ad"},
        {"name": "Bob", "age": 30, "team": {"id": "a"}},
    ],
    "config": {"b": 2, "a": 1, "C": [1, 2]},
    "message": {"role": "user", "content": "Hi <b>there</b> & 'you'", "items": "shadow"},
    "big": 12345678901234,
    "half": 2.5,
    "yes": True,
    "nothing": None,
    "tree": [{"v": 1, "c": [{"v": 2, "c": [{"v": 3, "c": []}]}]}, {"v": 4, "c": []}],
    "messages": [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Hello"},
        {"role": "assistant", "content": "Good day."},
        {"role": "user", "content": "Bye"},
    ],
}

PRINTING = """
{{ true }} {{ false }} {{ none }} {{ True }} {{ None }}
{{ 1 }} {{ -1 }} {{ 1.0 }} {{ 0.1 + 0.2 }} {{ 1e16 }} {{ 1e15 }} {{ 1e-5 }} {{ 0.0001 }} {{ 1.5e300 * 1e10 }}
{{ -0.0 }} {{ 100000000000000000000 }} {{ 2 ** 70 }} {{ 123456789.123 }} {{ 1e22 }} {{ 5e-324 }}
{{ 1_000 }} {{ 0x1f }} {{ 0b101 }} {{ 0o17 }} {{ 1.5e3 }} {{ 2E2 }}
{{ [] }} {{ [1, 'a', none, true, 1.0] }} {{ {} }} {{ {'a': 1, 'b': [2]} }}
{{ () }} {{ (1,) }} {{ (1, 'x') }} {{ 1, 2 }}
{{ nested }}
{{ config }} {{ people }}
{{ quoted }} {{ [quoted] }}
{{ ["it's"] }} {{ ['say "x"'] }} {{ ["it's \\"x\\""] }} {{ ['\\\\'] }}
{{ ['é', '日', '😀', '\\u200b', '\\x07', '\\x7f', '\\xad', '\\ufeff'] }}
{{ config.keys() }} {{ config.values() }} {{ config.items() }}
{{ range(3) }} {{ range(1, 9, 2) }} {{ range(0) | list }}
{{ namespace(a=1, b='x') }}
{{ missing }}|{{ missing.__class__ | default('d') if false else '' }}
{{ [missing] }} {{ {'a': missing} }}
{{ 'a' 'b' "c" }}
{{ '\\n\\t\\\\ \\' \\" \\x41 \\u00e9 \\U0001F600 \\101 \\q' }}
{{ "tab\tinside" }}
{{ half }} {{ big }} {{ yes }} {{ nothing }}
{% print 1, 'a' %}
{{ 1.0 | string }} {{ none | string }} {{ [1.5, none] | string }}
""" 

STRINGS = """
[{{ '\\n\\n x'.lstrip('\\n') }}] [{{ '\\n x \\n'.rstrip('\\n') }}] [{{ '##a##'.strip('#') }}] [{{ 'abcba'.strip('ab') }}]
[{{ spaced.strip() }}] [{{ spaced.lstrip() }}] [{{ spaced.rstrip() }}] [{{ 'xx'.strip('x') }}] [{{ 'x'.strip(none) }}]
[{{ '\\u3000\\xa0a\\u2003\\ufeff'.strip() }}] [{{ '\\x1ca\\x85'.strip() }}] [{{ '😀a😀'.strip('😀') }}]
[{{ spaced | trim }}] [{{ '--x--' | trim('-') }}] [{{ 5 | trim }}]
{{ emoji | length }} {{ '😀' | length }} {{ emoji[1] }} {{ emoji[-1] }} {{ emoji[1:4] }} {{ emoji[::-1] }} {{ emoji[::2] }}
{{ word[0] }} {{ word[-1] }} {{ word[2:5] }} {{ word[:-3] }} {{ word[::2] }} {{ word[::-1] }} {{ word[5:2] }} {{ word[-3:] }} {{ word[20:] }}
{{ word.upper() }} {{ word.lower() }} {{ word.title() }} {{ word.swapcase() }} {{ word.capitalize() }} {{ 'éA ßx'.upper() }}
{{ "they're bill's friends".title() }} {{ "they're bill's-x (y) [z]" | title }} {{ 'x1y' | title }} {{ 'x1y'.title() }}
{{ 'hELLO wORLD' | capitalize }} {{ 'ß'.capitalize() }} {{ '' | capitalize }} {{ 'ΑΣ'.lower() }} {{ 'ŉ'.upper() }} {{ 'ẞß'.casefold() }}
{{ word.startswith('He') }} {{ word.startswith(('x', 'He')) }} {{ word.endswith('ld') }} {{ word.endswith(('a', 'b')) }} {{ word.startswith('World', 6) }} {{ word.startswith('') }}
{{ word.endswith('lo', 0, 5) }} {{ ''.startswith('') }} {{ word.startswith('H', 1) }}
{{ 'a,b,,c'.split(',') }} {{ 'a,b,,c'.split(',', 1) }} {{ ' a  b '.split() }} {{ ' a  b  c '.split(none, 1) }} {{ ''.split() }} {{ ''.split(',') }}
{{ 'a,b,c'.rsplit(',', 1) }} {{ ' a b c '.rsplit(none, 1) }} {{ 'abc'.split('b')[-1] }} {{ 'a--b'.split('--') }} {{ 'a,b'.split(sep=',', maxsplit=0) }}
{{ lines.splitlines() }} {{ lines.splitlines(true) }} {{ 'a\\x0bb\\x1cc\\u2028d'.splitlines() }} {{ ''.splitlines() }}
{{ 'aXbXc'.replace('X', '-') }} {{ 'aXbXc'.replace('X', '-', 1) }} {{ 'abc'.replace('', '.') }} {{ 'abc'.replace('', '.', 2) }} {{ 'aaa' | replace('a', 'b', 2) }} {{ 12 | replace(1, 'x') }}
{{ 'abcabc'.find('c') }} {{ 'abcabc'.rfind('c') }} {{ 'abc'.find('z') }} {{ '😀bc'.find('c') }} {{ 'abcabc'.find('a', 1) }} {{ 'abc'.index('b') }} {{ 'abcabc'.find('c', 0, 2) }}
{{ 'aaaa'.count('aa') }} {{ 'abc'.count('') }} {{ 'abab'.count('b', 2) }} {{ '😀'.count('') }}
{{ '-'.join(['a', 'b']) }} {{ ''.join([]) }} {{ ', '.join(words) }}
{{ '12'.isdigit() }} {{ '1a'.isdigit() }} {{ ''.isdigit() }} {{ '²'.isdigit() }} {{ '½'.isnumeric() }} {{ '²'.isdecimal() }} {{ 'é'.isalpha() }} {{ 'a1'.isalnum() }} {{ ' '.isspace() }}
{{ 'abc'.islower() }} {{ 'ABC1'.isupper() }} {{ '1'.isupper() }} {{ 'Ab'.istitle() }} {{ 'a b'.isidentifier() }} {{ 'é'.isascii() }} {{ 'a\\n'.isprintable() }}
{{ 'prefix-x'.removeprefix('prefix-') }} {{ 'x.txt'.removesuffix('.txt') }} {{ 'x'.removeprefix('y') }} {{ 'x'.removesuffix('') }}
{{ 'a=b=c'.partition('=') }} {{ 'a=b=c'.rpartition('=') }} {{ 'abc'.partition('=') }} {{ 'abc'.rpartition('=') }}
[{{ 'ab'.center(7) }}] [{{ 'ab'.center(6, '*') }}] [{{ 'abc'.center(6) }}] [{{ 'ab'.ljust(5) }}] [{{ 'ab'.rjust(5, '.') }}] [{{ '-5'.zfill(4) }}] [{{ 'ab' | center(8) }}]
[{{ 'a\\tb\\n\\tc'.expandtabs(4) }}]
{{ 'abc' in 'xabcx' }} {{ '' in 'a' }} {{ 'x' not in 'abc' }}
{{ 'a' < 'b' }} {{ 'a' < 'B' }} {{ '😀' > '\\uffff' }} {{ 'ab' < 'abc' }} {{ 'a' == 'a' }} {{ 'a' != 'b' }}
{{ 'ab' * 3 }} {{ 2 * 'x' }} {{ 'x' * 0 }} {{ 'x' * -1 }} {{ 'a' + 'b' }} {{ 'a' ~ 1 ~ none ~ true ~ 1.0 ~ [1] }}
{{ '%s is %d and %.2f %5s|%-5s| %05d %x %r %%' % ('a', 3, 1.005, 'r', 'l', 42, 255, 'q') }}
{{ '%(a)s-%(b)s' % {'a': 1, 'b': [2]} }} {{ '%s' % 5 }} {{ '%s %s' | format('a', none) }} {{ '%+d % d %e %g %G' % (5, 5, 12345.678, 0.00001, 1e20) }}
{{ '{} {}'.format('a', 1) }} {{ '{1}{0}'.format('a', 'b') }} {{ '{x}'.format(x=5) }} {{ '{:>5}|{:<5}|{:^5}|{:*^7}'.format('a', 'b', 'c', 'd') }}
{{ '{:.2f} {:,} {:05d} {:+} {:x} {:#x} {:b} {:%} {:e}'.format(3.14159, 1234567, 42, 5, 255, 255, 5, 0.5, 12345.6) }}
{{ '{!r} {!s} {{}} {0[0]}'.format('a', 'b') if false else '{!r} {!s} {{}}'.format('a', 'b') }} {{ '{0[0]} {0[1]}'.format([1, 2]) }} {{ '{m[role]} {m.content}'.format(m=message) }}
{{ '{:.3} {:10.2} {:g} {:.0f} {:_}'.format('abcdef', 'xyz', 1e10, 2.5, 1234567) }} {{ '{}'.format(none) }} {{ '{}'.format(true) }} {{ '{:d}'.format(true) }} {{ '{:.1f}'.format(0.25) }} {{ '{:.2f}'.format(2.675) }}
{{ '{:{w}}|'.format('a', w=4) }} {{ '{:s}'.format('a') }} {{ '{:.4}'.format(1234.5) }} {{ '{:}'.format(1.0) }} {{ '{:10}|'.format(5) }} {{ '{:<10}|'.format(5.5) }}
{{ '{a} {b}'.format_map({'a': 1, 'b': 2}) }}
{{ word | upper | lower }} {{ word | wordcount }} {{ 'foo bar baz qux' | truncate(9) }} {{ 'foo bar baz qux' | truncate(9, true) }} {{ 'foo bar baz qux' | truncate(11) }} {{ 'foo bar baz qux' | truncate(11, false, '!', 0) }}
{{ 'a\\nb\\n\\nc' | indent }} {{ 'a\\nb' | indent(2, true) }} {{ 'a\\n\\nb' | indent(2, blank=true) }} {{ 'a\\nb' | indent('> ') }} {{ 'a\\nb' | indent(width=2, first=True) }}
{{ '<a href="x">&\\'</a>' | e }} {{ '<b>' | escape }} {{ '<b>' | safe }} {{ 'a <b>c</b>  d<!-- x -->' | striptags }} {{ 'a b/c?é' | urlencode }} {{ {'a b': 'c&d'} | urlencode }}
{{ 5 | string ~ 'x' }} {{ 1024 | filesizeformat }} {{ 1 | filesizeformat }} {{ 1234567 | filesizeformat(true) }} {{ 999 | filesizeformat }}
{{ 'abc' | first }} {{ 'abc' | last }} {{ 'abc' | reverse }} {{ 'abc' | list }} {{ 'abc' | join('-') }} {{ '😀b' | reverse }}
{{ word.nope is defined }} {{ word.__class__ is defined }}
{{ 'x'.join('abc') }} {{ 'A' ~ 'b'.upper() }}
{{ 'abc'.index('c', 1) }} {{ 'a.b'.split('.', -1) }} {{ '  '.split(' ') }} {{ 'a'.split('a') }}
{{ '%c%c' % ('a', 98) }} {{ '%5.1f|' % 3.14159 }} {{ '%-6d|' % 42 }} {{ '%i' % 3.9 }} {{ '%o' % 8 }} {{ '%s' % ('x',) }} {{ '%.3s' % 'abcdef' }} {{ '%X' % 255 }} {{ '%#x' % 255 }}
"""

NUMBERS = """
{{ 7 / 2 }} {{ 8 / 2 }} {{ 7 // 2 }} {{ -7 // 2 }} {{ 7 % 3 }} {{ -7 % 3 }} {{ 7 % -3 }} {{ 7.5 // 2 }} {{ 7.5 % 2 }} {{ -7.5 % 2 }} {{ 2 ** 10 }} {{ 2 ** -1 }} {{ 2 ** 0.5 }} {{ 2 ** 3 ** 2 }} {{ -2 ** 2 }}
{{ 1 + 1.0 }} {{ true + true }} {{ true * 3 }} {{ 1 == 1.0 }} {{ true == 1 }} {{ 1 < 2 < 3 }} {{ 3 > 2 > 2 }} {{ 1 != 1.0 }} {{ 0 == false }} {{ 1 == '1' }} {{ none == false }}
{{ 9007199254740993 + 1 }} {{ 9007199254740991 * 3 }} {{ 2 ** 64 // 3 }} {{ -(2 ** 64) % 10 }} {{ 10 ** 20 - 10 ** 20 }} {{ 10 ** 20 == 1e20 }}
{{ 5 | abs }} {{ -5 | abs }} {{ (-5.5) | abs }} {{ true | abs }} {{ +3 }} {{ -half }} {{ - 3 | abs }}
{{ 42.55 | round }} {{ 42.55 | round(1) }} {{ 42.55 | round(1, 'floor') }} {{ 42.55 | round(0, 'ceil') }} {{ 2.5 | round }} {{ 3.5 | round }} {{ 0.125 | round(2) }} {{ 5 | round }} {{ 1234 | round(-2) }} {{ 15 | round(-1) }} {{ 2.675 | round(2) }} {{ -2.5 | round }} {{ 1e20 | round }}
{{ '42' | int }} {{ ' 42 ' | int }} {{ '4.7' | int }} {{ 'x' | int }} {{ 'x' | int(7) }} {{ 4.7 | int }} {{ -4.7 | int }} {{ none | int }} {{ '0x1f' | int(base=16) }} {{ '11' | int(0, 2) }} {{ true | int }} {{ '1_000' | int }} {{ [] | int(3) }} {{ '' | int }} {{ '1e3' | int }}
{{ '4.5' | float }} {{ 'x' | float }} {{ 'x' | float(1.5) }} {{ 3 | float }} {{ '1e3' | float }} {{ 'inf' | float }} {{ 'nan' | float }} {{ '.5' | float }} {{ none | float }} {{ '-1.' | float }}
{{ 1 / 3 }} {{ 2 / 3 }} {{ 10 / 4 * 2 }} {{ 1e308 * 10 }} {{ (0.1).is_integer() }} {{ 4.0.is_integer() if false else 4.0 }} {{ 0.1 + 0.7 }} {{ 3.0 * 2 }} {{ 1e3 }} {{ 1.10 }}
{{ numbers | sum }} {{ [1.5, 2] | sum }} {{ people | sum('age') }} {{ people | sum(attribute='age', start=10) }} {{ [] | sum }} {{ [[1], [2]] | sum(start=[]) }}
{{ numbers | min }} {{ numbers | max }} {{ words | min }} {{ words | max }} {{ words | max(true) }} {{ people | max(attribute='age') }} {{ [] | min }} {{ people | min(attribute='name') }}
{{ 10 is divisibleby 5 }} {{ 3 is odd }} {{ 4 is even }} {{ -3 is odd }} {{ 2.0 is even }}
{{ 1 if 0 else 2 }} {{ 1 if none }}|{{ 'a' if '' else 'b' }} {{ 1 and 2 }} {{ 0 and 2 }} {{ 0 or 'x' }} {{ '' or none }} {{ not 1 }} {{ not [] }} {{ 1 or missing }} {{ not missing }}
{{ 2 + 3 * 4 - 1 }} {{ (2 + 3) * 4 }} {{ (1 ~ 2) + '3' }} {{ 1 ~ (2 + 3) }} {{ 2 * 3 ~ 4 }} {{ not 1 == 2 }} {{ 1 in [1] and 2 not in [1] }} {{ 1 - -1 }} {{ 10 - 2 - 3 }} {{ 100 / 10 / 2 }}
{{ [1, 2] < [1, 3] }} {{ [1] < [1, 0] }} {{ (1, 2) == (1, 2) }} {{ [1] == (1,) }} {{ [1, [2]] == [1.0, [2]] }} {{ {'a': 1} == {'a': 1.0} }} {{ {} == [] }}
{{ 0.1 * 3 }} {{ 1e100 }} {{ 1e21 + 1 }} {{ 123456789012345680.0 }} {{ 0.00001234 }} {{ 1.0e-10 }} {{ 99999999999999.9 }} {{ 1 / 7 * 1e17 }}
{{ (5).real }} {{ half.real }} {{ 5 is sameas 5 }} {{ none is sameas none }} {{ true is sameas true }}
"""

COLLECTIONS = """
{{ {1: 'a'}[1] }} {{ {1: 'a', true: 'b'} }} {{ {1.0: 'x'}[1] }} {{ {none: 1}[none] }} {{ {(1, 2): 'p'}[(1, 2)] }} {{ {'a': 1, 'a': 2} }} {{ {true: 'y', false: 'n'}[yes] }}
{{ config['a'] }} {{ config.a }} {{ config['zz'] }}|{{ config.zz }}| {{ config.get('a') }} {{ config.get('zz') }} {{ config.get('zz', 5) }} {{ message['items'] }} {{ message.get('role') }}
{{ 'a' in config }} {{ 'zz' not in config }} {{ 1 in numbers }} {{ 'x' in nested[1] }} {{ 1.0 in numbers }} {{ none in [none] }} {{ 2 in config.values() }} {{ 'a' in config.keys() }} {{ ('a', 1) in config.items() }} {{ 3 in range(5) }} {{ 'x' in missing }}
{{ numbers[0] }} {{ numbers[-1] }} {{ numbers[10] }}| {{ numbers[1:] }} {{ numbers[:-1] }} {{ numbers[::-1] }} {{ numbers[::2] }} {{ numbers[5:] }} {{ numbers[-2:] }} {{ (1, 2, 3)[1:] }} {{ numbers.0 }} {{ numbers[true] }} {{ range(10)[3] }} {{ range(10)[-1] }}
{{ numbers + [4] }} {{ [0] * 3 }} {{ (1,) + (2,) }} {{ 2 * (1, 2) }} {{ numbers.index(2) }} {{ numbers.count(3) }} {{ (1, 2, 1).count(1) }}
{{ numbers | length }} {{ config | length }} {{ config | count }} {{ missing | length }} {{ '' | length }} {{ range(5) | length }} {{ config.items() | length }}
{{ numbers | first }} {{ numbers | last }} {{ [] | first }}|{{ [] | last }}| {{ config | first }} {{ config | last }} {{ range(4) | last }} {{ config.keys() | first }} {{ numbers | reverse | list }} {{ numbers | reverse | first }}
{{ numbers | sort }} {{ numbers | sort(true) }} {{ numbers | sort(reverse=true) }} {{ words | sort }} {{ words | sort(case_sensitive=true) }} {{ people | sort(attribute='age') | map(attribute='name') | list }} {{ people | sort(attribute='age,name') | map(attribute='name') | join(',') }} {{ config | sort }} {{ people | sort(attribute='team.id') | map(attribute='name') | list }}
{{ numbers | unique | list }} {{ words | unique | list }} {{ words | unique(true) | list }} {{ people | unique(attribute='age') | map(attribute='name') | list }} {{ [1, 1.0, true, 'a'] | unique | list }}
{{ numbers | join }} {{ numbers | join(', ') }} {{ people | join('; ', attribute='name') }} {{ [none, true, 1.5, 'x', [1]] | join('|') }} {{ 'abc' | join(1) }} {{ config | join(',') }} {{ numbers | join(d='-') }}
{{ people | map(attribute='name') | list }} {{ people | map(attribute='nick', default='-') | list }} {{ words | map('upper') | list }} {{ numbers | map('string') | join('+') }} {{ people | map(attribute='team.id') | join }} {{ words | map('replace', 'a', 'x') | list }} {{ [[1, 2], [3]] | map('first') | list }} {{ [[1, 2], [3, 4]] | map(attribute=1) | list }} {{ numbers | map('default', 0) | list }}
{{ numbers | select('odd') | list }} {{ numbers | reject('odd') | list }} {{ [0, 1, '', 'x', none] | select | list }} {{ [0, 1] | reject | list }} {{ numbers | select('gt', 1) | list }} {{ numbers | select('equalto', 3) | list | length }} {{ numbers | select('in', [1, 2]) | list }} {{ words | select('ne', 'b') | list }} {{ missing | select | list }}
{{ people | selectattr('nick') | map(attribute='name') | list }} {{ people | selectattr('age', 'equalto', 30) | map(attribute='name') | list }} {{ people | rejectattr('age', '==', 30) | map(attribute='name') | list }} {{ people | selectattr('nick', 'defined') | list | length }} {{ people | selectattr('team.id', 'in', ['a', 'b']) | map(attribute='name') | list }} {{ messages | selectattr('role', 'equalto', 'system') | map(attribute='content') | first }} {{ messages | rejectattr('role', 'equalto', 'system') | list | length }}
{{ config | dictsort }} {{ config | dictsort(true) }} {{ config | dictsort(reverse=true) }} {{ {'x': 2, 'y': 1} | dictsort(by='value') }} {{ config | items | list }} {{ missing | items | list }} {{ config.items() | list }} {{ config | list }} {{ config.keys() | list }}
{{ numbers | batch(2) | list }} {{ numbers | batch(3, 'x') | list }} {{ numbers | slice(3) | list }} {{ numbers | slice(3, 'x') | list }}
{{ people | groupby('age') }} {{ people | groupby('team.id') | map(attribute='grouper') | list }} {% for g, l in people | groupby('age') %}{{ g }}:{{ l | map(attribute='name') | join(',') }};{% endfor %} {% for g in people | groupby('nick', default='none') %}{{ g.grouper }}={{ g.list | length }};{% endfor %} {{ people | groupby('team.id', case_sensitive=true) | length }}
{{ missing | default('d') }} {{ nothing | default('d') }} {{ nothing | default('d', true) }} {{ '' | default('d', true) }} {{ '' | d('x') }} {{ config.zz | default(5) }} {{ missing | default }}| {{ false | default('y', boolean=true) }} {{ missing | d(none) }}
{{ dict(a=1, b=2) }} {{ dict([('a', 1)]) }} {{ dict(config, z=9) }} {{ dict() }} {{ dict(a=1).a }}
{{ config | tojson }} {{ nested | tojson }} {{ message | tojson }} {{ quoted | tojson }} {{ [1.0, 1e20, -0.5, true, none, 'é'] | tojson }} {{ {1: 2, none: 3, true: 4, 1.5: 5} | tojson }} {{ (1, 2) | tojson }}
{{ nested | tojson(indent=2) }}
{{ config | tojson(indent=4) }} {{ [] | tojson(indent=2) }} {{ {} | tojson(indent=2) }} {{ config | tojson(sort_keys=true) }} {{ 'é😀' | tojson(ensure_ascii=true) }} {{ config | tojson(separators=(',', ':')) }} {{ [1, {'a': []}] | tojson(indent='--') }} {{ [1] | tojson(indent=0) }} {{ config | tojson(none) }}
{{ people | attr('name') }}| {{ message | attr('role') }}| {{ message | attr('get') is callable }}
{{ [3, 'a'] | map('string') | sort | join }} {{ [[2, 'b'], [1, 'a']] | sort }} {{ numbers | list is sameas numbers }} {{ [(1, 'b'), (1, 'a')] | sort }}
{{ config.copy() }} {{ numbers.copy() }} {{ config.pop is defined }} {{ numbers.append is defined }} {{ config.update is defined }} {{ numbers.sort is defined }}
{{ [1, 2] + [3] | map('string') | list }} {{ ([1, 2] + [3]) | last }}
{{ [1, 2,] }} {{ {'a': 1,} }} {{ (1, 2,) }} {{ [[]] }} {{ [(), {}] }}
{{ numbers | map('string') | map('int') | sum }} {% set m = numbers | map('string') %}{{ m | list }}{{ m | list }} {% set r = numbers | reverse %}{{ r | join }}{{ r | join }}
{{ config.items() | first }} {{ (config | dictsort | first)[0] }} {{ config.values() | sum if false else config.values() | first }} {{ 1, }} {{ config['C'][0] }} {{ config.C.1 }} {{ people[0].team['id'] }} {{ people[-1]['name'][0] }}
"""

TESTS = """
{{ missing is defined }} {{ word is defined }} {{ nothing is defined }} {{ missing is undefined }} {{ config.zz is defined }} {{ nothing is none }} {{ missing is none }} {{ nothing is not none }}
{{ yes is boolean }} {{ 1 is boolean }} {{ yes is true }} {{ yes is false }} {{ 1 is true }} {{ 1 is integer }} {{ yes is integer }} {{ 1.0 is integer }} {{ 1.0 is float }} {{ 1 is float }} {{ 1 is number }} {{ yes is number }} {{ '1' is number }}
{{ word is string }} {{ 1 is string }} {{ missing is string }} {{ config is mapping }} {{ numbers is mapping }} {{ numbers is sequence }} {{ config is sequence }} {{ word is sequence }} {{ 1 is sequence }} {{ missing is sequence }} {{ range(3) is sequence }} {{ (numbers | map('string')) is sequence }} {{ config.keys() is sequence }}
{{ numbers is iterable }} {{ config is iterable }} {{ word is iterable }} {{ 1 is iterable }} {{ none is iterable }} {{ missing is iterable }} {{ (numbers | map('string')) is iterable }} {{ range is callable }} {{ word is callable }} {{ word.upper is callable }} {{ missing is callable }}
{{ 1 is eq 1 }} {{ 1 is equalto 1.0 }} {{ 1 is eq(1) }} {{ 1 is ne 2 }} {{ 2 is gt 1 }} {{ 2 is greaterthan(1) }} {{ 1 is lt 2 }} {{ 1 is ge 1 }} {{ 1 is le 0 }} {{ 1 is in [1, 2] }} {{ 'a' is in 'abc' }} {{ 1 is not in [1] }}
{{ 'abc' is lower }} {{ 'ABC' is upper }} {{ 'Abc' is lower }} {{ 1 is lower }} {{ 'upper' is filter }} {{ 'nope' is filter }} {{ 'odd' is test }} {{ 'nope' is test }} {{ numbers is sameas numbers }} {{ '<' is escaped }}
{{ 'yes' if word is string and word is not number else 'no' }} {{ word is string or missing }} {{ not word is string }} {{ word is defined and word }} {{ (word is defined) == true }} {{ 3 is odd == true }} {{ word is string ~ 'x' }}
{{ 4 is divisibleby 2 and 5 is divisibleby(5) }} {{ 3 is odd() if true else 0 }} {{ nothing is none or missing }} {{ [] is not defined }} {{ message.role is defined }} {{ message['x'] is not defined }} {{ message.content is string }} {{ messages[0].role is eq 'system' }}
"""

STATEMENTS = """
{% for x in numbers %}{{ x }},{% endfor %}
{% for x in [] %}a{% else %}empty{% endfor %} {% for x in missing %}a{% else %}none{% endfor %}
{% for k, v in config.items() %}{{ k }}={{ v }};{% endfor %} {% for k in config %}{{ k }}{% endfor %} {% for a, b in [[1, 2], (3, 4), 'xy'] %}{{ a }}{{ b }} {% endfor %} {% for (a, b), c in [((1, 2), 3)] %}{{ a }}{{ b }}{{ c }}{% endfor %}
{% for x in numbers %}{{ loop.index }}{{ loop.index0 }}{{ loop.revindex }}{{ loop.revindex0 }}{{ loop.first }}{{ loop.last }}{{ loop.length }} {% endfor %}
{% for x in numbers %}{{ loop.previtem }}<{{ x }}>{{ loop.nextitem }} {% endfor %} {% for x in numbers %}{{ loop.previtem is defined }}{{ loop.nextitem is defined }}{% endfor %}
{% for x in numbers %}{{ loop.cycle('a', 'b') }}{{ loop.changed(x) }}{% endfor %} {% for x in [1, 1, 2] %}{{ loop.changed(x) }}{% endfor %} {% for x in numbers %}{{ loop.depth }}{% for y in [1] %}{{ loop.depth0 }}{{ loop.depth }}{% endfor %}{% endfor %}
{% for x in numbers if x > 1 %}{{ x }}{{ loop.index }}{{ loop.length }} {% else %}none{% endfor %} {% for x in numbers if x > 9 %}{{ x }}{% else %}none{% endfor %} {% for x in numbers if x is odd %}{{ loop.last }}{% endfor %}
{% for n in tree recursive %}{{ n.v }}{% if n.c %}({{ loop(n.c) }}){% endif %}{{ loop.depth }}{% endfor %}
{% for x in range(10) %}{% if x == 2 %}{% continue %}{% endif %}{% if x == 5 %}{% break %}{% endif %}{{ x }}{% endfor %} {% for x in [1, 2] %}{% for y in [1, 2] %}{% if y == 2 %}{% break %}{% endif %}{{ x }}{{ y }} {% endfor %}{% endfor %} {% for x in [1] %}{% break %}{% else %}else{% endfor %}
{% set x = 1 %}{% for i in [1, 2] %}{{ x }}{% set x = x + 1 %}{{ x }}{% endfor %}{{ x }}
{% set ns = namespace(n=0) %}{% for i in numbers %}{% set ns.n = ns.n + i %}{% endfor %}{{ ns.n }} {% set ns.new = 'a' %}{{ ns.new }}{{ ns['n'] }}{{ ns.zz }}|{{ ns.zz is defined }} {% set ns2 = namespace({'a': 1}, b=2) %}{{ ns2.a }}{{ ns2.b }}
{% if 1 %}a{% endif %}{% if 0 %}b{% elif 2 %}c{% else %}d{% endif %}{% if 0 %}{% elif 0 %}{% else %}e{% endif %} {% if missing %}x{% else %}y{% endif %} {% if not missing and word %}z{% endif %} {% if [] or {} or '' or 0 or 0.0 or none %}x{% else %}falsy{% endif %}
{% if 1 %}{% set y = 5 %}{% endif %}{{ y }} {% if 0 %}{% set z = 5 %}{% endif %}{{ z }}| {% set a, b = 1, 2 %}{{ a }}{{ b }} {% set a, b = b, a %}{{ a }}{{ b }} {% set (c, d) = [3, 4] %}{{ c }}{{ d }} {% set t = 1, 2 %}{{ t }}
{% set b %}x{{ 1 + 1 }}y{% endset %}{{ b }} {{ b is string }} {% set b | upper %}abc{% endset %}{{ b }} {% set b | replace('a', 'x') | upper %}abc{% endset %}{{ b }} {% set q %}{% set inner = 1 %}{% endset %}{{ inner }}| {% set b %}{% endset %}[{{ b }}]
{% macro m(a, b=2, c='z') %}{{ a }}-{{ b }}-{{ c }}{% endmacro %}{{ m(1) }} {{ m(1, 3) }} {{ m(1, c='q') }} {{ m() }} {{ m(b=5, a=6) }} {{ m.name }} {{ m.arguments }} {{ m(1) | upper }} {{ m(1) is string }}
{% macro m() %}{{ varargs }} {{ kwargs }}{% endmacro %}{{ m(1, 2, x=3) }} {% macro n(a) %}{{ a }}{{ varargs | length }}{% endmacro %}{{ n(1, 2, 3) }} {{ n(*[7, 8]) }} {{ n(**{'a': 9}) }}
{% macro m(x) %}<{{ caller(x) }}>{% endmacro %}{% call(v) m(3) %}v={{ v }}{% endcall %} {% macro o() %}[{{ caller() }}]{% endmacro %}{% call o() %}in{% endcall %} {% call(a, b=2) m(3) %}{{ a }}{{ b }}{% endcall %} {% macro p() %}{{ caller is defined }}{% endmacro %}{{ p() }}{% call p() %}{% endcall %}
{% macro fact(n) %}{{ 1 if n <= 1 else n * (fact(n - 1) | int) }}{% endmacro %}{{ fact(5) }} {% macro f(n) -%} {% if n > 0 %}{{ n }}{{ f(n - 1) }}{% endif %} {%- endmacro %}{{ f(3) }}
{% set x = 1 %}{% macro m() %}{{ x }}{% set x = 5 %}{{ x }}{% endmacro %}{{ m() }}{{ x }} {% set x = 2 %}{{ m() }} {% macro late() %}{{ later }}{% endmacro %}{% set later = 'L' %}{{ late() }}
{% with a = 1, b = 2 %}{{ a }}{{ b }}{% set c = 3 %}{{ c }}{% endwith %}{{ a }}|{{ c }}| {% with %}{% set q = 1 %}{{ q }}{% endwith %}{{ q }}| {% with word = 'inner' %}{{ word }}{% endwith %} {{ word }}
{% filter upper %}abc{{ word }}{% endfilter %} {% filter replace('a', 'x') | upper %}abc{% endfilter %} {% filter trim %}  x  {% endfilter %}|
{% raw %}{{ not }} {% this %} {# x #}{% endraw %} {%- raw -%}  x  {%- endraw -%} y
{% block title %}in block{{ word }}{% endblock %} {% block b %}{% set x = 1 %}{% endblock b %}{{ x }}|
{% generation %}gen {{ word }}{% set g = 1 %}{% endgeneration %}{{ g }}| {% for m in messages %}{% generation %}{{ m.content }}{% endgeneration %}{% endfor %}
{% set c = cycler('a', 'b') %}{{ c.next() }}{{ c.next() }}{{ c.current }}{{ c.next() }}{{ c.reset() }}{{ c.next() }} {% set j = joiner(', ') %}{% for x in numbers %}{{ j() }}{{ x }}{% endfor %}
{{ strftime_now('%Y-%m-%d') }} {{ strftime_now('%d %b %Y') }} {{ strftime_now('%A, %B %d, %H:%M:%S %p %j %y %a %I') }}
{% for x in 'ab' %}{{ x }}{% endfor %} {% for x in range(2) %}{{ x }}{% endfor %} {% for x in (1, 2) %}{{ x }}{% endfor %} {% for x in numbers | reverse %}{{ x }}{{ loop.length }}{{ loop.last }}{% endfor %} {% for x in {'a': 1} %}{{ x }}{% endfor %} {% for x in '😀b' %}[{{ x }}]{% endfor %}
{% for m in messages[1:] %}{{ m.role }}{% endfor %} {% for m in messages[::-1] %}{{ loop.index0 }}{{ m['role'] }}{% endfor %} {% set loop_messages = messages if messages[0].role != 'system' else messages[1:] %}{{ loop_messages | length }} {% for m in messages %}{{ 'last' if loop.last else loop.index }}{% endfor %}
{% set ns = namespace(last=-1) %}{% for m in messages[::-1] %}{% set i = (messages | length - 1) - loop.index0 %}{% if m.role == 'user' and ns.last < 0 %}{% set ns.last = i %}{% endif %}{% endfor %}{{ ns.last }}
{% for x in numbers %}{{ x }}{% if not loop.last %}, {% endif %}{% endfor %} {% for x in numbers %}{% set last = loop.last %}{{ last }}{% endfor %} {% for loop_x in [1] %}{% for y in [2] %}{{ loop_x }}{{ loop.index }}{% endfor %}{% endfor %}
{% set ns = namespace(seen=[]) %}{% for x in numbers if x not in ns.seen %}{% set ns.seen = ns.seen + [x] %}{{ x }}{% endfor %}
{% set outer = 'o' %}{% for x in [1] %}{% macro inner() %}{{ outer }}{{ x }}{% endmacro %}{{ inner() }}{% endfor %} {% set f = word.upper %}{{ f() }} {% set r = range %}{{ r(2) | list }}
{% for x in [1, 2] -%} {{ x }} {%- endfor %} {% if true -%} a {%- endif %} {{- ' b' -}} c
{% set items = [] %}{% for x in numbers %}{% set items = items + [x] %}{% endfor %}{{ items }} {% set d = {'a': 1} %}{% set d = dict(d, b=2) %}{{ d }} {% set s = 'a' %}{% set s = s ~ 'b' %}{{ s }}
"""

SPACE = [
    "a\n{% if true %}\nb\n{% endif %}\nc",
    "a\n  {% if true %}  \n  b\n  {% endif %}\nc\n",
    "  {% set x = 1 %}\n{{ x }}\n\n",
    "a {%- if true %} b {%- endif %} c",
    "a\n\n{%- if true -%}\n\nb\n{%- endif -%}\n\nc",
    "a\n{{ 1 }}\n\n{{- 2 -}}\n\n b",
    "  {{ 1 }}  \n  {{- 2 }}",
    "{# comment #}\na\n  {# other #}\nb {# in line #} c\n",
    "a\n{#- stripped -#}\n b",
    "{% for x in [1, 2] %}\n  {{ x }}\n{% endfor %}\nend",
    "{%- for x in [1, 2] %}\n  {{- x }}\n{%- endfor %}\nend",
    "{%+ if true %}a{%+ endif %}",
    "  {%+ if true %}a\n  {%+ endif +%}\n b",
    "{% if true +%}\na\n{% endif %}",
    "a\r\nb\rc\n{{ 'd\r\ne' }}",
    "trailing\n",
    "trailing\n\n",
    "\n leading",
    "{{ 1 }}\n",
    "{% set x %}\n a\n{% endset %}\n[{{ x }}]",
    "\t{% if true %}\tx{% endif %}\t\n",
    "x{% if true %}\n\n y{% endif %}",
    "{% raw %}\n  {{ x }}\n{% endraw %}\nend",
    "a {% raw -%}  b  {%- endraw %} c",
    "{{ '{{' }} {{ '}}' }} {{ '%}' }} {% if '%}' == '%}' %}ok{% endif %}",
    "{{ {'a': {'b': 1}}['a']['b'] }} {{ {'a': {'b': 1}} }}",
    "{%-   if   true   -%}  a  {%-   endif   -%}",
    "{{-1}} {{ -1 }} {{+1}}",
    "{#\n multi\n line #}{{ 1 }}\n",
    "{% macro m() %}\n  in\n{% endmacro %}\n{{ m() }}|",
    "{% if a is not defined %}{% set a = [] %}{% endif %}\n{{ a }}",
    "{%- set a = 1 -%}\n\n{%- set b = 2 %}\n  {{ a }}{{ b }}",
    "<|im_start|>{{ 'x' }}<|im_end|>\n{% if true %}<|im_start|>assistant\n{% endif %}",
    "{ { } } {{ '{' }} %} }} #} {",
    "a{% if true %}b{% endif %}c{% if false %}d{% endif %}\ne",
    "{% for m in messages %}\n    {% if m.role == 'user' %}\n        {{ m.content }}\n    {% endif %}\n{% endfor %}",
    "\u00a0{% if true %}a{% endif %}",
    "{{ 'a' }}{# c #}\n{{ 'b' }}",
    "{% if true %}{# c #}\na{% endif %}",
    "{{ \"a\nb\" }}",
    "",
    " ",
    "just text",
]

ERRORS = """
{{ missing.x }}
{{ missing['x'] }}
{{ missing() }}
{{ missing + 1 }}
{{ 1 - missing }}
{{ config.zz.y }}
{{ config['zz']['y'] }}
{{ numbers[10].x }}
{{ none.x.y }}
{{ nothing['a']['b'] }}
{{ 'a' + 1 }}
{{ 1 + 'a' }}
{{ [1] + (2,) }}
{{ 'a' - 'b' }}
{{ 'a' * 1.5 }}
{{ none + none }}
{{ {} + {} }}
{{ 1 / 0 }}
{{ 1 // 0 }}
{{ 1 % 0 }}
{{ 1.0 / 0 }}
{{ 0 ** -1 }}
{{ 1 < 'a' }}
{{ none < 1 }}
{{ [1] < ['a'] }}
{{ {} < {} }}
{{ missing < 1 }}
{{ 'a' in 1 }}
{{ 1 in 'a' }}
{{ {[1]: 2} }}
{{ -'a' }}
{{ -none }}
{{ word() }}
{{ word.nope() }}
{{ numbers.append(1) }}
{{ config.update({}) }}
{{ word.__class__.x }}
{{ 'abc'.split('') }}
{{ 'abc'.index('z') }}
{{ 'a'.join([1]) }}
{{ 'a'.startswith(1) }}
{{ 'x'.replace('x') }}
{{ 'x'.strip(1) }}
{{ '%d' % 'a' }}
{{ '%s %s' % ('a',) }}
{{ '%s' % ('a', 'b') }}
{{ '{}'.format() }}
{{ '{x}'.format() }}
{{ '{'.format() }}
{{ '{:d}'.format('a') }}
{{ 1 | length }}
{{ none | length }}
{{ 5 | join }}
{{ 5 | list }}
{{ none | first }}
{{ (numbers | map('string')) | last }}
{{ [1, 'a'] | sort }}
{{ ['a', 1] | max }}
{{ ['a'] | sum }}
{{ 'x' | abs }}
{{ 'x' | round }}
{{ missing | int }}
{{ missing | tojson }}
{{ range | tojson }}
{{ {(1, 2): 3} | tojson }}
{{ 5 | dictsort }}
{{ config | dictsort(by='x') }}
{{ [[1]] | unique | list }}
{{ numbers | map | list }}
{{ numbers | map('nope') | list }}
{{ numbers | select('nope') | list }}
{{ people | selectattr | list }}
{{ people | map(attribute='zz.y') | list }}
{{ 1 | nope }}
{{ 1 is nope }}
{{ numbers[::0] }}
{{ range(1000000) }}
{{ range(1, 5, 0) }}
{{ range('a') }}
{{ dict([1]) }}
{{ raise_exception('custom') }}
{{ raise_exception() }}
{% for x in 5 %}{% endfor %}
{% for x in none %}{% endfor %}
{% for a, b in [[1]] %}{% endfor %}
{% for a, b in [[1, 2, 3]] %}{% endfor %}
{% for a, b in [1] %}{% endfor %}
{% set x.y = 1 %}
{% set word.y = 1 %}
{% set a, b = 1 %}
{% macro m(a) %}{% endmacro %}{{ m(1, 2) }}
{% macro m(a) %}{% endmacro %}{{ m(b=1) }}
{% macro m() %}{{ caller() }}{% endmacro %}{{ m() }}
{% for x in [1] %}{{ loop([]) }}{% endfor %}
{{ loop.index }}
{{ cycler() }}
{{ 1 ** 'a' }}
{{ ('a' if false).x }}
{{ ([] | first).x }}
{{ [1, 2] | batch }}
{{ '<' | replace('a') }}
{{ word.upper.x.y }}
{{ namespace(1) }}
{{ 10 ** 10 | string | length ** 'x' }}
{% include 'x' %}
{% import 'x' as y %}
{% extends 'x' %}
{{ 1e308 ** 2 }}
{{ config | join(1, 2, 3) }}
{{ 'a'.center('b') }}
{{ 'a'.center(5, 'bb') }}
{{ word | truncate('a') }}
{{ word | indent(none) }}
{{ numbers['a'].b }}
{{ strftime_now() }}
{{ numbers | random(1) }}
"""

SYNTAX = """
{{
{{ 1
{% if %}
{% if true %}
{% if true
{% endif %}
{% for x in %}{% endfor %}
{% for in y %}{% endfor %}
{% for x y %}{% endfor %}
{% nope %}
{% do x %}
{% set %}
{% set 1 = 2 %}
{% set x + 1 = 2 %}
{{ 1 + }}
{{ ( }}
{{ [1 }}
{{ {1} }}
{{ {'a': } }}
{{ 'abc }}
{{ a b }}
{{ a | }}
{{ a is }}
{{ a. }}
{{ a[ ] }}
{{ 1 ! 2 }}
{{ a $ b }}
{{ f(a=1, 2) }}
{{ f(**a, *b) }}
{# never closed
{% raw %}x
{% macro m(a=1, b) %}{% endmacro %}
{% macro %}{% endmacro %}
{% call 5 %}{% endcall %}
{% for x in y %}{% elif %}{% endfor %}
{% if x %}{% endfor %}
{{ '\\x4' }}
{{ ]
{{ (1] }}
{{ x if }}
{{ not }}
{% filter %}{% endfilter %}
{% with x %}{% endwith %}
{% %}
{% 5 %}
{{ is x }}
{{ 1 is odd is true }}
{{ x..y }}
{{ [1,,2] }}
{% block %}{% endblock %}
{{ 'a' 5 }}
{% else %}
{% elif x %}
"""

# Python writes an address, or an order of a set, or its own version's words.
GROUPS = {
    "printing": PRINTING,
    "strings": STRINGS,
    "numbers": NUMBERS,
    "collections": COLLECTIONS,
    "tests": TESTS,
    "statements": STATEMENTS,
    "space": SPACE,
    "errors": ERRORS,
    "syntax": SYNTAX,
}


def snippets() -> list[tuple[str, str]]:
    """Group and template of each; expressions that stand on one line are snippets of their own."""
    found = []
    for group, given in GROUPS.items():
        if isinstance(given, list):
            found += [(group, template) for template in given]
            continue
        for line in given.strip("\n").split("\n"):
            if not line:
                continue
            if group in ("statements", "errors", "syntax"):
                found.append((group, line))
            elif "{%" in line:
                found.append((group, line))
            else:
                found += [(group, template) for template in split(line)]
    return found


def split(line: str) -> list[str]:
    """The pieces of a line that each hold one expression, with what encloses it."""
    pieces, start = [], 0
    while True:
        end = line.find(" }}", start)
        if end < 0:
            break
        end += 3
        while end < len(line) and line[end] != " " and not line.startswith("|{{", end):
            end += 1
        pieces.append(line[start:end].strip(" "))
        start = end
    if line[start:].strip():
        pieces.append(line[start:].strip(" "))
    return pieces
