import type { Encoder } from '../delivery/driver.js';
import { cloudeventsFormat } from '../wire/cloudevents.js';
import { osloFormat } from '../wire/oslo.js';
import { plainFormat } from '../wire/plain.js';

/** The wire formats by their names. */
export const WIRE_FORMATS: ReadonlyMap<string, Encoder> = new Map(
  [osloFormat, plainFormat, cloudeventsFormat].map((format) => [format.name, format]),
);
