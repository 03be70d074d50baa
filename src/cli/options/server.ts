import type { Command } from 'commander';

/** Flags of {@link addServerOptions}, as commander parses them. */
export interface ServerFlags {
  readonly url?: string;
  readonly key?: string;
}

/** Where `trimtab serve` listens and its clients look, unless told otherwise. */
export const defaultPort = 8080;
export const defaultUrl = `http://127.0.0.1:${defaultPort}`;

/** Holds the key of a server, so that it need not be on a command line that others can see. */
export const keyVariable = 'TRIMTAB_KEY';

/** The flags that name a running server. */
export function addServerOptions(command: Command, url: string): Command {
  return command
    .optionsGroup('Server:')
    .option('--url <url>', url)
    .option('--key <key>', `the server's key (default: the environment's ${keyVariable})`);
}
