import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, onTestFinished, test } from 'vitest';
import type { Amqp1Options } from '../../src/drivers/amqp1/index.js';
import { outgoing, RecordingHost } from '../support/amqp-probe.js';
import { amqp1Driver, closeDriversAfterEach, openWithPeer } from '../support/amqp1-fixture.js';
import { Amqp1Peer, isPeerPossible } from '../support/amqp1-peer.js';

closeDriversAfterEach();

const folder = mkdtempSync(join(tmpdir(), 'tidings-amqp1-tls-'));
const at = (name: string) => join(folder, name);
const file = (name: string) => readFileSync(at(name));
const openssl = (...args: string[]) => execFileSync('openssl', args, { stdio: 'ignore' });

/** An authority, and what it has signed for a server and a client; false where there is no openssl. */
function madeCertificates(): boolean {
  try {
    openssl(
      'req',
      '-x509',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-subj',
      '/CN=authority',
      '-days',
      '2',
      '-keyout',
      at('ca.key'),
      '-out',
      at('ca.pem'),
    );
    for (const name of ['server', 'client']) {
      writeFileSync(at(`${name}.ext`), 'subjectAltName=DNS:localhost\n');
      openssl(
        'req',
        '-newkey',
        'rsa:2048',
        '-nodes',
        '-subj',
        `/CN=${name}`,
        '-keyout',
        at(`${name}.key`),
        '-out',
        at(`${name}.csr`),
      );
      const signed = [
        '-CA',
        at('ca.pem'),
        '-CAkey',
        at('ca.key'),
        '-CAcreateserial',
        '-days',
        '2',
        '-extfile',
        at(`${name}.ext`),
      ];
      openssl('x509', '-req', '-in', at(`${name}.csr`), '-out', at(`${name}.pem`), ...signed);
    }
    return true;
  } catch {
    return false;
  }
}

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.skipIf(!isPeerPossible() || !madeCertificates())('AMQP 1.0 over TLS', () => {
  const server = { cert: at('server.pem'), key: at('server.key') };

  async function failureOf(options: Amqp1Options): Promise<unknown> {
    return amqp1Driver({ connectTimeout: '5s', ...options })
      .open(new RecordingHost())
      .then(
        () => 'it opened',
        (error) => error.message,
      );
  }

  test('with the authority that was given', async () => {
    const { peer, driver } = await openWithPeer({ tls: { ca: file('ca.pem') } }, server);
    expect(await driver.deliver([outgoing(['notifications'])])).toBeUndefined();
    expect(peer.of('connection')).toMatchObject([{ mechanism: 'ANONYMOUS' }]);
  });

  test('a certificate that nobody vouches for, and one for another host', async () => {
    const peer = await Amqp1Peer.start(server);
    onTestFinished(() => peer.stop());
    expect(await failureOf({ url: peer.url })).toMatch(
      /certificate is not accepted \((UNABLE_TO|SELF_SIGNED).*tls\.ca/,
    );
    const url = peer.url.replace('localhost', '127.0.0.1');
    expect(await failureOf({ url, tls: { ca: file('ca.pem') } })).toMatch(/ALTNAME_INVALID.*tls\.servername/);
  });

  test('a client that is known by its certificate', async () => {
    const tls = { ca: file('ca.pem'), cert: file('client.pem'), key: file('client.key') };
    const { peer, driver } = await openWithPeer({ tls }, { ...server, clientCa: at('ca.pem') });
    expect(await driver.deliver([outgoing(['notifications'])])).toBeUndefined();
    expect(peer.of('connection')).toMatchObject([{ mechanism: 'EXTERNAL' }]);
  });

  test('a certificate that is asked for and not there', async () => {
    const peer = await Amqp1Peer.start({ ...server, clientCa: at('ca.pem') });
    onTestFinished(() => peer.stop());
    expect(await failureOf({ url: peer.url, tls: { ca: file('ca.pem') } })).toMatch(
      /^the broker at amqps:.*(certificate|lost)/,
    );
  });
});
