import { describe, expect, test } from 'vitest';
import { AmqpProbe, uniqueName } from '../support/amqp-probe.js';
import { isPrivateBrokerPossible } from '../support/broker-faults.js';
import { FaultRun, rounds } from '../support/fault-run.js';
import { sharedBroker } from '../support/rabbit-fixture.js';
import { type BrokerAccess, createVhost, ctl } from '../support/rabbitmq.js';

const EVERYTHING = ['.*', '.*', '.*'];
const NOTHING = ['^$', '^$', '^$'];
const WRITE_ONLY = ['^$', '.*', '^$'];

/** A virtual host and a user of the test's own. */
async function place(permissions: readonly string[] = EVERYTHING) {
  const access = sharedBroker() as BrokerAccess;
  const adminUrl = await createVhost(access);
  const vhost = new URL(adminUrl).pathname.slice(1);
  const user = uniqueName('user');
  await ctl(access, 'add_user', user, 'first-password');
  const permit = (allowed: readonly string[]) => ctl(access, 'set_permissions', '-p', vhost, user, ...allowed);
  await permit(permissions);
  return {
    vhost,
    user,
    permit,
    adminUrl,
    url: adminUrl.replace('guest:guest', `${user}:first-password`),
    admin: (...args: string[]) => ctl(access, ...args),
    /** What RabbitMQ has looked up for a channel it does not look up again, so a change needs a new connection. */
    disconnect: () => ctl(access, 'close_all_connections', '-p', vhost, 'maintenance'),
  };
}

describe.skipIf(!isPrivateBrokerPossible())('what is taken away and given back', { timeout: 120_000 }, () => {
  test('the virtual host: what is told while there is none arrives', async () => {
    const { vhost, user, url, adminUrl, permit, admin } = await place();
    const run = new FaultRun({ rabbit: { url } });
    for (let round = 0; round < rounds(1, 5); round += 1) {
      // Else what is confirmed would go with the virtual host.
      run.tell(200);
      await run.settle();
      await run.consume(adminUrl);
      await admin('delete_vhost', vhost);
      run.keepTelling();
      await run.tellsMore(200);
      await run.becomes('down');
      await run.until(() => run.said.includes(`refused the virtual host '${vhost}' to user '${user}'`));
      await admin('add_vhost', vhost);
      await admin('set_permissions', '-p', vhost, 'guest', ...EVERYTHING);
      await permit(EVERYTHING);
      await run.deliversMore(200);
      await run.settle();
    }
    await run.end(adminUrl);
  });

  test('the permissions: what cannot be published waits, the operator is told, no password is', async () => {
    const { user, url, adminUrl, permit, disconnect } = await place();
    const run = new FaultRun({ rabbit: { url } });
    run.keepTelling();
    for (let round = 0; round < rounds(1, 5); round += 1) {
      await run.deliversMore(50);
      await permit(NOTHING);
      await disconnect();
      await run.until(() => run.account.retried > 0 && run.health.status === 'down');
      const { delivered } = run.account;
      await run.tellsMore(200);
      expect(run.account.delivered).toBe(delivered);
      await permit(EVERYTHING);
      await run.deliversMore(200);
    }
    expect(run.said).toMatch(new RegExp(`access to exchange.*give the user the permission .*'${user}'`));
    expect(run.said).not.toContain('first-password');
    await run.end(adminUrl);
  });

  test('everything but the right to write: it writes to what an operator has declared', async () => {
    const { url, adminUrl } = await place(WRITE_ONLY);
    const probe = await AmqpProbe.open(adminUrl);
    const topic = uniqueName('topic');
    await probe.channel.assertExchange('tidings', 'topic');
    await probe.channel.assertQueue('for-the-operator');
    await probe.channel.bindQueue('for-the-operator', 'tidings', `${topic}.*`);
    await probe.close();
    const run = new FaultRun({ rabbit: { url }, topic, queue: 'for-the-operator' });
    run.keepTelling();
    await run.deliversMore(200);
    expect(run.said).toMatch(/cannot declare the queue .*, publishing goes on: .*set_permissions/);
    await run.end(adminUrl, { mayRepeat: false });
  });

  test('a wrong password, then the right one: the function is asked again', async () => {
    const { url, adminUrl } = await place();
    let password = 'wrong-password';
    let asked = 0;
    const run = new FaultRun({
      rabbit: {
        url: async () => {
          asked += 1;
          return url.replace('first-password', password);
        },
      },
    });
    run.keepTelling();
    await run.until(() => asked >= 3);
    await run.becomes('down');
    expect(run.health.reason).toMatch(/refused the login of user/);
    expect(run.account.delivered).toBe(0);
    password = 'first-password';
    await run.deliversMore(100);
    expect(run.said).not.toMatch(/(wrong|first)-password/);
    await run.end(adminUrl, { mayRepeat: false });
  });

  test('a password that is changed while it runs', async () => {
    const { user, url, adminUrl, admin, disconnect } = await place();
    let [password, isVaultDown] = ['first-password', false];
    const run = new FaultRun({
      rabbit: {
        url: () => {
          if (isVaultDown) throw new Error(`no answer for ${password}`);
          return url.replace('first-password', password);
        },
      },
    });
    run.keepTelling();
    for (let round = 0; round < rounds(1, 5); round += 1) {
      await run.deliversMore(50);
      await admin('change_password', user, `password-${round}`);
      await disconnect();
      await run.until(() => /refused the login/.test(run.health.reason ?? ''));
      isVaultDown = true;
      await run.until(() => /function rabbit\.url failed/.test(run.health.reason ?? ''));
      [password, isVaultDown] = [`password-${round}`, false];
      await run.deliversMore(100);
    }
    expect(run.said).not.toMatch(/first-password|password-0/);
    await run.end(adminUrl);
  });
});
