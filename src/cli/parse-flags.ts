import { type ParseArgsConfig, parseArgs } from 'node:util';
import { errorText } from '../notification/errors.js';
import { UsageError } from './usage-error.js';

type Flags = NonNullable<ParseArgsConfig['options']>;
type Parsed<Options extends Flags> = ReturnType<
  typeof parseArgs<{ args: string[]; options: Options; allowPositionals: true }>
>;

/**
 * The flags of a command, and the words beside them where it takes any. Throws a UsageError for a flag that the command
 * does not have.
 */
export function parseFlags<const Options extends Flags>(
  args: readonly string[],
  options: Options,
  takesWords = true,
): Parsed<Options> {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: takesWords }) as Parsed<Options>;
  } catch (error) {
    throw new UsageError(errorText(error));
  }
}
