import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, onTestFinished } from 'vitest';
import {
  createForwarder,
  type Forwarder,
  type ForwarderOptions,
  type ForwarderStats,
} from '../../src/forwarder/index.js';
import { RecordingReporter } from './recorded.js';

/** The forwarders of a test, each with what looks at its counters again and again. */
const open = new Map<Forwarder, NodeJS.Timeout>();
let imbalance: unknown;

afterEach(async () => {
  for (const [forwarder, timer] of open) {
    clearInterval(timer);
    await forwarder.stop({ timeoutMs: 0 });
    expectBalanced(forwarder.stats());
  }
  open.clear();
  const found = imbalance;
  imbalance = undefined;
  if (found !== undefined) throw found;
});

/** Fails where a message of a source is in no state, or in two. */
export function expectBalanced({ sources }: Pick<ForwarderStats, 'sources'>): void {
  for (const [name, stats] of Object.entries(sources)) {
    const { received, forwarded, leftOut, duplicates, retried, dead, givenBack, pending } = stats;
    expect(forwarded + leftOut + duplicates + retried + dead + givenBack + pending, name).toBe(received);
    expect(pending, name).toBeGreaterThanOrEqual(0);
  }
}

/** Fails where what a process says at `/metrics` does not add up; returns how many messages it has received. */
export async function expectBalancedMetrics(url: string): Promise<number> {
  const metrics = await (await fetch(`${url}/metrics`)).text();
  const sum = (name: string) =>
    [...metrics.matchAll(new RegExp(`^tidings_forwarder_${name}\\{.*\\} (\\d+)$`, 'gm'))].reduce(
      (total, [, value]) => total + Number(value),
      0,
    );
  const received = sum('source_received_total');
  expect(sum('source_messages_total') + sum('source_pending'), metrics).toBe(received);
  return received;
}

/** A started forwarder, stopped after the test; its counters are looked at until then. */
export async function forwarding(options: ForwarderOptions) {
  const reporter = new RecordingReporter();
  const forwarder = await createForwarder({ ...options, reporter }, {});
  const timer = setInterval(() => {
    try {
      expectBalanced(forwarder.stats());
    } catch (error) {
      imbalance ??= error;
    }
  }, 3);
  open.set(forwarder, timer);
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

/** The lines of a log driver's file. */
export function logged(path: string): Record<string, unknown>[] {
  return readFileSync(path, 'utf8')
    .trim()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
}
