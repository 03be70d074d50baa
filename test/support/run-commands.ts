// A process that runs command lines, given as JSON, one after the other, and prints how each ended.
import { trimtab, type Ended } from './command.ts';

const ended: Ended[] = [];
for (const args of JSON.parse(process.argv[2]!) as string[][]) ended.push(await trimtab(args));
process.stdout.write(JSON.stringify(ended));
