import type { DriverSetting } from '../../delivery/driver-setting.js';
import { checkFile, checkFormat, checkMaxBytes, checkMaxFiles, checkRotate } from './options.js';

/** Options in code that leave a variable about files without effect. */
const NO_FILE = ['logger', 'transports'];

/** What the environment may set of the `log` driver. */
export const logSettings: readonly DriverSetting[] = [
  {
    env: 'LOG_FILE',
    option: 'file',
    check: checkFile,
    overriddenBy: NO_FILE,
    description: 'A file to append lines to, created with its directories; begun anew when it was moved or removed',
    default: 'standard output',
  },
  {
    env: 'LOG_FORMAT',
    option: 'format',
    check: checkFormat,
    overriddenBy: ['logger'],
    description: 'json: an object a line; oslo: the line of OpenStack services; pretty: to read',
    default: 'json; pretty on a terminal',
  },
  {
    env: 'LOG_MAX_BYTES',
    option: 'maxBytes',
    check: checkMaxBytes,
    overriddenBy: NO_FILE,
    description: 'Before a file would grow beyond it, the file is moved to `<file>.<time>`',
    default: 'no limit',
  },
  {
    env: 'LOG_ROTATE',
    option: 'rotate',
    check: checkRotate,
    overriddenBy: NO_FILE,
    description: 'The file is moved to `<file>.<time>` before the first line of another day or hour (UTC)',
  },
  {
    env: 'LOG_MAX_FILES',
    option: 'maxFiles',
    check: checkMaxFiles,
    overriddenBy: NO_FILE,
    description: 'How many moved files are kept',
    default: '10',
  },
];
