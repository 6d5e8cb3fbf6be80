import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { installPackages, whyNotInstallable } from './debian.js';

const run = promisify(execFile);
/** Debian's own interpreter: its packages are there, and not in another Python on the PATH. */
const CANDIDATES = ['/usr/bin/python3', 'python3'];

/** A Python that has oslo.messaging, installed as a Debian package where that is possible; else the reason. */
export async function pythonWithOsloMessaging(): Promise<{ python: string } | { reason: string }> {
  const found = await findPython();
  if (found !== undefined) return { python: found };
  const reason = await whyNotInstallable();
  if (reason !== undefined) return { reason: `no Python here has oslo.messaging, and ${reason}` };
  try {
    await installPackages('python3-oslo.messaging');
  } catch (error) {
    return { reason: error instanceof Error ? error.message : String(error) };
  }
  const installed = await findPython();
  return installed === undefined
    ? { reason: 'the package python3-oslo.messaging does not work' }
    : { python: installed };
}

async function findPython(): Promise<string | undefined> {
  for (const python of CANDIDATES) {
    const works = await run(python, ['-c', 'import oslo_messaging']).then(
      () => true,
      () => false,
    );
    if (works) return python;
  }
  return undefined;
}
