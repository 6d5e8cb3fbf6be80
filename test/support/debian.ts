import { execFile } from 'node:child_process';
import { chmod, copyFile, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);
const POLICY = '/usr/sbin/policy-rc.d';
const INSTALL_MS = 10 * 60_000;

/** Says why packages cannot be installed here; undefined where they can. */
export async function whyNotInstallable(): Promise<string | undefined> {
  if (process.getuid?.() !== 0) return 'packages can only be installed by root';
  const release = await readFile('/etc/os-release', 'utf8').catch(() => '');
  if (!/^ID(_LIKE)?=.*debian/m.test(release)) return 'this is not a Debian system';
  return undefined;
}

/**
 * Installs Debian packages without starting their services. Rejects with the end of apt's output. Root only.
 */
export async function installPackages(...packages: string[]): Promise<void> {
  await withoutServices(async () => {
    try {
      await apt('install', '-y', '--no-install-recommends', ...packages);
    } catch {
      // No package lists yet, or outdated ones.
      await apt('update');
      await apt('install', '-y', '--no-install-recommends', ...packages);
    }
  });
}

async function apt(...args: string[]): Promise<void> {
  try {
    // The timeout waits for another package manager, for instance that of a test run beside this one.
    await run('apt-get', ['-o', 'DPkg::Lock::Timeout=300', '-q', ...args], {
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
      timeout: INSTALL_MS,
      maxBuffer: 64 * 1024 * 1024,
    });
  } catch (error) {
    const { stderr, message } = error as { stderr?: string; message: string };
    throw new Error(`apt-get ${args.join(' ')}: ${(stderr ?? message).trim().slice(-500)}`);
  }
}

/** Packages of servers start them when they are installed, unless this policy says no: a test needs no daemon on 5672. */
async function withoutServices(fn: () => Promise<void>): Promise<void> {
  if (await servicesAreDenied()) return fn();
  const saved = `${POLICY}.tidings`;
  const existed = await copyFile(POLICY, saved).then(
    () => true,
    () => false,
  );
  await writeFile(POLICY, '#!/bin/sh\nexit 101\n');
  await chmod(POLICY, 0o755);
  try {
    await fn();
  } finally {
    await (existed ? rename(saved, POLICY) : rm(POLICY, { force: true }));
  }
}

/** True where a policy says so already, as in container images. */
async function servicesAreDenied(): Promise<boolean> {
  return run(POLICY, ['rabbitmq-server', 'start']).then(
    () => false,
    (error: { code?: unknown }) => error.code === 101,
  );
}
