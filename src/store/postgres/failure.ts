import { StoreError, type StoreFailure } from '../../spec/index.ts';

/** By the first two characters of an SQLSTATE, or the whole of it. @see PostgreSQL, appendix A */
const stateFailures: Readonly<Record<string, StoreFailure>> = {
  '08': 'unavailable',
  '28': 'unavailable', // who asks is not let in
  '3D': 'unavailable', // no such database
  '42501': 'read-only', // no right to write or to create
  '53': 'unavailable', // too many connections, no memory
  '53100': 'full',
  '57': 'unavailable', // it is stopping or starting
  '25006': 'read-only',
  XX: 'corrupt',
};

const remedies: Readonly<Record<StoreFailure, string>> = {
  full: "The database's disk is full: free some space.",
  'read-only':
    'Let the user of the URL create and change tables there, on a server that takes writes.',
  corrupt: 'Put a backup of it back.',
  locked: 'Try again.',
  newer: 'Install that version or a later one.',
  unavailable: 'Check that it runs, its address, its user and its password; then try again.',
  other: "Look at the database's log.",
};

/** Errors of Node's sockets, and of pg where it has no code. */
const lostConnection =
  /^(E(?:CONNREFUSED|CONNRESET|NOTFOUND|AI_AGAIN|TIMEDOUT|PIPE|HOSTUNREACH|NETUNREACH|NOENT|ACCES))$/;
const lostWords =
  /connection terminated|not queryable|timeout (?:exceeded|expired)|connection error/i;

/** An error of pg, in a store's words. Its message never has the password. */
export function toPostgresError(error: unknown, name: string, doing: string): StoreError {
  if (error instanceof StoreError) return error;
  const what = `${doing} failed: ${messageOf(error)}`;
  return postgresError(failureOf(error), name, what, error);
}

export function postgresError(
  reason: StoreFailure,
  name: string,
  what: string,
  cause?: unknown,
): StoreError {
  const context = cause === undefined ? {} : { cause };
  return new StoreError(
    reason,
    `${name}: ${what.replace(/\.$/, '')}. ${remedies[reason]}`,
    context,
  );
}

export function failureOf(error: unknown): StoreFailure {
  const { code = '', message = '' } = error as { code?: string; message?: string };
  if (lostConnection.test(code) || lostWords.test(message)) return 'unavailable';
  return stateFailures[code] ?? stateFailures[code.slice(0, 2)] ?? 'other';
}

function messageOf(error: unknown): string {
  // Of a name with several addresses, each of which failed.
  const [first] = error instanceof AggregateError ? (error.errors as unknown[]) : [error];
  return first instanceof Error ? first.message : String(first);
}
