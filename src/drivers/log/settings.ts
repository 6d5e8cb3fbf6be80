import type { DriverSetting } from '../../delivery/driver-setting.js';
import { checkFile } from './options.js';

/** What the environment may set of the `log` driver. */
export const logSettings: readonly DriverSetting[] = [
  {
    env: 'LOG_FILE',
    option: 'file',
    check: checkFile,
    description: 'The log driver appends JSON lines to this file, created with its directories',
    default: 'standard output',
  },
];
