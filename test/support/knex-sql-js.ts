import knex, { type Knex } from 'knex';
// @ts-expect-error: knex has no types for the clients that one may derive from.
import Sqlite3Client from 'knex/lib/dialects/sqlite3/index.js';
import initSqlJs, { type Database } from 'sql.js';

/** What knex hands over for one statement. */
interface Statement {
  sql: string;
  bindings: never[];
  response?: unknown;
  context?: { lastID: number; changes: number };
}

/** knex on a real SQLite in memory, compiled to WebAssembly: nothing has to be built to install it. */
class SqlJsClient extends (Sqlite3Client as unknown as new (config: Knex.Config) => object) {
  _driver() {
    return initSqlJs;
  }

  async acquireRawConnection(): Promise<Database> {
    const { Database } = await initSqlJs();
    return new Database();
  }

  async destroyRawConnection(database: Database): Promise<void> {
    database.close();
  }

  async _query(database: Database, statement: Statement): Promise<Statement> {
    const prepared = database.prepare(statement.sql);
    try {
      prepared.bind(statement.bindings ?? []);
      const rows: unknown[] = [];
      while (prepared.step()) rows.push(prepared.getAsObject());
      statement.response = rows;
      statement.context = { lastID: 0, changes: database.getRowsModified() };
      return statement;
    } finally {
      prepared.free();
    }
  }
}

export function openDatabase(): Knex {
  return knex({
    client: SqlJsClient as unknown as typeof Knex.Client,
    connection: { filename: ':memory:' },
    useNullAsDefault: true,
  });
}
