import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { Webhook } from 'standardwebhooks';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createForwarder } from '../../src/forwarder/index.js';
import { decodeNotification } from '../../src/listener/index.js';
import { AmqpProbe } from '../support/amqp-probe.js';
import { CliProcess } from '../support/cli-process.js';
import { temporaryDirectory } from '../support/forwarding.js';
import { until } from '../support/listening.js';
import { isOsloPossible } from '../support/oslo-listener.js';
import { sendByOslo } from '../support/oslo-notifier.js';
import { sharedBroker } from '../support/rabbit-fixture.js';
import { type BrokerAccess, createVhost } from '../support/rabbitmq.js';
import { RecordingReporter } from '../support/recorded.js';

const FILE = fileURLToPath(new URL('../../examples/openstack-bridge/forward.yaml', import.meta.url));
const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';

const environment = (more: Record<string, string>) => ({
  BROKER_URL: 'amqp://127.0.0.1:1',
  WEBHOOK_URL: 'http://127.0.0.1:1/hook',
  WEBHOOK_SECRET: SECRET,
  ZAQAR_URL: 'http://127.0.0.1:1',
  HTTP_PORT: '0',
  ...more,
});

/** A receiver that takes what is rightly signed, and can be told to take nothing. */
async function receiver() {
  const taken = new Map<string, number>();
  const state = { takes: true, refused: 0 };
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    try {
      if (!state.takes) throw new Error('it takes nothing');
      new Webhook(SECRET).verify(body, request.headers as Record<string, string>);
      const decoded = decodeNotification(body);
      if ('reason' in decoded) throw new Error(decoded.reason);
      const { messageId } = decoded.notification;
      taken.set(messageId, (taken.get(messageId) ?? 0) + 1);
      response.writeHead(204).end();
    } catch {
      state.refused += 1;
      response.writeHead(503).end();
    }
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { taken, state, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook` };
}

describe('examples/openstack-bridge', () => {
  it('has a valid file', async () => {
    const env = environment({ SPOOL_DIR: temporaryDirectory() });
    const forwarder = await createForwarder(FILE, env, new RecordingReporter());
    expect(Object.keys(forwarder.stats().sinks)).toEqual(['hook', 'board']);
    await forwarder.stop({ timeoutMs: 0 });
  });

  it.skipIf(!isOsloPossible())(
    'brings what a Python notifier tells to a signed webhook, killed in between',
    async () => {
      const [hook, url] = [await receiver(), await createVhost(sharedBroker() as BrokerAccess)];
      const env = environment({
        BROKER_URL: url,
        WEBHOOK_URL: hook.url,
        SPOOL_DIR: temporaryDirectory(),
        TOPICS: 'notifications',
      });
      const run = async () => {
        const bridge = new CliProcess(['forward', '-c', FILE, '--drain', '2000'], env);
        await bridge.says(/"message":"forwarding"/);
        return bridge;
      };
      const send = (type: string, count: number) =>
        sendByOslo(
          { url, topic: 'notifications', exchange: 'openstack', driver: 'messagingv2' },
          Array.from({ length: count }, (_, n) => ({
            priority: n % 10 === 0 ? 'error' : 'info',
            context: { request_id: `req-${n}`, user_name: 'alice', auth_token: 'secret' },
            publisher_id: 'image.localhost',
            event_type: type,
            payload: { id: `${type}-${n}`, locations: ['file:///secret'] },
          })),
        );
      let bridge = await run();
      await send('image.upload', 40);
      await until(() => hook.taken.size === 40);
      hook.state.takes = false;
      await send('image.activate', 40);
      await until(() => hook.state.refused > 0);
      await bridge.kill('SIGKILL');
      await send('compute.instance.create.end', 20);
      hook.state.takes = true;
      bridge = await run();
      await send('image.exists', 5);
      await until(() => hook.taken.size === 100);
      expect(await bridge.kill('SIGTERM')).toBe(0);
      const probe = await AmqpProbe.open(url);
      onTestFinished(() => probe.close());
      expect((await probe.channel.checkQueue('openstack-bridge')).messageCount).toBe(0);
      // The pool is a copy: the publishers' own queues have everything still.
      expect((await probe.channel.checkQueue('notifications.info')).messageCount).toBeGreaterThan(90);
    },
  );
});
