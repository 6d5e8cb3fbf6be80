import { Logger } from '@nestjs/common';
import type { Reporter } from '../notification/reporter.js';

/** Says what an operator should know of tidings where the application says the rest. */
export function nestReporter(name: string | undefined): Reporter {
  const logger = new Logger(name === undefined ? 'Notifications' : `Notifications:${name}`);
  return { warn: (message) => logger.warn(message), info: (message) => logger.log(message) };
}
