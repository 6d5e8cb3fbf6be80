import { createRequire } from 'node:module';
import { join } from 'node:path';
import { ConfigurationError, errorText } from './errors.js';

const FILE = /^(?:file:|\/|[A-Za-z]:[\\/])/;

/**
 * Loads a package that only some users need, from where tidings is installed, else from where the program was started.
 * Synchronous, so that what is missing is told when it is configured. `setting` is blamed in the ConfigurationError,
 * which says what to install.
 */
export function loadOptionalPackage(name: string, setting: string): unknown {
  let missing: unknown;
  for (const place of places()) {
    const require = createRequire(place);
    let path: string;
    try {
      path = require.resolve(name);
    } catch (error) {
      missing = error;
      continue;
    }
    try {
      return require(path);
    } catch (error) {
      throw new ConfigurationError(
        setting,
        `needs the package ${name}, which is installed but cannot be loaded: ${firstLine(error)}`,
        { cause: error },
      );
    }
  }
  throw new ConfigurationError(setting, `needs the package ${name}, which is not installed: npm install ${name}`, {
    cause: missing,
  });
}

/** Files to search from, as `require` in them would. */
function places(): string[] {
  const candidates = [ownFile(), process.argv[1], join(process.cwd(), 'program.js')];
  // `createRequire` takes an absolute path or a file URL, and nothing else.
  return candidates.filter((place): place is string => typeof place === 'string' && FILE.test(place));
}

/**
 * This file, which stands beside what it needs. The same source is built as an ES module and as CommonJS, which have no
 * common way to say it but the stack.
 */
function ownFile(): unknown {
  const { prepareStackTrace, stackTraceLimit } = Error;
  try {
    Error.stackTraceLimit = 1;
    Error.prepareStackTrace = (_, sites) => sites[0]?.getFileName();
    return new Error('where am I').stack;
  } finally {
    Error.prepareStackTrace = prepareStackTrace;
    Error.stackTraceLimit = stackTraceLimit;
  }
}

function firstLine(error: unknown): string {
  return errorText(error).split('\n', 1)[0] ?? '';
}
