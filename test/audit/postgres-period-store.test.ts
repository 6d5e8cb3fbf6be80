import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { postgresPeriodStore } from '../../src/audit/index.js';
import { PrivatePostgres, postgresPrograms } from '../support/private-postgres.js';
import { day, testPeriodStore } from './period-store-conformance.js';

const programs = await postgresPrograms();

describe.skipIf(programs === undefined)('on PostgreSQL', () => {
  let server: PrivatePostgres;
  let pool: pg.Pool;
  beforeAll(async () => {
    server = await PrivatePostgres.start(programs as string);
    pool = new pg.Pool({ connectionString: server.url });
    pool.on('error', () => {});
  });
  afterAll(async () => {
    await pool?.end();
    await server?.stop();
  });

  testPeriodStore(async () => [postgresPeriodStore({ url: server.url }), postgresPeriodStore({ pool })]);

  it('loses the lock with the connection, and another takes it over', async () => {
    const table = 'public.others';
    const [store, other] = [postgresPeriodStore({ url: server.url, table }), postgresPeriodStore({ pool, table })];
    const lock = await store.acquire('image.exists day');
    expect(await other.acquire('image.exists day')).toBeUndefined();
    const { rows } = await pool.query("SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted");
    await pool.query('SELECT pg_terminate_backend($1)', [rows[0].pid]);
    await new Promise((resolve) => {
      if (lock?.lost.aborted) resolve(undefined);
      else lock?.lost.addEventListener('abort', resolve);
    });
    await expect(lock?.record(day(0))).rejects.toThrow('the connection to PostgreSQL is lost');
    await lock?.release();
    const follower = await other.acquire('image.exists day');
    expect(await follower?.last()).toBeUndefined();
    await follower?.release();
    await store.close?.();
  });

  it('gives back its connections', async () => {
    const store = postgresPeriodStore({ pool });
    for (let round = 0; round < 25; round += 1) {
      const lock = await store.acquire('again');
      expect(await store.acquire('again')).toBeUndefined();
      await lock?.release();
    }
    expect(pool.idleCount).toBe(pool.totalCount);
  });

  it('says what is wrong without the password', async () => {
    const wrong = server.url.replace('tidings:', 'nobody:');
    const error = await postgresPeriodStore({ url: wrong })
      .acquire('a')
      .then(() => undefined, String);
    expect(error).toContain('nobody');
    expect(error).not.toContain('not-in-any-output');
  });
});

it.each([
  [{}, /^url or pool is needed/],
  [{ url: 'mysql://root:hunter2@db' }, /^url is no URL of PostgreSQL/],
  [{ pool: {} as never }, /^pool is/],
  [{ url: 'postgres://db', table: 'a; DROP TABLE b' }, /^table is "a; DROP TABLE b"/],
  [{ uri: 'postgres://db' } as never, /^uri is not an option/],
])('refuses %j', (options, message) => {
  expect(() => postgresPeriodStore(options)).toThrow(message);
  expect(() => postgresPeriodStore(options)).not.toThrow('hunter2');
});
