import { uniformAt } from '../../src/math/index.ts';

/** Texts that tokenizers are known to differ in: scripts, code, white space, digits, marks, what looks special. */
const written: readonly string[] = [
  'The quick brown fox jumps over the lazy dog.',
  "It's John's, isn't it? WE'LL SEE; they'd've said so. I’m, you’re",
  'Ärger über süße Äpfel, naïve façade, Łódź, İstanbul, ﬁne ﬂow, ǅ',
  'Москва и Санкт-Петербург; Київ, Ўзбекистон',
  'Η γρήγορη αλεπού, ἀρχὴ καὶ τέλος',
  '東京は日本の首都です。ｶﾀｶﾅ、ひらがな！',
  '中文分词没有空格，这是一个测试。繁體字',
  '대한민국의 수도는 서울이다. ㄱㄴㄷ',
  'שלום עולם and مرحبا بالعالم ١٢٣ ۴۵۶',
  'नमस्ते दुनिया क्षत्रिय ०१२, বাংলা ভাষা, தமிழ் மொழி, తెలుగు',
  'ภาษาไทยไม่มีช่องว่าง ລາວ ខ្មែរ မြန်မာ',
  'አማርኛ ქართული Հայերեն ᏣᎳᎩ ᚠᚢᚦ 𐍈 𒀀 𝔘𝔫𝔦𝔠𝔬𝔡𝔢 𝟙𝟚𝟛',
  '👩‍🚀🏳️‍🌈 🇩🇪🇯🇵 ❤️ 👍🏽👨‍👩‍👧‍👦 ☺ 🫠 #️⃣',
  'e\u0301 a\u0308o\u0302\u0323 ḍ̇ q̣̇ Z̷̡͝a̵l̸g̶o n\u0303',
  '\u00A0\u2003\u200B\u200C\u200D\u2060\uFEFFzero width\u202Eright to left\u202C',
  'a\u0000b \u0001\u0002\u0007\u001B[31mred\u001B[0m \u007F\u0085\u2028\u2029',
  '\uFFFD \uFFFE \uE000 \u{10FFFF} \u{E0001}',
  '½ ² ³ ¼ Ⅻ ① ㊷ ٣ 〇 一二三 1²3',
  '12345678901234567890 3.14159 1,000,000.00 -1e-9 0x1F 0b101 1_000 007',
  '1+1=2; 50% of $3.99, €5, £6 & ¥7 @ #1 ~ ^_^ `x` "y" \\z',
  'if (a[i] !== b[j]) { return x ** 2; } // 0x1F, 1e-9\n\treturn;\n',
  'def f(x: int) -> str:\n    """Doc."""\n    return f"{x!r:>10}"\n\n\nclass A:\n        pass\n',
  '#include <stdio.h>\r\nint main(void) {\r\n\treturn printf("%d\\n", 1);\r\n}\r\n',
  'SELECT * FROM t WHERE a <> \'b\' AND c IS NOT NULL;--\n<div class="x">&nbsp;</div><!-- -->',
  '{"a": [1, 2.5, null, true], "b": {"c": "\\u00e9\\n"}}',
  'https://example.org/a_b?c=d&e=%20#f user@example.org C:\\Users\\x ../../y.tar.gz',
  '| a | b |\n|---|:-:|\n| 1 | 2 |\n\n- [ ] todo\n* **bold** _it_ ~~no~~\n> quote\n```js\nx\n```',
  '\\frac{a}{b} \\sum_{i=0}^{n} x_i^2 \\leq \\infty $$ \\alpha $$',
  '  two, a\ttab,\t\ttwo,\na line\r\nand another\r\r\n\n \n  \n\t\n',
  ' ',
  '  ',
  '\n',
  '\n\n\n\n\n',
  '\t \t',
  ' a',
  'a ',
  '   leading',
  'trailing   ',
  'a  b   c    d     e      f                              g',
  '▁▁a▁b ▁ ▁▁▁▁',
  'Ġhello Ċ ĉ Â¡',
  '<|im_start|>user\nhi<|im_end|>\n<|im_start|>assistant\n',
  '<|endoftext|><|endoftext|> <|fim_prefix|>a<|fim_suffix|>b<|fim_middle|><repo_name>x<file_sep>',
  '</s><s>[INST] <<SYS>> <unk> <pad> <bos><eos>',
  '<start_of_turn>user\nhi<end_of_turn>\n<mask>[multimodal]<unused7><h1></h1><table>',
  '<tool_call>\n{"name": "f", "arguments": {}}\n</tool_call> <think></think>',
  '<|im_start <|im_end|  |im_end|> <|im_start|><|im_start|>> <<|im_end|>>',
  '<0x0A><0xFF> <0x>',
];

/** What the drawn texts are put together from. */
const bits: readonly string[] = [
  ' a b the Ing ed 1 23 456 7890 . , ; : ! ? - _ / \\ | < > ( ) [ ] { } = + * & % $ # @ ~ ^',
  "é e\u0301 ß İ ſ ж Я λ 日本 語 한 글 ש م ก ि न 😀 👍🏽 🇫🇷 \uFE0F ▁ \u200D 's 'S 'll ’t",
  'http:// .com // /* => != :: " ` … — ٣ ² ½ <|im_start|> <|im_end|> <|endoftext|> <bos> <h1> <| |> Hello',
]
  .flatMap((line) => line.split(' '))
  .concat(' ', '  ', '   ', '\n', '\n\n', '\r\n', '\t', '\u00A0', '\u3000', ' world');

/** Long runs of one kind, in which splitting and merging take their longest ways. */
const runs = [
  'a',
  ' ',
  '\n',
  '7',
  '!',
  '=',
  'ab',
  'é',
  '日',
  '😀',
  'ि',
  '\u0301',
  ' \n',
  '-',
  '\t',
].map((unit) => unit.repeat(600));

/** Always the same `count` texts: those that are written down, long runs, and as many as are left drawn at random. */
export function hardTexts(count: number): string[] {
  const drawn = Array.from({ length: count - written.length - runs.length }, (_, seed) =>
    seed % 4 === 0 ? drawCodePoints(seed) : drawBits(seed),
  );
  return [...written, ...runs, ...drawn];
}

function drawBits(seed: number): string {
  const length = 1 + Math.floor(60 * uniformAt(seed, 0));
  const draw = (i: number) => bits[Math.floor(bits.length * uniformAt(seed, 1 + i))]!;
  return Array.from({ length }, (_, i) => draw(i)).join('');
}

/** Of the first code points more often, as in texts; no halves of pairs. */
function drawCodePoints(seed: number): string {
  const length = 1 + Math.floor(30 * uniformAt(seed, 0));
  const draw = (i: number) => {
    const most = [0x7f, 0x2ff, 0x30ff, 0x1_ffff][Math.floor(4 * uniformAt(seed, 2 * i + 1))]!;
    const code = Math.floor(most * uniformAt(seed, 2 * i + 2));
    return code >= 0xd800 && code < 0xe000 ? ' ' : String.fromCodePoint(code);
  };
  return Array.from({ length }, (_, i) => draw(i)).join('');
}
