import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, chown, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { programOrSkip } from './debian-program.js';

const run = promisify(execFile);
const DEBIAN = '/usr/lib/postgresql';
const PASSWORD = 'not-in-any-output';

/** The directory of PostgreSQL's programs; undefined where there is none, which was told. */
export function postgresPrograms(): Promise<string | undefined> {
  return programOrSkip('PostgreSQL', 'postgresql', async () => {
    const versions = await readdir(DEBIAN).catch(() => []);
    for (const version of versions.sort().reverse()) {
      const programs = join(DEBIAN, version, 'bin');
      if (
        await access(join(programs, 'initdb')).then(
          () => true,
          () => false,
        )
      )
        return programs;
    }
    return undefined;
  });
}

/** Ends the server when standard input ends, which it does however the tests die. */
const SUPERVISOR = `
trap '' INT HUP
"$0"/postgres -D "$1"/data -p "$2" -h 127.0.0.1 -k "$1" -c fsync=off < /dev/null 2>&1 &
cat > /dev/null
kill -QUIT $!
wait
rm -rf "$1"
`;

/** A server of one's own: a free loopback port, its own directory, not run as root, which PostgreSQL refuses. */
export class PrivatePostgres {
  readonly url: string;
  readonly #process: ChildProcess;

  private constructor(child: ChildProcess, url: string) {
    this.#process = child;
    this.url = url;
  }

  static async start(programs: string): Promise<PrivatePostgres> {
    const directory = await mkdtemp(join(tmpdir(), 'tidings-postgres-'));
    const user = await unprivileged();
    if (user !== undefined) await chown(directory, user.uid, user.gid);
    const passwordFile = join(directory, 'password');
    await writeFile(passwordFile, PASSWORD);
    const options = { ...user, cwd: '/', env: { PATH: process.env.PATH ?? '', LC_ALL: 'C.UTF-8' } };
    await run(
      join(programs, 'initdb'),
      ['-D', join(directory, 'data'), '-U', 'tidings', '-A', 'scram-sha-256', '--pwfile', passwordFile, '--no-sync'],
      options,
    );
    await rm(passwordFile);
    const port = await freePort();
    const child = spawn('/bin/sh', ['-c', SUPERVISOR, programs, directory, String(port)], {
      ...options,
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    let said = '';
    await new Promise<void>((resolve, reject) => {
      child.once('exit', () => reject(new Error(`postgres did not start: ${said}`)));
      child.stdout.on('data', (chunk) => {
        said += chunk;
        if (said.includes('ready to accept connections')) resolve();
      });
    });
    return new PrivatePostgres(child, `postgres://tidings:${PASSWORD}@127.0.0.1:${port}/postgres`);
  }

  async stop(): Promise<void> {
    const ended = once(this.#process, 'exit');
    this.#process.stdin?.end();
    await ended;
  }
}

/** Undefined unless this is root. */
async function unprivileged(): Promise<{ uid: number; gid: number } | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const id = async (what: string) => Number((await run('id', [what, 'postgres'])).stdout);
  return { uid: await id('-u'), gid: await id('-g') };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  await promisify(server.close.bind(server))();
  return port;
}
