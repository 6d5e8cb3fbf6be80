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
const folder = mkdtempSync(join(tmpdir(), 'tidings-client-certificate-'));
const file = (name: string) => readFileSync(join(folder, name));

/** Certificates that vouch for themselves; false where there is no openssl to make them. */
function madeCertificates(): boolean {
  try {
    for (const name of ['server', 'client']) {
      const subject = ['-subj', `/CN=${name}`, '-addext', 'subjectAltName=DNS:localhost', '-days', '2'];
      const files = ['-keyout', join(folder, `${name}.key`), '-out', join(folder, `${name}.pem`)];
      const args = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', ...subject, ...files];
      execFileSync('openssl', args, { stdio: 'ignore' });
    }
    return true;
  } catch {
    return false;
  }
}

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.skipIf(access === undefined || !madeCertificates())('a broker that asks for a client certificate', () => {
  let server: Server;
  let url: string;

  beforeAll(async () => {
    const broker = new URL(access?.url ?? 'amqp://none');
    const asks = { ca: file('client.pem'), requestCert: true, rejectUnauthorized: true };
    server = createServer({ key: file('server.key'), cert: file('server.pem'), ...asks }, (client) => {
      const plain = connectSocket(Number(broker.port || 5672), broker.hostname);
      client.on('error', () => plain.destroy()).pipe(plain);
      plain.on('error', () => client.destroy()).pipe(client);
    }).listen(0, '127.0.0.1');
    server.on('tlsClientError', () => undefined);
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    url = `amqps://${broker.username}:${broker.password}@localhost:${port}${broker.pathname}`;
  });
  afterAll(() => server.close());

  test('gets the one that was given', async () => {
    const tls = { ca: file('server.pem'), cert: file('client.pem'), key: file('client.key') };
    const driver = new RabbitDriver({ url, tls });
    await driver.open(new RecordingHost());
    expect(await driver.deliver([outgoing([uniqueName('topic')])])).toBeUndefined();
    await driver.close();
  });

  test('and gets none: an error that says what to look at', async () => {
    const driver = new RabbitDriver({ url, tls: { ca: file('server.pem') } });
    await expect(driver.open(new RecordingHost())).rejects.toMatchObject({
      code: 'DELIVERY_FAILED',
      message: expect.stringMatching(/certificate/),
    });
    await driver.close();
  });
});
