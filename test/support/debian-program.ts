import { installPackages, whyNotInstallable } from './debian.js';

/**
 * A program that a test needs: as it is found, else after its Debian package was installed, else undefined. What is
 * missing is told, and is a failure in CI.
 */
export async function programOrSkip(
  what: string,
  debianPackage: string,
  find: () => Promise<string | undefined>,
): Promise<string | undefined> {
  const found = await find();
  if (found !== undefined) return found;
  const reason = (await whyNotInstallable()) ?? (await installed(debianPackage));
  const path = reason === undefined ? await find() : undefined;
  if (path !== undefined) return path;
  const notice = `${what} is not here (${reason ?? 'its package does not bring it'}): install the package ${debianPackage}`;
  const { CI = '' } = process.env;
  if (CI !== '' && CI !== 'false') throw new Error(notice);
  console.warn(`\n${'='.repeat(80)}\nSKIPPED TESTS. ${notice}\n${'='.repeat(80)}\n`);
  return undefined;
}

/** Undefined when that went well, else the reason. */
async function installed(debianPackage: string): Promise<string | undefined> {
  try {
    await installPackages(debianPackage);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}
