// A broker for a benchmark: the one that TIDINGS_TEST_AMQP_URL names, else a private one from an installed rabbitmq-server.
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

// Debian's own in /usr/sbin change the user.
const DIRECTORIES = [
  process.env.TIDINGS_TEST_RABBITMQ_BIN,
  '/usr/lib/rabbitmq/bin',
  ...(process.env.PATH ?? '').split(':'),
  '/usr/sbin',
];

/** Everything the script starts ends with its standard input, which ends however this process does. */
const SUPERVISOR = `
trap '' INT HUP
epmd -port "$ERL_EPMD_PORT" -address 127.0.0.1 -relaxed_command_check &
until epmd -port "$ERL_EPMD_PORT" -names > /dev/null 2>&1; do kill -0 $! || break; done
"$0" < /dev/null &
cat > /dev/null
rm -rf "$1"
kill -KILL 0
`;

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

/** Resolves with its URL and what ends it. */
export async function startBroker() {
  const given = process.env.TIDINGS_TEST_AMQP_URL;
  if (given) return { url: given, stop: () => {} };
  const scripts = DIRECTORIES.find((directory) => directory && existsSync(join(directory, 'rabbitmq-server')));
  if (scripts === undefined) throw new Error('install rabbitmq-server, or set TIDINGS_TEST_AMQP_URL');
  const directory = mkdtempSync(join(tmpdir(), 'tidings-bench-'));
  const at = (name) => join(directory, name);
  mkdirSync(at('home'));
  writeFileSync(at('home/.erlang.cookie'), randomBytes(20).toString('hex'), { mode: 0o400 });
  writeFileSync(at('enabled_plugins'), '[].\n');
  writeFileSync(at('rabbitmq.conf'), 'disk_free_limit.absolute = 20MB\n');
  // What the tests have too: see test/support/private-rabbitmq.ts.
  writeFileSync(
    at('advanced.config'),
    '[{rabbit, [{permit_deprecated_features, #{transient_nonexcl_queues => true}}]}].\n',
  );
  writeFileSync(at('empty'), '');
  const port = await freePort();
  const env = {
    PATH: `${process.env.PATH}:/usr/bin:/usr/sbin:/bin`,
    LANG: 'C.UTF-8',
    HOME: at('home'),
    ERL_EPMD_PORT: String(await freePort()),
    ERL_EPMD_ADDRESS: '127.0.0.1',
    ERL_FLAGS: '-start_epmd false',
    RABBITMQ_NODENAME: `bench-${randomBytes(4).toString('hex')}@localhost`,
    RABBITMQ_NODE_IP_ADDRESS: '127.0.0.1',
    RABBITMQ_NODE_PORT: String(port),
    RABBITMQ_DIST_PORT: String(await freePort()),
    RABBITMQ_MNESIA_BASE: at('mnesia'),
    RABBITMQ_LOG_BASE: at('log'),
    RABBITMQ_PID_FILE: at('pid'),
    RABBITMQ_GENERATED_CONFIG_DIR: at('config'),
    RABBITMQ_CONFIG_FILE: at('rabbitmq.conf'),
    RABBITMQ_ADVANCED_CONFIG_FILE: at('advanced.config'),
    RABBITMQ_CONF_ENV_FILE: at('empty'),
    RABBITMQ_ENABLED_PLUGINS_FILE: at('enabled_plugins'),
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: '-kernel inet_dist_use_interface {127,0,0,1}',
  };
  const child = spawn('/bin/sh', ['-c', SUPERVISOR, join(scripts, 'rabbitmq-server'), directory], {
    env,
    detached: true,
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const stop = () => {
    child.stdin.destroy();
    child.stdout.destroy();
    child.unref();
    rmSync(directory, { recursive: true, force: true });
  };
  for await (const line of createInterface({ input: child.stdout })) {
    if (/completed with \d+ plugins/.test(line)) return { url: `amqp://guest:guest@127.0.0.1:${port}`, stop };
  }
  throw new Error(`rabbitmq-server did not start: see ${directory}`);
}
