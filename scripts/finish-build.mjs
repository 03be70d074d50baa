// After `tsc`: the command must be executable where npm does not see to it (a clone, `npm link`).
import { chmod } from 'node:fs/promises';

await chmod(new URL('../dist/cli/main.js', import.meta.url), 0o755);
