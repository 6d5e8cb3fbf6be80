import type { ProvidedContext } from 'vitest';
import type { TestProject } from 'vitest/node';
import { pythonWith } from './python-with.js';
import { BROKER_HELP, type BrokerAccess, findBroker } from './rabbitmq.js';

declare module 'vitest' {
  interface ProvidedContext {
    /** The broker of this test run, or why there is none. */
    broker: { access: BrokerAccess } | { reason: string };
    /** A Python with oslo.messaging, or why there is none. */
    python: { python: string } | { reason: string };
    /** A Python with qpid-proton, or why there is none. */
    proton: { python: string } | { reason: string };
  }
}

/**
 * Gives all test files of a run one RabbitMQ, by `inject('broker')`, a Python with oslo.messaging, by
 * `inject('python')`, and one with qpid-proton, by `inject('proton')`. What is missing is told when the run ends, and is a failure in CI.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const found = await findBroker();
  const python = await pythonWith('oslo_messaging', 'python3-oslo.messaging');
  const proton = await pythonWith('proton', 'python3-qpid-proton');
  const missing: string[] = [];
  if ('reason' in found) missing.push(`RabbitMQ (${found.reason}): ${BROKER_HELP}`);
  if ('reason' in python) missing.push(`oslo.messaging (${python.reason}): install the package python3-oslo.messaging`);
  if ('reason' in proton) missing.push(`qpid-proton (${proton.reason}): install the package python3-qpid-proton`);
  const notice = `These tests need what this machine has not:\n- ${missing.join('\n- ')}`;
  const close = async () => {
    if ('broker' in found) await found.broker?.dispose();
    if ('access' in found && found.access.ctl === undefined) {
      console.warn(
        '\nTests that stop or administer the broker were skipped: that of TIDINGS_TEST_AMQP_URL is not ours.\n',
      );
    }
    if (missing.length > 0) console.warn(`\n${'='.repeat(80)}\nSKIPPED TESTS. ${notice}\n${'='.repeat(80)}\n`);
  };
  if (missing.length > 0 && isCi()) {
    await close();
    throw new Error(notice);
  }
  const broker: ProvidedContext['broker'] = 'reason' in found ? { reason: found.reason } : { access: found.access };
  project.provide('broker', broker);
  project.provide('python', python);
  project.provide('proton', proton);
  return close;
}

function isCi(): boolean {
  return (process.env.CI ?? '') !== '' && process.env.CI !== 'false';
}
