import { CatalogDefinitions, type CatalogOptions } from '../catalog/catalog.js';
import type { EventDefinitions, PayloadsOf } from '../catalog/event-definition.js';
import { type NotifiesDecorator, notifiesBy, type WithNotifies, withNotifiesBy } from '../instrument/notifies.js';
import { type NotifyAbout, notifyAboutBy } from '../instrument/notify-about.js';
import { type StartEndDecorator, startEndBy, type WithStartEnd, withStartEndBy } from '../instrument/start-end.js';

/**
 * A catalog, with the functions that tell by it: their payloads are checked by the compiler, and what they tell goes by
 * this catalog, whichever the notifier has. `E`: the payloads by event type.
 */
export interface Catalog<E = Record<never, never>> extends CatalogDefinitions {
  /** `@Notifies`, typed by this catalog. */
  readonly Notifies: NotifiesDecorator<E>;
  /** `@StartEnd`, typed by this catalog. */
  readonly StartEnd: StartEndDecorator<E>;
  readonly withNotifies: WithNotifies<E>;
  readonly withStartEnd: WithStartEnd<E>;
  readonly notifyAbout: NotifyAbout<E>;
}

class TypedCatalog extends CatalogDefinitions implements Catalog {
  readonly Notifies = notifiesBy(this);
  readonly StartEnd = startEndBy(this);
  readonly withNotifies = withNotifiesBy(this);
  readonly withStartEnd = withStartEndBy(this);
  readonly notifyAbout = notifyAboutBy(this);
}

/**
 * Defines what notifications there are: what each is, means and carries. Give it to `configureNotifications({ catalogs })`
 * so that payloads are checked and documented by it. Throws a ConfigurationError for a wrong definition, or an example
 * that breaks its own rules.
 */
export function defineCatalog<const D extends EventDefinitions>(options: CatalogOptions<D>): Catalog<PayloadsOf<D>> {
  return new TypedCatalog(options) as Catalog<PayloadsOf<D>>;
}

/** The payloads of a catalog by event type, for global typing: `interface EventPayloads extends CatalogPayloads<typeof orders> {}`. */
export type CatalogPayloads<C> = C extends Catalog<infer E> ? E : never;
