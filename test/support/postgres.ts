import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { chmod, chown, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A Postgres of a test: its own process, folder and port, on the loopback. */
export interface TestPostgres extends AsyncDisposable {
  /** Of the database `trimtab`, which a user of this name and the password `secret` owns. */
  readonly url: string;
  /** Of a new, empty database. */
  newDatabase(): Promise<string>;
  /** Ends it as a crash would, and starts it again. */
  restart(whileDown?: () => Promise<void>): Promise<void>;
  /** Ends it for good. */
  stop(): Promise<void>;
}

const debianFolder = '/usr/lib/postgresql';

/** Where Debian keeps the newest version's programs; `undefined` if there is none. */
function findPrograms(): string | undefined {
  const versions = existsSync(debianFolder) ? readdirSync(debianFolder) : [];
  const newest = versions.toSorted((a, b) => Number(b) - Number(a));
  return newest
    .map((version) => path.join(debianFolder, version, 'bin'))
    .find((folder) => existsSync(path.join(folder, 'initdb')));
}

const programs = findPrograms();

/** Why tests with Postgres cannot run here; `undefined` if they can. */
export const withoutPostgres =
  programs === undefined
    ? `there is no Postgres in ${debianFolder} (Debian: postgresql)`
    : undefined;

if (withoutPostgres !== undefined)
  console.log(`Tests with Postgres are skipped: ${withoutPostgres}.`);

/** Postgres refuses to run as root: then it runs as nobody. */
async function findUser(): Promise<{ uid: number; gid: number } | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const { stdout } = await run('id', ['-u', 'nobody']);
  const group = await run('id', ['-g', 'nobody']);
  return { uid: Number(stdout), gid: Number(group.stdout) };
}

/** Starts a Postgres in a new folder of temporary files. Only where {@link withoutPostgres} is undefined. */
export async function startPostgres(): Promise<TestPostgres> {
  const bin = programs!;
  const folder = await mkdtemp(path.join(tmpdir(), 'trimtab-postgres-'));
  const user = await findUser();
  await chmod(folder, 0o700);
  const data = path.join(folder, 'data');
  const secret = path.join(folder, 'secret');
  await writeFile(secret, 'secret\n');
  for (const owned of user === undefined ? [] : [folder, secret]) {
    await chown(owned, user!.uid, user!.gid);
  }
  const asUser = { ...user, cwd: folder, env: { PATH: process.env['PATH'] ?? '', LC_ALL: 'C' } };
  const init = ['-D', data, '-U', 'trimtab', '--pwfile', secret, '--auth', 'scram-sha-256'];
  await run(path.join(bin, 'initdb'), [...init, '--encoding', 'UTF8', '--no-sync'], asUser);
  const port = await freePort();
  const url = (database: string) => `postgres://trimtab:secret@127.0.0.1:${port}/${database}`;
  let server: ChildProcess;
  const start = async (): Promise<void> => {
    const settings = [
      'fsync=off', // a process that dies loses nothing by it, and starts sooner

      `port=${port}`,
      'listen_addresses=127.0.0.1',
      `unix_socket_directories=${folder}`,
    ];
    const flags = settings.flatMap((setting) => ['-c', setting]);
    server = spawn(path.join(bin, 'postgres'), ['-D', data, ...flags], {
      ...asUser,
      stdio: 'ignore',
    });
    for (;;) {
      const ready = run(path.join(bin, 'pg_isready'), ['-h', '127.0.0.1', '-p', String(port)]);
      if (
        await ready.then(
          () => true,
          () => false,
        )
      )
        return;
      if (server.exitCode !== null) throw new Error(`postgres ended with ${server.exitCode}.`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };
  const stop = async (): Promise<void> => {
    if (server.exitCode !== null) return;
    const ended = once(server, 'exit');
    server.kill('SIGQUIT'); // at once, as a crash would
    await ended;
  };
  const sql = (statement: string) =>
    run(
      path.join(bin, 'psql'),
      ['-h', '127.0.0.1', '-p', String(port), '-U', 'trimtab', '-d', 'postgres', '-c', statement],
      {
        env: { ...asUser.env, PGPASSWORD: 'secret' },
      },
    );
  await start();
  let databases = 0;
  const newDatabase = async () => {
    const name = `test_${(databases += 1)}`;
    await sql(`CREATE DATABASE ${name}`);
    return url(name);
  };
  await sql('CREATE DATABASE trimtab');
  return {
    url: url('trimtab'),
    newDatabase,
    stop,
    restart: async (whileDown) => {
      await stop();
      await whileDown?.();
      await start();
    },
    [Symbol.asyncDispose]: async () => {
      await stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}
