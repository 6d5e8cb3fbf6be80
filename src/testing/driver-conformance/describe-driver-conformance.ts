import { ConfigurationError } from '../../notification/errors.js';
import { createNotifier } from '../../setup/create-notifier.js';
import { ALONE, type ConformanceCase, casesOf } from './cases.js';
import type { DriverConformanceOptions, DriverHarness } from './harness.js';
import { globalRunner } from './test-runner.js';

/**
 * Holds a driver to the contract of `Driver`, against its real other end and through a notifier: one `describe` with a
 * test for each obligation. `start` makes the driver and its other end anew, for each test.
 *
 * A feature that is skipped appears as a skipped test, with the reason in its name. Throws a ConfigurationError for a
 * feature that there is not, and for a reason that is empty.
 */
export function describeDriverConformance(
  name: string,
  start: () => Promise<DriverHarness>,
  options: DriverConformanceOptions = {},
): void {
  const { skip = {}, runner = globalRunner(), maxPayloadBytes = 500_000 } = options;
  const cases = casesOf(maxPayloadBytes);
  checkSkips(skip, cases);
  const { it } = runner;
  runner.describe(`${name} keeps the driver contract`, () => {
    for (const each of ALONE) it(each.name, () => withHarnesses(start, each.test));
    for (const each of cases) {
      const reason = each.feature && skip[each.feature];
      if (reason === undefined) it(each.name, () => run(each, start));
      else (it.skip ?? it)(`${each.name} (skipped, ${each.feature}: ${reason})`, async () => {});
    }
  });
}

function checkSkips(skip: object, cases: readonly ConformanceCase[]): void {
  const features = new Set(cases.map(({ feature }) => feature));
  for (const [feature, reason] of Object.entries(skip)) {
    if (!features.has(feature as never)) {
      const known = [...features].filter((each) => each !== undefined).join(', ');
      throw new ConfigurationError(`skip.${feature}`, `is no feature; there are ${known}`);
    }
    if (typeof reason === 'string' && reason.trim() !== '') continue;
    throw new ConfigurationError(`skip.${feature}`, 'has no reason; it takes a text that says why');
  }
}

/** Runs one test against the driver behind a notifier, and cleans up. */
async function run(each: ConformanceCase, start: () => Promise<DriverHarness>): Promise<void> {
  await withHarnesses(start, async (begin) => {
    const harness = await begin();
    const said: string[] = [];
    const say = (line: string) => void said.push(line);
    const options = {
      drivers: [harness.driver],
      publisherId: 'conformance.host',
      reporter: { warn: say, info: say },
      retryMinMs: 10,
      retryMaxMs: 200,
    };
    // Not by the environment that the tests happen to run in.
    const notifier = createNotifier(options, {});
    try {
      await each.test({ harness, notifier, said });
    } finally {
      await notifier.close({ timeoutMs: 1_000 });
    }
  });
}

/** Disposes of every harness that `test` has begun. */
async function withHarnesses(
  start: () => Promise<DriverHarness>,
  test: (begin: () => Promise<DriverHarness>) => Promise<void>,
): Promise<void> {
  const begun: DriverHarness[] = [];
  const begin = async () => {
    const harness = await start();
    begun.push(harness);
    return harness;
  };
  try {
    await test(begin);
  } finally {
    for (const harness of begun.reverse()) await harness.dispose?.();
  }
}
