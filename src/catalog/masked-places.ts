import type { MaskedPlaces } from '../notification/event-rules.js';
import type { PayloadFields } from './payload-class.js';

type Places = Map<string, MaskedPlaces>;

/** The places that `@Redacted()` masks in payloads of a class, and in what they hold; undefined where there are none. */
export function maskedPlaces(payload: PayloadFields): MaskedPlaces | undefined {
  const known = new Map<PayloadFields, Places>();
  const children = placesIn(payload, known);
  const isAny = [...known.keys()].some(({ fields }) => fields.some(({ marks }) => marks.isRedacted === true));
  return isAny ? { masked: false, children } : undefined;
}

/** One map for each class: a class that holds itself leads back to its own. */
function placesIn(payload: PayloadFields, known: Map<PayloadFields, Places>): Places {
  const before = known.get(payload);
  if (before !== undefined) return before;
  const places: Places = new Map();
  known.set(payload, places);
  for (const { name, marks, nested } of payload.fields) {
    const masked = marks.isRedacted === true;
    const children = nested === undefined ? new Map() : placesIn(nested(), known);
    // An object, or each object of a list.
    places.set(name, { masked, children, each: { masked: false, children } });
  }
  return places;
}
