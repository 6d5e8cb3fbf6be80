import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A certificate with its key, PEM. */
export interface Certificate {
  readonly cert: Buffer;
  readonly key: Buffer;
}

/** Certificates for `localhost` by their names, signed by one authority; undefined where there is no openssl. */
export function madeCertificates(
  ...names: readonly string[]
): { ca: Buffer; of(name: string): Certificate } | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'tidings-certificates-'));
  const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: folder, stdio: 'ignore' });
  const read = (name: string) => readFileSync(join(folder, name));
  try {
    const request = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2'];
    openssl(...request, '-subj', '/CN=authority', '-keyout', 'ca.key', '-out', 'ca.pem');
    for (const name of names) {
      const signed = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-addext', 'subjectAltName=DNS:localhost'];
      const leaf = ['-addext', 'basicConstraints=critical,CA:FALSE'];
      openssl(...request, '-subj', `/CN=${name}`, ...signed, ...leaf, '-keyout', `${name}.key`, '-out', `${name}.pem`);
    }
    const made = new Map(names.map((name) => [name, { cert: read(`${name}.pem`), key: read(`${name}.key`) }]));
    return { ca: read('ca.pem'), of: (name) => made.get(name) as Certificate };
  } catch {
    return undefined;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
