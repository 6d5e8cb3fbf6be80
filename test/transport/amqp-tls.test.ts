import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect as connectSocket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer, type Server } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { RabbitDriver } from '../../src/drivers/rabbit/index.js';
import { outgoing, RecordingHost, uniqueName } from '../support/amqp-probe.js';
import { sharedBroker } from '../support/rabbit-fixture.js';

const access = sharedBroker();
const folder = mkdtempSync(join(tmpdir(), 'tidings-tls-'));
const at = (name: string) => join(folder, name);

/** A certificate for `localhost` that nobody has signed; false where there is no openssl to make it. */
function madeCertificate(): boolean {
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost', '-days', '2'];
  const files = ['-keyout', at('key.pem'), '-out', at('cert.pem')];
  try {
    execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', ...subject, ...files], {
      stdio: 'ignore',
    });
    return true;
  } catch {
    return false;
  }
}

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.skipIf(access === undefined || !madeCertificate())('amqps', () => {
  let server: Server;
  let port: number;
  const broker = new URL(access?.url ?? 'amqp://none');

  beforeAll(async () => {
    server = createServer({ key: readFileSync(at('key.pem')), cert: readFileSync(at('cert.pem')) }, (client) => {
      const plain = connectSocket(Number(broker.port || 5672), broker.hostname);
      client.on('error', () => plain.destroy()).pipe(plain);
      plain.on('error', () => client.destroy()).pipe(client);
    }).listen(0, '127.0.0.1');
    server.on('tlsClientError', () => undefined);
    await once(server, 'listening');
    ({ port } = server.address() as { port: number });
  });
  afterAll(() => server.close());

  const url = (host: string, name = 'guest') => `amqps://${name}:${broker.password}@${host}:${port}${broker.pathname}`;

  test('delivers over TLS with the authority that was given', async () => {
    const driver = new RabbitDriver({
      url: url('localhost', broker.username),
      tls: { ca: readFileSync(at('cert.pem')) },
    });
    await driver.open(new RecordingHost());
    expect(await driver.deliver([outgoing([uniqueName('topic')])])).toBeUndefined();
    await driver.close();
  });

  test('a certificate that nobody vouches for', async () => {
    const driver = new RabbitDriver({ url: url('localhost') });
    await expect(driver.open(new RecordingHost())).rejects.toThrow(/certificate is not accepted \(DEPTH_ZERO.*tls\.ca/);
    await driver.close();
  });

  test('a certificate for another host', async () => {
    const driver = new RabbitDriver({ url: url('127.0.0.1'), tls: { ca: readFileSync(at('cert.pem')) } });
    await expect(driver.open(new RecordingHost())).rejects.toThrow(/ERR_TLS_CERT_ALTNAME_INVALID.*tls\.servername/);
    await driver.close();
  });
});
