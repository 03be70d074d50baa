import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { startBaseServer, type BaseServer } from '../../test/support/base-server.ts';
import { byteVocabulary } from '../../test/support/byte-vocabulary.ts';
import { chaoticLogits } from '../../test/support/fake-model/chaotic-logits.ts';
import type { ServerSource } from '../spec/index.ts';
import { connectModel } from './index.ts';

const hasOpenssl = spawnSync('openssl', ['version']).status === 0;
if (!hasOpenssl) console.log('Skipped: a base over https: there is no openssl.');

const vocabulary = byteVocabulary();
const logits = chaoticLogits(vocabulary, { salt: 5 });

let folder: string;
const at = (name: string) => path.join(folder, name);

/** An authority, or with `by` a server of 127.0.0.1 that it certifies: `NAME.pem` and `NAME.key`. */
function certify(name: string, by?: string): void {
  const run = (words: string) => execFileSync('openssl', words.split(' '), { stdio: 'pipe' });
  const fresh = `-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ${at(name)}.key -subj /CN=${name}`;
  if (by === undefined) {
    run(
      `req -x509 ${fresh} -out ${at(name)}.pem -days 2 -addext basicConstraints=critical,CA:TRUE`,
    );
    return;
  }
  run(`req -new ${fresh} -out ${at(name)}.csr -addext subjectAltName=IP:127.0.0.1`);
  run(
    `x509 -req -in ${at(name)}.csr -CA ${at(by)}.pem -CAkey ${at(by)}.key -CAcreateserial -copy_extensions copyall ` +
      `-out ${at(name)}.pem -days 2`,
  );
}

describe.skipIf(!hasOpenssl)('a base over https', () => {
  let server: BaseServer;
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'trimtab-ca-'));
    certify('ours');
    certify('others');
    certify('server', 'ours');
    const [key, cert] = await Promise.all(
      ['server.key', 'server.pem'].map((name) => readFile(at(name), 'utf8')),
    );
    const secure = { key: key!, cert: cert! };
    server = await startBaseServer({ kind: 'vllm', vocabulary, logits, key: 'secret', secure });
  });
  afterAll(async () => {
    await server[Symbol.asyncDispose]();
    await rm(folder, { recursive: true });
  });

  async function connect(caFile: string | null): Promise<readonly string[]> {
    const source: ServerSource = {
      kind: 'server',
      url: server.url,
      server: 'vllm',
      model: null,
      keyEnv: 'BASE_KEY',
      caFile,
      tokenizer: 'small',
      maxLogprobs: null,
      maxRequests: 4,
      timeoutMs: 5000,
      isPrivate: false,
      sayable: null,
    };
    const lender = { vocabulary, chatTemplate: null, trainedContextLength: 512 };
    using model = await connectModel(source, lender, { environment: { BASE_KEY: 'secret' } });
    return model.warnings;
  }

  it('is trusted by the certificate of its authority, also beside others', async () => {
    expect(server.url).toMatch(/^https:/);
    expect(await connect(at('ours.pem'))).toEqual([]);
    const both = ['others.pem', 'ours.pem'].map((name) => readFile(at(name), 'utf8'));
    await writeFile(at('both.pem'), (await Promise.all(both)).join(''));
    expect(await connect(at('both.pem'))).toEqual([]);
  });

  it('is shown nothing, no key either, without that', async () => {
    const before = server.heard.length;
    for (const caFile of [null, at('others.pem')]) {
      await expect(connect(caFile)).rejects.toMatchObject({
        code: 'remote_model_failed',
        reason: 'unavailable',
        message: expect.stringMatching(/UNABLE_TO_|SELF_SIGNED|CERT/),
      });
    }
    expect(server.heard).toHaveLength(before);
  });

  it.each([
    ['there is none', 'missing.pem', /cannot be read/],
    ['it has none', 'server.key', /has no certificate in PEM/],
  ])('names the file of certificates where %s', async (_, name, message) => {
    await expect(connect(at(name))).rejects.toThrow(message);
  });
});
