import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { readGgufHeader } from '../../src/gguf/index.ts';
import { samplingDefaults } from '../../src/index.ts';
import {
  hasTerminals,
  recipe,
  root,
  run,
  trimtab,
  trimtabOnTerminal,
  trimtabProcess,
} from '../support/command.ts';
import { writeTinyModel } from '../support/random-models.ts';
import { builtFile } from '../support/built.ts';

const question = 'Where was Mada Norrar born?';
const escape = '\u001B';

let folder: string;
/** A recipe that talks without end, or as good as. */
let endless: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'trimtab-cli-'));
  endless = path.join(folder, 'endless.yaml');
  const model = await writeTinyModel(folder, 'endless', { contextLength: 16384 });
  await writeFile(
    endless,
    `models: { a: '${model}' }
base: a
sampling: { temperature: 1, logitBias: { 256: -100 } } # never the end token
engine: { contextLength: 16384, maxSequences: 1 }
`,
  );
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

/** Id of a token by its spelling in the file. */
async function tokenId(spelling: string): Promise<number> {
  const { metadata } = await readGgufHeader(path.join(root, 'models/atlas-large.gguf'));
  const tokens = metadata.get('tokenizer.ggml.tokens')!.value as string[];
  return tokens.indexOf(spelling);
}

describe('trimtab', () => {
  it('shows every command and how it ends', async () => {
    const { code, stdout, stderr } = await trimtab(['--help']);
    expect(code).toBe(0);
    expect(stderr).toBe('');
    for (const name of ['demo', 'run', 'compare', 'explain', 'check', 'inspect', 'doctor']) {
      expect(stdout).toMatch(new RegExp(`^  ${name} `, 'm'));
    }
    expect(stdout).toMatch(
      /Exit codes: 0 done; 1 failed; 2 called wrongly: [^;]*; 130 interrupted\./,
    );
    expect((await trimtab(['--version'])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it('names the defaults in help from the code', async () => {
    const { stdout } = await trimtab(['run', '--help'], { env: { COLUMNS: '200' } });
    for (const name of Object.keys(samplingDefaults).filter((key) => key !== 'logitBias')) {
      const flag = name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
      const value = JSON.stringify(samplingDefaults[name as keyof typeof samplingDefaults]);
      expect(stdout.replace(/\s+/g, ' ')).toMatch(new RegExp(`--${flag} <n> [^(]*\\(${value}\\)`));
    }
  });

  it.each([
    [['rnu', recipe], "unknown command 'rnu'\n(Did you mean run?)"],
    [['run', recipe, '--temprature', '1'], "unknown option '--temprature'"],
    [
      ['run', recipe, question, '--top-k', 'many'],
      "argument 'many' is invalid. It must be a number",
    ],
    [['run', recipe, question, '--param', 'alpha'], 'It must be written NAME=NUMBER.'],
    [['run', recipe, question, '--raw', '--system', 'x'], '--raw and --system exclude each other'],
    [['run', recipe], 'There is no prompt: give one as an argument, or pipe it in.'],
    [
      ['run', recipe, question, '--param', 'alpah=1'],
      '--param: The recipe atlas-chat has no param alpah. Did you mean `alpha`?',
    ],
    [
      ['run', recipe, question, '--param', 'alpha=9'],
      '--param: params.alpha must be a number from 0 to 2, not 9.',
    ],
    [
      ['run', recipe, question, '--only', 'larg'],
      '--only: The recipe has no model "larg". Did you mean `large`?',
    ],
    [
      ['run', recipe, question, '--top-p', '0'],
      '--top-p: topP must be a number above 0 and at most 1, not 0.',
    ],
    [
      ['run', recipe, question, '--max-tokens', '0'],
      '--max-tokens: maxTokens must be an integer from 1',
    ],
    [
      ['compare', recipe, question, '--param-name', 'alpa'],
      'has no param alpa. Did you mean `alpha`?',
    ],
  ])('ends %j with 2 and says why', async (args, message) => {
    const { code, stdout, stderr } = await trimtab(args);
    expect(stderr).toContain(message);
    expect(stderr).toMatch(/^error: /);
    expect(stderr).not.toContain('    at ');
    expect(stdout).toBe('');
    expect(code).toBe(2);
  });

  it('names the place in a bad recipe, and where in the code when asked to', async () => {
    const file = path.join(folder, 'bad.yaml');
    await writeFile(file, 'models:\n  a: x.gguf\nbase: b\n');
    const { code, stderr } = await trimtab(['run', file, 'x']);
    expect(stderr).toContain(`error: ${file}:3:7: base: there is no model b.`);
    expect(stderr.match(/bad\.yaml/g)).toHaveLength(1);
    expect(code).toBe(2);
    const debugged = await trimtab(['run', file, 'x'], { env: { TRIMTAB_DEBUG: '1' } });
    expect(debugged.stderr).toContain('    at ');
  });
});

describe('trimtab run', () => {
  it('answers on stdout, with nothing beside the answer and no colours in a pipe', async () => {
    const { code, stdout, stderr } = await trimtab(['run', recipe, ...question.split(' ')]);
    expect(stdout).toMatch(/^[A-Z][^\n]*Mada Norrar[^\n]*\n$/);
    expect(stdout).not.toContain(escape);
    expect(stderr).toBe('');
    expect(code).toBe(0);
  });

  it('reads the prompt from a pipe, and appends a pipe to a prompt', async () => {
    const asked = await trimtab(['run', recipe, question]);
    const piped = await trimtab(['run', recipe], { input: `${question}\n` });
    expect(piped).toEqual(asked);
    const how = ['--json', '--speculation', 'off']; // what is drafted depends on the clock
    const one = await trimtab(['run', recipe, 'Read this.', ...how], { input: `${question}\n` });
    const other = await trimtab(['run', recipe, `Read this.\n\n${question}`, ...how]);
    expect(JSON.parse(one.stdout).usage).toEqual(JSON.parse(other.stdout).usage);
    expect(JSON.parse(one.stdout).text).toBe(JSON.parse(other.stdout).text);
  });

  it('gives the whole result as JSON', async () => {
    const { stdout } = await trimtab(['run', recipe, question, '--json', '--trace', '--seed', '7']);
    const result = JSON.parse(stdout);
    expect(result).toMatchObject({ finishReason: 'stop', seed: 7 });
    expect(result.tokens.map(({ text }: { text: string }) => text).join('')).toBe(result.text);
    expect(result.tokens[0].trace.terms.map(({ model }: { model: string }) => model)).toEqual([
      'large',
      'chat',
      'small',
    ]);
    expect(result.usage.models.large.promptTokens).toBeGreaterThan(0);
  });

  it('hands its flags on: only, param, max-tokens, stop, logit-bias, temperature and seed', async () => {
    const json = async (...flags: string[]) =>
      JSON.parse((await trimtab(['run', recipe, question, '--json', ...flags])).stdout);
    const [large, unsteered, short, banned, drawn, again] = await Promise.all([
      json('--only', 'large', '--max-tokens', '12'),
      json('--param', 'alpha=0', '--max-tokens', '12'),
      json('--stop', 'Norrar'),
      json('--logit-bias', `${await tokenId('ĠC')}=-100`, '--max-tokens', '1'),
      json('--temperature', '1.5', '--seed', '3'),
      json('--temperature', '1.5', '--seed', '3'),
    ]);
    expect(unsteered.text).toBe(large.text);
    expect(Object.keys(large.usage.models)).toEqual(['large']);
    expect(short).toMatchObject({ finishReason: 'stop', stopString: 'Norrar' });
    expect(short.text).not.toContain('Norrar');
    expect(banned.text).not.toBe(' C');
    expect(drawn.text).toBe(again.text);
  });

  it('completes raw text as it is', async () => {
    const { stdout } = await trimtab([
      'run',
      recipe,
      '--raw',
      '--only',
      'large',
      '--max-tokens',
      '4',
      'Mada Norrar was',
    ]);
    expect(stdout).toMatch(/^ \S/);
  });

  it('explains and counts on stderr', async () => {
    const { stdout, stderr } = await trimtab(['run', recipe, question, '--trace', '--stats']);
    expect(stdout.split('\n')).toHaveLength(2);
    expect(stderr).toMatch(/^token +logprob +shift +KL +\+1\.0·large +\+0\.7·chat +-0\.7·small/);
    expect(stderr).toMatch(/\d+ tokens, [\d.,]+ per second, the first after \d+ ms; ended by stop/);
    expect(stderr).toMatch(/^small +\d+ +\d+ +\d+$/m);
  });

  it('ends silently with 0 when nobody reads on', async () => {
    const main = builtFile('cli/main.js');
    const command = `'${process.execPath}' '${main}' run '${endless}' --raw 'A fox'`;
    const line = `${command} | head -c 5; echo " \${PIPESTATUS[0]}"`;
    const { stdout, stderr } = await run('bash', ['-c', line]);
    expect(stderr).toBe('');
    expect(stdout).toMatch(/^[^]+ 0\n$/);
  });

  it.runIf(existsSync('/dev/full'))('says that the disk is full, and ends with 1', async () => {
    const main = builtFile('cli/main.js');
    const command = `'${process.execPath}' '${main}' run '${recipe}' --quiet --max-tokens 3 '${question}'`;
    const line = `${command} --json > /dev/full; echo "$?"; ${command} 2> /dev/full; echo "$?"`;
    const { stdout, stderr } = await run('bash', ['-c', line]);
    expect(stderr).toBe('error: The output cannot be written: the disk is full (ENOSPC).\n');
    expect(stdout).toMatch(/^1\n.+\n0\n$/); // where nothing is said, nobody misses it
  });

  it('ends with 130 when interrupted', async () => {
    let isInterrupted = false;
    const { code, stdout, stderr } = await trimtabProcess(['run', endless, 'A', '--raw'], {
      onOutput(process) {
        if (!isInterrupted) process.kill('SIGINT'); // a second one would end it at once, wherever it is
        isInterrupted = true;
      },
    });
    expect(code).toBe(130);
    expect(stdout.length).toBeGreaterThan(0);
    expect(stderr).toBe('');
  });

  it.runIf(hasTerminals)(
    'escapes on a terminal what would steer it, and nothing in a pipe',
    async () => {
      const bias = `${await tokenId('ě')}=100`; // how GPT-2's alphabet writes the escape character
      const args = [
        'run',
        recipe,
        '--raw',
        '--quiet',
        '--logit-bias',
        bias,
        '--max-tokens',
        '2',
        '--seed',
        '1',
      ];
      const piped = await trimtab([...args, 'A']);
      expect(piped.stdout).toContain(escape);
      const seen = await trimtabOnTerminal([...args, 'A']);
      expect(seen.stdout).toContain(String.raw`\x1b`);
      expect(seen.stdout).not.toContain(escape);
    },
  );
});

describe.runIf(hasTerminals)('a chat on a terminal', () => {
  const prompt = `> ${escape}[3G`; // the cursor stands behind it

  it('remembers, takes commands, forgives mistakes and ends with Ctrl-D', async () => {
    const { code, stdout } = await trimtabOnTerminal(['run', recipe, '--stats'], {
      env: { NO_COLOR: '1' },
      dialogue: [
        [prompt, '/set alpah 1\r'],
        [prompt, '/only large\r'],
        [prompt, `${question}\r`],
        [prompt, 'And when?\r'],
        [prompt, '/only\r'],
        [prompt, `${question}\r`],
        [prompt, '\u0004'],
      ],
    });
    expect(code).toBe(0);
    expect(stdout).toContain('Did you mean `alpha`?');
    expect(stdout).toContain('large answers alone.');
    const prompts = [...stdout.matchAll(/^large +(\d+) +(\d+) +\d+\r$/gm)].map(([, ...n]) => n);
    expect(prompts).toHaveLength(3);
    // The second prompt is the first, its answer and a question more; what it shares is not computed.
    expect(Number(prompts[1]![0])).toBeGreaterThan(Number(prompts[0]![0]) + 5);
    expect(Number(prompts[1]![1])).toBeGreaterThanOrEqual(Number(prompts[0]![0]));
    expect(stdout).toMatch(/Mada Norrar was born/);
  });

  it('ends an answer at Ctrl-C and stays; leaves at two with 130', async () => {
    const { code, stdout } = await trimtabOnTerminal(['run', endless], {
      env: { NO_COLOR: '1' },
      dialogue: [
        [prompt, 'Go on.\r'],
        ['Go on.\r\r\n', ''],
        ['a', '\u0003'],
        [prompt, '/set temperature 1\r'],
        [prompt, '\u0003'],
        [prompt, '\u0003'],
      ],
    });
    expect(stdout).toContain('(ended)');
    expect(code).toBe(130);
  });
});

describe('trimtab compare', () => {
  it('puts base, expert and composition below each other in a pipe', async () => {
    const { code, stdout } = await trimtab(['compare', recipe, question, '--values', '0,0.7']);
    expect(code).toBe(0);
    expect(stdout).not.toContain(escape);
    const [, base, expert, none, full] = stdout.split('\n\n');
    expect(base).toMatch(/^large alone \(base\)\n/);
    expect(expert).toMatch(/^chat alone \(expert\)\n/);
    expect(none).toMatch(/^alpha 0\n/);
    expect(none).toContain('0 % changed');
    expect(full).toMatch(/^alpha 0\.7\n[^]*tok\/s · [1-9]\d* % changed\nshift \+/);
  });

  it('gives figures as JSON: at 0 the composition is the base', async () => {
    const { stdout } = await trimtab([
      'compare',
      recipe,
      question,
      '--values',
      '0,1',
      '--max-tokens',
      '30',
      '--json',
    ]);
    const { recipe: name, answers } = JSON.parse(stdout);
    expect(name).toBe('atlas-chat');
    const [base, expert, none, full] = answers;
    expect(expert).toMatchObject({ label: 'chat alone (expert)', only: 'chat' });
    expect(none).toMatchObject({ params: { alpha: 0 }, text: base.text, meanShift: 0, meanKl: 0 });
    expect(full.meanKl).toBeGreaterThan(0.05);
  });

  it.runIf(hasTerminals)('draws columns on a terminal', async () => {
    const { code, stdout } = await trimtabOnTerminal([
      'compare',
      recipe,
      question,
      '--values',
      '1',
    ]);
    expect(code).toBe(0);
    expect(stdout).toContain(`${escape}[?25l`);
    expect(stdout.lastIndexOf(`${escape}[?25h`)).toBeGreaterThan(stdout.indexOf(`${escape}[?25l`));
    expect(stdout).toMatch(/large alone \(base\).*chat alone \(expert\).*alpha 1/);
  });
});

describe('trimtab explain', () => {
  it('marks the tokens that moved, and shows what they replaced', async () => {
    const { code, stdout } = await trimtab(['explain', recipe, question, '--top', '2']);
    expect(code).toBe(0);
    expect(stdout).not.toContain(escape);
    const answer = stdout.split('\n')[2]!;
    expect(answer).toMatch(/^\S+\[\+\d\.\d\]/);
    expect(stdout.match(/without steering +with/g)).toHaveLength(2);
    expect(stdout).toMatch(/shares {2}\+1 × large = -[\d.]+ {3}\+0\.7 × chat = -[\d.]+/);
  });

  it('colours them where colours are forced', async () => {
    const { stdout } = await trimtab(['explain', recipe, question], { env: { FORCE_COLOR: '1' } });
    expect(stdout).toContain(`${escape}[38;5;16;48;5;`);
    const none = await trimtab(['explain', '--no-color', recipe, question], {
      env: { FORCE_COLOR: '1' },
    });
    expect(none.stdout).not.toContain(escape);
  });

  it('gives the trace as JSON', async () => {
    const { stdout } = await trimtab(['explain', recipe, question, '--json']);
    const { formula, tokens, meanShift } = JSON.parse(stdout);
    expect(formula).toBe('large + alpha * (chat - small)');
    const shifts = tokens.map(({ trace }: { trace: { shift: number } }) => trace.shift);
    expect(meanShift).toBeCloseTo(
      shifts.reduce((sum: number, shift: number) => sum + shift, 0) / shifts.length,
      10,
    );
  });
});

describe('trimtab check', () => {
  it('finds nothing wrong with the recipes in the package', async () => {
    for (const name of ['atlas-chat', 'atlas-masked', 'atlas-guidance']) {
      const { code, stdout, stderr } = await trimtab(['check', `recipes/${name}.yaml`]);
      expect(stdout).toMatch(/ok: the recipe can run\.\n$/);
      expect(stdout).toContain('<|assistant|>');
      expect(stderr).toBe('');
      expect(code).toBe(0);
    }
  });

  it('names every problem and warning, and ends with 1', async () => {
    const file = path.join(folder, 'problems.yaml');
    const model = path.join(root, 'models/atlas-small.gguf');
    const broken = path.join(folder, 'broken.gguf');
    await writeFile(broken, 'GGUF');
    await writeFile(
      file,
      `models: { a: '${model}', b: '${broken}' }\nbase: a\nparams: { unused: 1 }\n`,
    );
    const { code, stdout, stderr } = await trimtab(['check', file]);
    expect(code).toBe(1);
    expect(stdout).toContain('not ok: 1 problem.');
    expect(stderr).toContain('warning: The param unused does nothing');
    expect(stderr).toMatch(/^error: .*broken\.gguf/m);
    const json = await trimtab(['check', file, '--json']);
    expect(json.code).toBe(1);
    expect(JSON.parse(json.stdout).problems).toHaveLength(1);
  });
});

describe('trimtab inspect', () => {
  const file = 'models/atlas-small.gguf';

  it('tells what a file is', async () => {
    const { code, stdout } = await trimtab(['inspect', file, '--tensors', '--metadata']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^architecture +llama$/m);
    expect(stdout).toMatch(/^vocabulary +1,280 tokens, gpt2/m);
    expect(stdout).toMatch(/^licence +MIT$/m);
    expect(stdout).toMatch(/^token_embd\.weight +Q8_0 +\d+ × 1280 +/m);
    expect(stdout).toMatch(/^tokenizer\.ggml\.tokens +string × 1,280: "/m);
  });

  it('tells it as JSON', async () => {
    const { stdout } = await trimtab(['inspect', file, '--json', '--tensors', '--metadata']);
    const { architecture, vocabSize, tensors, metadata } = JSON.parse(stdout);
    expect([architecture, vocabSize]).toEqual(['llama', 1280]);
    expect(tensors[0]).toMatchObject({ name: 'token_embd.weight', type: 'Q8_0' });
    expect(metadata['tokenizer.ggml.tokens']).toHaveLength(1280);
  });
});

describe('trimtab docs', () => {
  it('lists the pages with their files, and prints one', async () => {
    const listed = await trimtab(['docs', '--json']);
    const pages = JSON.parse(listed.stdout) as { name: string; file: string }[];
    expect(pages.map(({ name }) => name)).toEqual(expect.arrayContaining(['evaluation', 'server']));
    const { stdout } = await trimtab(['docs']);
    for (const { name, file } of pages) {
      expect(stdout).toContain(file);
      const page = await trimtab(['docs', name]);
      expect(page).toEqual({ code: 0, stdout: await readFile(file, 'utf8'), stderr: '' });
    }
  });

  it('suggests the page that is meant', async () => {
    const { code, stderr } = await trimtab(['docs', 'evaluaton']);
    expect(stderr).toBe('error: page: there is no page evaluaton. Did you mean `evaluation`?\n');
    expect(code).toBe(2);
  });
});

describe('trimtab doctor', () => {
  it('finds this machine fit', async () => {
    const { code, stdout } = await trimtab(['doctor']);
    expect(stdout).toMatch(/^Node +\d+\./m);
    expect(stdout).toMatch(/^cpu +/m);
    expect(stdout).toContain('✓ Trimtab can run here.');
    expect(code).toBe(0);
    expect(JSON.parse((await trimtab(['doctor', '--json'])).stdout)).toMatchObject({
      node: process.versions.node,
      ailments: [],
    });
  });

  it('names what mends a missing library, and ends with 1', async () => {
    const { code, stdout } = await trimtab(['doctor'], { env: { TRIMTAB_LLAMA_DIR: folder } });
    expect(stdout).toContain('holds no shared library');
    expect(stdout).toContain('to mend it: unset TRIMTAB_LLAMA_DIR');
    expect(code).toBe(1);
  });
});

describe('trimtab demo', () => {
  it('shows three answers to three questions, the score, the cost and what next', async () => {
    const { code, stdout, stderr } = await trimtab(['demo']);
    expect(stderr).toBe('');
    expect(code).toBe(0);
    expect(stdout).not.toContain(escape);
    expect(stdout.match(/^large, steered$/gm)).toHaveLength(3);
    expect(stdout.match(/^[✓✗] (not )?polite {2}[✓✗] (right|wrong)$/gm)).toHaveLength(9);
    const score = (title: string) =>
      Number(new RegExp(`^${title} .* (\\d+) %$`, 'm').exec(stdout)![1]);
    // What the demo is for: it has both, and neither of the two alone has.
    expect(score('large, steered')).toBeGreaterThan(80);
    expect(score('large, untouched')).toBeLessThan(20);
    expect(score('small tuned expert')).toBeLessThan(40);
    expect(stdout).toMatch(/^large, steered +[\d.,]+ +\d+\.\d\d ×$/m);
    expect(stdout).toMatch(/npx trimtab explain recipes\/atlas-chat\.yaml '/);
  });
});
