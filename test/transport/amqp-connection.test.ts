import { describe, expect, test } from 'vitest';
import { AmqpConnection } from '../../src/transport/amqp/amqp-connection.js';
import { uniqueName } from '../support/amqp-probe.js';
import { sharedBroker } from '../support/rabbit-fixture.js';
import { ctl } from '../support/rabbitmq.js';
import { TcpProxy } from '../support/tcp-proxy.js';

const access = sharedBroker();

describe.skipIf(access === undefined)('an AMQP connection', () => {
  const url = access?.url ?? '';

  test('tells once that it is lost, with the cause', async () => {
    const proxy = await TcpProxy.open(url);
    const causes: Error[] = [];
    const connection = await AmqpConnection.open({
      urls: [proxy.urlFor(url)],
      connectionName: 'test',
      lost: (cause) => causes.push(cause),
    });
    const channel = await connection.openChannel();
    const closed = new Promise((resolve) => channel.once('close', resolve));
    proxy.cut();
    await closed;
    await connection.close();
    expect(causes).toEqual([expect.objectContaining({ message: expect.stringMatching(/the connection was lost/) })]);
    expect(connection.isClosed).toBe(true);
    await expect(connection.openChannel()).rejects.toThrow();
    proxy.close();
  });

  test('tells nothing when it is closed, and is closed once', async () => {
    const causes: Error[] = [];
    const connection = await AmqpConnection.open({
      urls: [url],
      connectionName: 'test',
      lost: (one) => causes.push(one),
    });
    await Promise.all([connection.close(), connection.close()]);
    await connection.close();
    expect(causes).toEqual([]);
  });

  test('an error of a channel without a listener ends nothing', async () => {
    const connection = await AmqpConnection.open({ urls: [url], connectionName: 'test' });
    const channel = await connection.openChannel();
    await expect(channel.checkQueue(uniqueName('missing'))).rejects.toMatchObject({ code: 404 });
    await (await connection.openChannel()).close();
    await connection.close();
  });

  test.skipIf(access?.ctl === undefined)('has a name at the broker, and the heartbeat that was asked for', async () => {
    const connectionName = uniqueName('connection');
    const connection = await AmqpConnection.open({ urls: [url], connectionName, heartbeatMs: 7_000 });
    const rows = await ctl(access as NonNullable<typeof access>, 'list_connections', 'client_properties', 'timeout');
    expect(rows).toMatch(new RegExp(`"${connectionName}".*\\t7$`, 'm'));
    await connection.close();
  });

  test.skipIf(access?.ctl === undefined)('takes a password and a virtual host with any characters', async () => {
    const admin = access as NonNullable<typeof access>;
    const [user, password, vhost] = [uniqueName('üser'), 'p@ss/w:ö%20rd', uniqueName('a/b ü')];
    await ctl(admin, 'add_user', user, password);
    await ctl(admin, 'add_vhost', vhost);
    await ctl(admin, 'set_permissions', '-p', vhost, user, '.*', '.*', '.*');
    const login = `${encodeURIComponent(user)}:${encodeURIComponent(password)}`;
    const connection = await AmqpConnection.open({
      urls: [`${url.replace('guest:guest', login)}/${encodeURIComponent(vhost)}`],
      connectionName: 'test',
    });
    expect(connection.address).toContain(`${encodeURIComponent(user)}@`);
    await connection.close();
  });
});
