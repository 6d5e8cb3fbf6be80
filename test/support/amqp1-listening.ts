import { onTestFinished } from 'vitest';
import { Amqp1Driver, type Amqp1Options } from '../../src/drivers/amqp1/index.js';
import type { ListenerOptions } from '../../src/listener/index.js';
import type { Notification } from '../../src/notification/notification.js';
import { outgoing, RecordingHost, uniqueName } from './amqp-probe.js';
import { listening } from './listening.js';

/** A listener by AMQP 1.0 on a topic of its own, stopped after the test. */
export function listeningByAmqp1(options: ListenerOptions) {
  const topics = options.topics ?? uniqueName('topic');
  // An exchange is nothing that it has.
  return listening({ protocol: 'amqp1', topics, ...options });
}

/** Sends notifications by AMQP 1.0 as the driver does; resolves with what was sent. */
export async function sendByAmqp1(
  options: Amqp1Options,
  topic: string,
  ...all: Partial<Notification>[]
): Promise<Notification[]> {
  const driver = new Amqp1Driver(options);
  onTestFinished(() => driver.close());
  await driver.open(new RecordingHost());
  const sent = all.map((parts) => outgoing([topic], parts));
  const failed = await driver.deliver(sent);
  if (failed !== undefined) throw failed.find((outcome) => outcome !== undefined);
  return sent.map(({ notification }) => notification);
}
