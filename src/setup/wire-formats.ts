import type { Driver, Encoder } from '../delivery/driver.js';
import { oneOf } from '../notification/configuration.js';
import { cloudeventsFormat } from '../wire/cloudevents.js';
import { osloFormat } from '../wire/oslo.js';
import { plainFormat } from '../wire/plain.js';

/** The wire formats by their names. */
export const WIRE_FORMATS: ReadonlyMap<string, Encoder> = new Map(
  [osloFormat, plainFormat, cloudeventsFormat].map((format) => [format.name, format]),
);

/** What the entries of a configuration ask for, by the drivers that were made of them. */
const asked = new WeakMap<Driver, string>();

/** Remembers the `wireFormat` of a driver's entry. Throws a ConfigurationError for what is none. */
export function askForWireFormat(driver: Driver, name: unknown): void {
  asked.set(driver, checked(name, driver));
}

/** What a driver is given: what its entry asks for, else what is set for all, else its own. Throws a ConfigurationError. */
export function wireFormatOf(driver: Driver, forAll: string | undefined): Encoder {
  const name = checked(asked.get(driver) ?? forAll ?? driver.wireFormat ?? 'plain', driver);
  return WIRE_FORMATS.get(name) as Encoder;
}

function checked(name: unknown, driver: Driver): string {
  return oneOf(...WIRE_FORMATS.keys())(name, `${driver.name}.wireFormat`);
}
