import { knownKeys, shown } from '../notification/configuration.js';
import { ConfigurationError } from '../notification/errors.js';
import { loadOptionalPackage } from '../notification/optional-package.js';
import type { AuditPeriod } from './audit-period.js';
import type { PeriodLock, PeriodStore, ToldPeriod } from './period-store.js';
import { readTime } from './utc-text.js';

/** What the store needs of a connection; a client of the package `pg` is one. */
export interface PostgresClient {
  query(text: string, values?: readonly unknown[]): Promise<{ readonly rows: readonly Record<string, unknown>[] }>;
  on(event: 'error' | 'end', listener: (error?: Error) => void): unknown;
  removeListener(event: 'error' | 'end', listener: (error?: Error) => void): unknown;
  /** `true` closes the connection instead of keeping it for others. */
  release(destroy?: boolean): void;
}

/** A `Pool` of the package `pg` is one. */
export interface PostgresPool {
  connect(): Promise<PostgresClient>;
}

export interface PostgresPeriodStoreOptions {
  /** For instance `postgres://user:password@host/database`. Needs the package `pg`. */
  readonly url?: string;
  /** The service's own pool, instead of `url`; it is not closed. Each lock keeps one of its connections. */
  readonly pool?: PostgresPool;
  /** Made when it is not there; with its schema where need be (`audit.told_periods`). Default: `tidings_told_periods`. */
  readonly table?: string;
}

const NAME = /^[A-Za-z_][A-Za-z0-9_]{0,50}(?:\.[A-Za-z_][A-Za-z0-9_]{0,50})?$/;

/**
 * Keeps the record in a table, and the lock as an advisory lock of the session, which the server releases when the
 * connection ends, however that comes. Not through a pooler that shares sessions (PgBouncer's transaction pooling).
 *
 * @throws ConfigurationError
 */
export function postgresPeriodStore(options: PostgresPeriodStoreOptions): PeriodStore {
  knownKeys(options, ['url', 'pool', 'table'], '');
  const { url, pool, table = 'tidings_told_periods' } = options;
  if ((url === undefined) === (pool === undefined)) {
    throw new ConfigurationError('url', 'or pool is needed, and not both');
  }
  if (pool !== undefined && typeof pool?.connect !== 'function') {
    throw new ConfigurationError('pool', `is ${shown(pool)}; it takes a Pool of the package pg`);
  }
  if (typeof table !== 'string' || !NAME.test(table)) {
    throw new ConfigurationError(
      'table',
      `is ${shown(table)}; it takes the name of a table, with its schema or without`,
    );
  }
  const quoted = table
    .split('.')
    .map((part) => `"${part}"`)
    .join('.');
  return pool !== undefined ? new PostgresPeriodStore(pool, quoted) : ownPool(url, quoted);
}

function ownPool(url: unknown, table: string): PeriodStore {
  if (typeof url !== 'string' || !/^postgres(ql)?:\/\//.test(url)) {
    // Never shown: it may hold a password.
    throw new ConfigurationError('url', 'is no URL of PostgreSQL; it takes postgres://user:password@host/database');
  }
  const { Pool } = loadOptionalPackage('pg', 'url') as {
    Pool: new (options: object) => PostgresPool & { end(): Promise<void>; on(event: 'error', fn: () => void): void };
  };
  const pool = new Pool({
    connectionString: url,
    max: 4,
    keepAlive: true,
    connectionTimeoutMillis: 10_000,
    allowExitOnIdle: true,
  });
  // An idle connection that breaks is replaced when the next one is needed.
  pool.on('error', () => {});
  return new PostgresPeriodStore(pool, table, () => pool.end());
}

class PostgresPeriodStore implements PeriodStore {
  readonly #pool: PostgresPool;
  readonly #table: string;
  readonly #end: (() => Promise<void>) | undefined;
  #isMade = false;

  constructor(pool: PostgresPool, table: string, end?: () => Promise<void>) {
    this.#pool = pool;
    this.#table = table;
    this.#end = end;
  }

  async acquire(name: string): Promise<PeriodLock | undefined> {
    const client = await this.#pool.connect();
    const lock = new PostgresPeriodLock(client, this.#table, name);
    try {
      const { rows } = await client.query('SELECT pg_try_advisory_lock($1, hashtext($2)) AS locked', [
        LOCKS,
        `${this.#table} ${name}`,
      ]);
      if (rows[0]?.locked === true) {
        if (!this.#isMade) await this.#makeTable(client);
        this.#isMade = true;
        return lock;
      }
    } catch (error) {
      lock.drop(true);
      throw error;
    }
    lock.drop(false);
    return undefined;
  }

  async close(): Promise<void> {
    await this.#end?.();
  }

  /** Two sessions that make it at once would have one of them fail, despite of IF NOT EXISTS. */
  async #makeTable(client: PostgresClient): Promise<void> {
    const { rows } = await client.query('SELECT to_regclass($1) IS NOT NULL AS made', [this.#table]);
    if (rows[0]?.made === true) return;
    await client.query('SELECT pg_advisory_lock($1, 0)', [LOCKS]);
    await client.query(
      `CREATE TABLE IF NOT EXISTS ${this.#table} (
        name text PRIMARY KEY,
        period_beginning timestamptz NOT NULL,
        period_ending timestamptz NOT NULL,
        recorded_at timestamptz NOT NULL DEFAULT now()
      )`,
    );
    await client.query('SELECT pg_advisory_unlock($1, 0)', [LOCKS]);
  }
}

/** The first half of the keys of our advisory locks, which others share the database with: "tdng". */
const LOCKS = 0x74646e67;

class PostgresPeriodLock implements PeriodLock {
  readonly #client: PostgresClient;
  readonly #table: string;
  readonly #name: string;
  readonly #lost = new AbortController();
  readonly #onLost = () => this.#lost.abort(new Error('the connection to PostgreSQL is lost, and the lock with it'));

  constructor(client: PostgresClient, table: string, name: string) {
    this.#client = client;
    this.#table = table;
    this.#name = name;
    client.on('error', this.#onLost);
    client.on('end', this.#onLost);
  }

  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  async last(): Promise<ToldPeriod | undefined> {
    const { rows } = await this.#client.query(
      `SELECT period_beginning AS begin, period_ending AS end FROM ${this.#table} WHERE name = $1`,
      [this.#name],
    );
    const [begin, end] = [readTime(rows[0]?.begin), readTime(rows[0]?.end)];
    if (begin === undefined || end === undefined) return undefined;
    return { begin: new Date(begin), end: new Date(end) };
  }

  async record({ begin, end }: AuditPeriod): Promise<void> {
    this.#lost.signal.throwIfAborted();
    await this.#client.query(
      `INSERT INTO ${this.#table} (name, period_beginning, period_ending) VALUES ($1, $2, $3)
       ON CONFLICT (name) DO UPDATE SET period_beginning = $2, period_ending = $3, recorded_at = now()`,
      [this.#name, begin, end],
    );
  }

  async release(): Promise<void> {
    // The session keeps the lock as long as the connection lives, so a failed unlock must end the connection.
    const unlocked = this.#lost.signal.aborted
      ? undefined
      : await this.#client
          .query('SELECT pg_advisory_unlock($1, hashtext($2)) AS unlocked', [LOCKS, `${this.#table} ${this.#name}`])
          .catch(() => undefined);
    this.drop(unlocked?.rows[0]?.unlocked !== true);
  }

  drop(destroy: boolean): void {
    this.#client.release(destroy);
    this.#client.removeListener('error', this.#onLost);
    this.#client.removeListener('end', this.#onLost);
  }
}
