// npm run check: what is static and the unit tests beside each other. A part is printed when it is done.
import { spawn } from 'node:child_process';

/** One after the other, in each row. */
const rows = [['check:format', 'check:lint', 'check:layers', 'check:dead'], ['test:quick']];

/** @returns {Promise<{ name: string, isGreen: boolean }>} */
function run(name) {
  const began = performance.now();
  const part = spawn('npm', ['run', '--silent', name], {
    env: { FORCE_COLOR: process.stdout.isTTY ? '1' : '0', ...process.env, TRIMTAB_TESTS: 'quick' },
    stdio: ['ignore', 'pipe', 'pipe'],
    shell: process.platform === 'win32',
  });
  const printed = [];
  for (const stream of [part.stdout, part.stderr]) stream.on('data', (text) => printed.push(text));
  return new Promise((resolve) => {
    const end = (isGreen) => {
      const seconds = ((performance.now() - began) / 1000).toFixed(1);
      console.log(`== ${name}: ${isGreen ? 'passed' : 'FAILED'} (${seconds} s)`);
      process.stdout.write(Buffer.concat(printed));
      resolve({ name, isGreen });
    };
    part.on('error', (error) => {
      printed.push(Buffer.from(`${error.message}\n`));
      end(false);
    });
    part.on('close', (code) => end(code === 0));
  });
}

const parts = await Promise.all(
  rows.map(async (names) => {
    const done = [];
    for (const name of names) done.push(await run(name));
    return done;
  }),
);
const failed = parts.flat().filter(({ isGreen }) => !isGreen);
if (failed.length > 0) {
  console.log(`Failed: ${failed.map(({ name }) => name).join(', ')}`);
  process.exitCode = 1;
}
