import { existsSync } from 'node:fs';

import { purposeNames, purposes, type Purpose } from '../../drafting/purposes.ts';
import type { Cli } from '../cli.ts';
import { UsageError } from '../failure.ts';
import { formatBytes } from '../render/numbers.ts';
import { askAtTerminal } from '../terminal-questions.ts';
import { modelsHere } from './models-here.ts';

/** Asks at the terminal what the recipe is for. @throws Interrupted */
export function askPurpose(cli: Cli): Promise<Purpose> {
  const options = purposeNames.map((value) => ({
    value,
    label: `${value}: ${purposes[value].summary}`,
  }));
  return askAtTerminal(cli, ({ select }, style) =>
    select<Purpose>({ message: 'What is it for?', options, ...style }),
  );
}

/** Asks at the terminal for the models. @throws UsageError if there are none; Interrupted */
export async function askModels(cli: Cli, purpose: Purpose): Promise<string[]> {
  const models = await modelsHere();
  if (models.length === 0) {
    throw new UsageError(
      'There are no models: no GGUF file is in this folder, and none of the hub in the cache. ' +
        'Fetch some (trimtab pull hf:owner/name), or name their files.',
    );
  }
  const { least, most } = purposes[purpose];
  const count = least === most ? `${least}` : `${least} to ${most}`;
  const options = models.map(({ place, bytes }) => ({
    value: place,
    label: cli.out.plain(place),
    hint: formatBytes(bytes),
  }));
  const message = `Which models (${count})? Space chooses, Enter goes on.`;
  return askAtTerminal(cli, ({ multiselect }, style) =>
    multiselect<string>({ message, options, required: true, ...style }),
  );
}

/** Asks at the terminal for a text. @throws Interrupted */
export function askText(
  cli: Cli,
  message: string,
  initialValue: string,
  faultOf: (text: string) => string | undefined = () => undefined,
): Promise<string> {
  const validate = (text: string | undefined): string | undefined =>
    text === undefined || text.trim() === '' ? 'Something must stand here.' : faultOf(text);
  return askAtTerminal(cli, ({ text }, style) =>
    text({ message, initialValue, validate, ...style }),
  );
}

/** Asks at the terminal for a file that is not there yet. @throws Interrupted */
export function askNewFile(cli: Cli, message: string, initialValue: string): Promise<string> {
  return askText(cli, message, initialValue, (file) =>
    existsSync(file) ? `${file} is there already: another name?` : undefined,
  );
}
