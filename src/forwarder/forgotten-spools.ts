import { readdirSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Folders of the spool that something waits in, and that are of none of these sinks: of one that is called otherwise now,
 * or is gone, or of another forwarder with the same folder.
 */
export function forgottenSpools(spoolDir: string, sinks: readonly string[]): string[] {
  return entriesOf(spoolDir).filter((name) => !sinks.includes(name) && entriesOf(join(spoolDir, name)).length > 0);
}

/** None of what cannot be read: whoever opens it says so. */
function entriesOf(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}
