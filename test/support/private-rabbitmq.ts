import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomBytes, randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createWriteStream, rmSync } from 'node:fs';
import { access, mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { Broker, BrokerAccess } from './rabbitmq.js';

const run = promisify(execFile);
const START_MS = 90_000;
const STOP_MS = 30_000;

/**
 * Ends everything when its standard input ends, which it does however the process that started it dies: no broker is
 * left behind. All of the broker's processes are in this shell's process group; `kill 0` is that group.
 */
const SUPERVISOR = `
trap '' INT HUP
epmd -port "$ERL_EPMD_PORT" -address 127.0.0.1 -relaxed_command_check &
until epmd -port "$ERL_EPMD_PORT" -names > /dev/null 2>&1; do kill -0 $! || break; done
( "$0"; echo 'server ended' ) < /dev/null &
cat > /dev/null
rm -rf "$1"
kill -KILL 0
`;

const PERMIT_TRANSIENT_QUEUES = '[{rabbit, [{permit_deprecated_features, #{transient_nonexcl_queues => true}}]}].\n';

/** Where the scripts are that start a broker as the user who calls them; Debian's own in /usr/sbin change the user. */
const SCRIPT_DIRECTORIES = ['/usr/lib/rabbitmq/bin', ...(process.env.PATH ?? '').split(delimiter), '/usr/sbin'];

/**
 * The directory of `rabbitmq-server` and `rabbitmqctl`: that of `TIDINGS_TEST_RABBITMQ_BIN`, for another version than the
 * installed one, else that of the installed one. Rejects where the former has no `rabbitmq-server`.
 */
export async function rabbitmqScripts(): Promise<string | undefined> {
  const { TIDINGS_TEST_RABBITMQ_BIN: chosen = '' } = process.env;
  if (chosen !== '') {
    if (await exists(join(chosen, 'rabbitmq-server'))) return chosen;
    throw new Error(`TIDINGS_TEST_RABBITMQ_BIN is ${chosen}, where there is no rabbitmq-server`);
  }
  for (const directory of SCRIPT_DIRECTORIES) {
    if (directory !== '' && (await exists(join(directory, 'rabbitmq-server')))) return directory;
  }
  return undefined;
}

/** A broker of one's own: free loopback ports, its own directories, node name, cookie and port mapper. */
export class PrivateRabbitmq implements Broker {
  readonly #scripts: string;
  readonly #directory: string;
  readonly #env: Record<string, string>;
  #process: ChildProcess | undefined;
  #serverEnded: Promise<unknown> = Promise.resolve();
  readonly #onExit = () => rmSync(this.#directory, { recursive: true, force: true });

  private constructor(scripts: string, directory: string, env: Record<string, string>) {
    this.#scripts = scripts;
    this.#directory = directory;
    this.#env = env;
  }

  get access(): BrokerAccess {
    const url = `amqp://guest:guest@127.0.0.1:${this.#env.RABBITMQ_NODE_PORT}`;
    return { url, ctl: { command: [join(this.#scripts, 'rabbitmqctl')], env: this.#env } };
  }

  static async create(scripts: string): Promise<PrivateRabbitmq> {
    const directory = await mkdtemp(join(tmpdir(), 'tidings-rabbitmq-'));
    const at = (name: string) => join(directory, name);
    const [amqp, distribution, mapper] = await freePorts(3);
    const loopback = '-kernel inet_dist_use_interface {127,0,0,1}';
    await mkdir(at('home'));
    await writeFile(at('home/.erlang.cookie'), randomBytes(20).toString('hex'), { mode: 0o400 });
    await writeFile(at('enabled_plugins'), '[rabbitmq_amqp1_0].\n');
    await writeFile(at('rabbitmq.conf'), 'disk_free_limit.absolute = 20MB\nlog.file.level = info\n');
    // OpenStack's queues, which RabbitMQ 4.3 forbids by default. In this file RabbitMQ 3 does not mind what it does not know.
    await writeFile(at('advanced.config'), PERMIT_TRANSIENT_QUEUES);
    await writeFile(at('empty'), '');
    const env = {
      PATH: `${process.env.PATH ?? ''}:/usr/bin:/usr/sbin:/bin`,
      LANG: 'C.UTF-8',
      HOME: at('home'),
      ERL_EPMD_PORT: String(mapper),
      ERL_EPMD_ADDRESS: '127.0.0.1',
      // Else each tool that finds no port mapper starts one, which stays for ever.
      ERL_FLAGS: '-start_epmd false',
      // A node that is killed on purpose leaves nothing behind.
      ERL_CRASH_DUMP_SECONDS: '0',
      ERL_CRASH_DUMP: at('erl_crash.dump'),
      RABBITMQ_NODENAME: `tidings-${randomBytes(4).toString('hex')}@localhost`,
      RABBITMQ_NODE_IP_ADDRESS: '127.0.0.1',
      RABBITMQ_NODE_PORT: String(amqp),
      RABBITMQ_DIST_PORT: String(distribution),
      RABBITMQ_MNESIA_BASE: at('mnesia'),
      RABBITMQ_LOG_BASE: at('log'),
      RABBITMQ_PID_FILE: at('pid'),
      RABBITMQ_GENERATED_CONFIG_DIR: at('config'),
      RABBITMQ_CONFIG_FILE: at('rabbitmq.conf'),
      RABBITMQ_ADVANCED_CONFIG_FILE: at('advanced.config'),
      RABBITMQ_CONF_ENV_FILE: at('empty'),
      RABBITMQ_ENABLED_PLUGINS_FILE: at('enabled_plugins'),
      RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: loopback,
      RABBITMQ_CTL_ERL_ARGS: loopback,
      // The tools listen too, while they run; the default range allows for eleven of them on a machine.
      RABBITMQ_CTL_DIST_PORT_MIN: '35672',
      RABBITMQ_CTL_DIST_PORT_MAX: '36671',
    };
    return new PrivateRabbitmq(scripts, directory, env);
  }

  async start(): Promise<void> {
    if (this.#process !== undefined) return;
    await this.#portsFree();
    const server = join(this.#scripts, 'rabbitmq-server');
    const child = spawn('/bin/sh', ['-c', SUPERVISOR, server, this.#directory], {
      env: this.#env,
      // A process group of its own: Ctrl-C reaches the tests, which then stop it.
      detached: true,
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    this.#process = child;
    process.once('exit', this.#onExit);
    const lines = createInterface({ input: child.stdout });
    child.stderr.pipe(createWriteStream(join(this.#directory, 'stderr')));
    this.#serverEnded = new Promise((resolve) => {
      lines.on('line', (line) => line === 'server ended' && resolve(undefined));
      child.once('exit', resolve);
    });
    const started = new Promise<boolean>((resolve) => {
      lines.on('line', (line) => /completed with \d+ plugins/.test(line) && resolve(true));
      void this.#serverEnded.then(() => resolve(false));
    });
    if (!(await within(START_MS, started))) {
      await this.kill();
      const stderr = await readFile(join(this.#directory, 'stderr'), 'utf8').catch(() => '');
      throw new Error(`rabbitmq-server did not start: ${stderr.trim().slice(0, 1_000)}`);
    }
  }

  /** What was killed holds its ports until the kernel has cleared it away, which takes a while on a busy machine. */
  async #portsFree(): Promise<void> {
    const { RABBITMQ_NODE_PORT, RABBITMQ_DIST_PORT, ERL_EPMD_PORT } = this.#env;
    const until = performance.now() + STOP_MS;
    for (const port of [RABBITMQ_NODE_PORT, RABBITMQ_DIST_PORT, ERL_EPMD_PORT]) {
      while (!(await isFree(Number(port))) && performance.now() < until) await sleep(20);
    }
  }

  /** Stops it in order; queues and messages that are durable stay for the next {@link start}. */
  async stop(): Promise<void> {
    if (this.#process === undefined) return;
    const pid = Number(await readFile(join(this.#directory, 'pid'), 'utf8').catch(() => 'none'));
    if (pid > 1) process.kill(pid, 'SIGTERM');
    await within(STOP_MS, this.#serverEnded);
    await this.kill();
  }

  /** SIGKILL to all of its processes, as a power failure would. */
  async kill(): Promise<void> {
    const child = this.#process;
    if (child?.pid === undefined) return;
    this.#process = undefined;
    const exited = child.exitCode === null && child.signalCode === null ? once(child, 'exit') : undefined;
    try {
      process.kill(-child.pid, 'SIGKILL');
    } catch {
      // It has ended by itself.
    }
    await exited;
  }

  async dispose(): Promise<void> {
    await this.kill();
    process.off('exit', this.#onExit);
    this.#onExit();
  }
}

/**
 * Free loopback ports below those that the kernel gives to clients: a broker that is stopped must find its ports free
 * when it starts again, and a client that keeps trying could be given the very port that it connects to.
 */
export async function freePorts(count: number): Promise<number[]> {
  const ports: number[] = [];
  while (ports.length < count) {
    const port = randomInt(15_000, 32_000);
    if (!ports.includes(port) && (await isFree(port))) ports.push(port);
  }
  return ports;
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
    await promisify(server.close.bind(server))();
    return true;
  } catch {
    return false;
  }
}

async function within<T>(ms: number, promise: Promise<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, ms, undefined);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/** Runs a broker's `rabbitmqctl`; resolves with what it printed. */
export async function rabbitmqctl({ ctl }: BrokerAccess, ...args: string[]): Promise<string> {
  const [file, ...first] = ctl?.command ?? [];
  if (ctl === undefined || file === undefined) throw new Error('this broker cannot be administered');
  try {
    const { stdout } = await run(file, [...first, '-q', ...args], { env: { ...process.env, ...ctl.env } });
    return stdout;
  } catch (error) {
    const { stderr, stdout, message } = error as { stderr?: string; stdout?: string; message: string };
    throw new Error(`rabbitmqctl ${args[0]}: ${(stderr || stdout || message).trim()}`);
  }
}
