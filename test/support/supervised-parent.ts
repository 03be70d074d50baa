// A program of its own, for test/models/service.test.ts: serves a recipe in a child and says what it sees.
import { readFile } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';

import type * as host from '../../src/service/index.ts';
import { question, shippedRecipes } from './atlas-requests.ts';
import { builtFile } from './built.ts';

const built = pathToFileURL(builtFile('service/index.js'));
const { createSupervisedService } = (await import(built.href)) as typeof host;

const service = await createSupervisedService({ recipes: shippedRecipes });
const { text } = await service.stream(question).result;
const maps = await readFile('/proc/self/maps', 'utf8').catch(() => '');
const native = maps.match(/\S*(?:llama|ggml|koffi)\S*/g) ?? [];
const { enginePid } = service.status;
process.stdout.write(`${JSON.stringify({ text, native, enginePid })}\n`);
// Its child keeps it alive until the test ends it.
