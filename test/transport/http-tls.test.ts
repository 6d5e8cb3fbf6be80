import { describe, expect, it } from 'vitest';
import { WebhookDriver, type WebhookOptions } from '../../src/drivers/webhook/index.js';
import { ZaqarDriver } from '../../src/drivers/zaqar/index.js';
import { madeCertificates } from '../support/certificates.js';
import { HttpServer } from '../support/http-server.js';
import { outgoing } from '../support/outgoing.js';
import { ZaqarServer } from '../support/zaqar-server.js';

const made = madeCertificates('server', 'client');

async function failureOf(options: WebhookOptions): Promise<Error> {
  const driver = new WebhookDriver(options);
  const outcome = await driver.deliver([outgoing()]).then(
    ([first]) => first,
    (error) => error,
  );
  await driver.close();
  return outcome as Error;
}

describe.skipIf(made === undefined)('https', () => {
  const { ca, of } = made as NonNullable<typeof made>;
  const asks = { ca, requestCert: true, rejectUnauthorized: true };

  it('with the authority that was given, for both drivers', async () => {
    const [server, zaqar] = [await HttpServer.start(() => 204, of('server')), await ZaqarServer.start(of('server'))];
    for (const driver of [
      new WebhookDriver({ url: server.url, tls: { ca } }),
      new ZaqarDriver({ url: zaqar.url, projectId: 'p-1', tls: { ca } }),
    ]) {
      expect(await driver.deliver([outgoing()])).toEqual([undefined]);
      await driver.close();
    }
    expect([server.received.length, zaqar.queue().length]).toEqual([1, 1]);
  });

  it('with a client certificate, for the endpoint that it was given for only', async () => {
    const server = await HttpServer.start(() => 204, { ...of('server'), ...asks });
    const driver = new WebhookDriver({ url: server.url, tls: { ca, ...of('client') } });
    expect(await driver.deliver([outgoing()])).toEqual([undefined]);
    await driver.close();
    const two = new WebhookDriver({
      endpoints: [
        { url: server.url, tls: { ca, ...of('client') } },
        { url: server.url, tls: { ca } },
      ],
    });
    expect(await two.deliver([outgoing()])).toEqual([expect.objectContaining({ code: 'DELIVERY_FAILED' })]);
    await two.close();
    expect(server.received).toHaveLength(2);
  });

  it('without the client certificate that is asked for: told what to look at', async () => {
    const server = await HttpServer.start(() => 204, { ...of('server'), ...asks });
    expect((await failureOf({ url: server.url, tls: { ca } })).message).toMatch(
      /TLS failed \(\S+\): it may ask for a client certificate|the connection was lost before an answer came/,
    );
  });

  it('a certificate that nobody vouches for', async () => {
    const server = await HttpServer.start(() => 204, of('server'));
    expect((await failureOf({ url: server.url })).message).toMatch(
      /certificate is not accepted \(UNABLE_TO_\w+\).*tls\.ca/,
    );
    expect(server.received).toEqual([]);
  });

  it('a certificate for another host, unless the name that it is for is given', async () => {
    const server = await HttpServer.start(() => 204, of('server'));
    const url = server.url.replace('localhost', '127.0.0.1');
    expect((await failureOf({ url, tls: { ca } })).message).toMatch(/ERR_TLS_CERT_ALTNAME_INVALID.*tls\.servername/);
    expect(await failureOf({ url, tls: { ca, servername: 'localhost' } })).toBeUndefined();
  });

  it('and http mixed up: each way says so', async () => {
    const [secure, plain] = [await HttpServer.start(() => 204, of('server')), await HttpServer.start()];
    expect((await failureOf({ url: plain.url.replace('http:', 'https:') })).message).toMatch(
      /TLS failed .*use http:\/\//,
    );
    const mistaken = await failureOf({ url: secure.url.replace('https:', 'http:').replace('localhost', '127.0.0.1') });
    expect(mistaken.message).toMatch(/the connection was lost|did not answer as an HTTP server/);
  });
});
