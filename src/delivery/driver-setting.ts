import type { Check } from '../notification/configuration.js';

/** One option of a driver that an operator may set through the environment. */
export interface DriverSetting {
  /** The variable without the prefix, for instance `AMQP_URL`. */
  env: string;
  /** The option of the driver that it sets, for instance `url`. */
  option: string;
  /** Options that, when code sets them, take the place of this one: then the variable is not read. */
  overriddenBy?: readonly string[];
  check: Check<unknown>;
  /** What it takes, for the documentation, where `check` does not say it. */
  takes?: string;
  /** True when the value must never be shown. */
  secret?: boolean;
  /** One line for the table of settings. */
  description: string;
  /** The default, as the table shows it. */
  default?: string;
}
