import { execFile } from 'node:child_process';
import path from 'node:path';

interface Report {
  readonly diagnostics: readonly { readonly message: string; readonly code: string }[];
}

/**
 * What types and lint of `npm run check` find in one file: a type's fault before a rule's, or null. Of a fault
 * that only other files show, nothing is said.
 */
export async function staticFault(root: string, file: string): Promise<string | null> {
  const report = await lint(root, file);
  const faults = report.diagnostics.map(({ code, message }) => `${code}: ${message}`);
  return faults.find((fault) => fault.startsWith('typescript(TS')) ?? faults[0] ?? null;
}

function lint(root: string, file: string): Promise<Report> {
  const oxlint = path.join(root, 'node_modules/.bin/oxlint');
  const args = ['--type-aware', '--type-check', '--deny-warnings', '--format', 'json', file];
  return new Promise((resolve, reject) => {
    execFile(oxlint, args, { cwd: root, maxBuffer: 2 ** 24 }, (error, stdout) => {
      try {
        resolve(JSON.parse(stdout) as Report);
      } catch {
        reject(new Error(`oxlint says no JSON of ${file}: ${stdout}`, { cause: error }));
      }
    });
  });
}
