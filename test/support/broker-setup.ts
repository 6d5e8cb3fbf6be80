import type { ProvidedContext } from 'vitest';
import type { TestProject } from 'vitest/node';
import { BROKER_HELP, type BrokerAccess, findBroker } from './rabbitmq.js';

declare module 'vitest' {
  interface ProvidedContext {
    /** The broker of this test run, or why there is none. */
    broker: { access: BrokerAccess } | { reason: string };
  }
}

type Provided = ProvidedContext['broker'];

/** Gives all test files of a run one RabbitMQ, by `inject('broker')`; ends it when the run ends. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const found = await findBroker();
  if ('reason' in found) {
    const notice = `RabbitMQ tests need a broker: ${found.reason}. To run them, ${BROKER_HELP}.`;
    if (isCi()) throw new Error(notice);
    project.provide('broker', { reason: found.reason } satisfies Provided);
    return async () => {
      console.warn(`\n${'='.repeat(80)}\nSKIPPED: ${notice}\n${'='.repeat(80)}\n`);
    };
  }
  project.provide('broker', { access: found.access });
  return async () => found.broker?.dispose();
}

function isCi(): boolean {
  return (process.env.CI ?? '') !== '' && process.env.CI !== 'false';
}
