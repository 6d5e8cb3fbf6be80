import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { installPackages, whyNotInstallable } from './debian.js';

const run = promisify(execFile);
/** Debian's own interpreter: its packages are there, and not in another Python on the PATH. */
const CANDIDATES = ['/usr/bin/python3', 'python3'];

/** A Python that has a module, installed as a Debian package where that is possible; else the reason. */
export async function pythonWith(
  module: string,
  debianPackage: string,
): Promise<{ python: string } | { reason: string }> {
  const found = await findPython(module);
  if (found !== undefined) return { python: found };
  const reason = await whyNotInstallable();
  if (reason !== undefined) return { reason: `no Python here has ${module}, and ${reason}` };
  try {
    await installPackages(debianPackage);
  } catch (error) {
    return { reason: error instanceof Error ? error.message : String(error) };
  }
  const installed = await findPython(module);
  return installed === undefined ? { reason: `the package ${debianPackage} does not work` } : { python: installed };
}

async function findPython(module: string): Promise<string | undefined> {
  for (const python of CANDIDATES) {
    const works = await run(python, ['-c', `import ${module}`]).then(
      () => true,
      () => false,
    );
    if (works) return python;
  }
  return undefined;
}
