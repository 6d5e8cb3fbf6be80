import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, onTestFinished } from 'vitest';
import { createForwarder, type Forwarder, type ForwarderOptions } from '../../src/forwarder/index.js';
import { RecordingReporter } from './recorded.js';

const open = new Set<Forwarder>();

afterEach(async () => {
  for (const forwarder of open) await forwarder.stop({ timeoutMs: 0 });
  open.clear();
});

/** A started forwarder, stopped after the test. */
export async function forwarding(options: ForwarderOptions) {
  const reporter = new RecordingReporter();
  const forwarder = await createForwarder({ ...options, reporter }, {});
  open.add(forwarder);
  await forwarder.start();
  return { forwarder, reporter };
}

/** A directory of the test's own. */
export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'tidings-forward-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** Writes a file in a directory of the test's own; returns its path. */
export function temporaryFile(name: string, text: string): string {
  const path = join(temporaryDirectory(), name);
  writeFileSync(path, text);
  return path;
}
