// What a catalog types, in its own functions and everywhere. Compiled by several compilers.
import type { StandardSchemaV1 } from '@standard-schema/spec';
import {
  type CallOf,
  type Catalog,
  type CatalogPayloads,
  configureNotifications,
  currentNotifier,
  defineCatalog,
  Notifies,
  notifyAbout,
  StartEnd,
  withNotifies,
} from 'tidings';

class OrderPlaced {
  readonly id!: string;
  readonly items!: number;
  readonly state!: 'new' | 'paid';
}

declare const shipment: StandardSchemaV1<{ readonly id: string; readonly carrier?: string }>;

const orders = defineCatalog({
  name: 'orders',
  version: '1.0.0',
  events: {
    'order.placed': { summary: 's', meaning: 'm', payload: OrderPlaced },
    'order.shipped': { summary: 's', meaning: 'm', payload: shipment, phases: ['start', 'end'] },
    'order.removed': {
      summary: 's',
      meaning: 'm',
      payload: OrderPlaced,
      text: { pattern: /^o-/, meaning: 'the id of the order' },
    },
    'order.seen': { summary: 's', meaning: 'm' },
  },
});
export const plain: Catalog<object> | undefined = undefined;
configureNotifications({ catalogs: [orders], validation: 'throw', strictCatalog: true });

const right: OrderPlaced = { id: 'o-1', items: 1, state: 'new' };

// The payload of each type, and of its phases.
orders.notifyAbout('order.placed', right);
orders.notifyAbout('order.placed', () => ({ id: 'o-1', items: 1, state: 'paid' as const }));
orders.notifyAbout('order.shipped', { id: 'o-1' });
orders.notifyAbout.info('order.shipped.end', { id: 'o-1', carrier: 'c' });
orders.notifyAbout.info('order.shipped.start', {});
orders.notifyAbout('order.removed', 'o-1');
orders.notifyAbout('order.seen', { whatever: 1 });
orders.notifyAbout('order.seen');
// What went wrong is a text or an error.
orders.notifyAbout.warn('order.placed', 'no stock');
orders.notifyAbout.error('order.placed', new Error('no stock'));
orders.notifyAbout('order.placed', 'no stock', { priority: 'ERROR' });
orders.notifyAbout.info('order.placed.error', 'no stock');
// Types that nobody has defined stay allowed.
orders.notifyAbout('order.else', 7);
const anyType: string = 'order.placed';
orders.notifyAbout(anyType, { anything: true });

// @ts-expect-error a field of another type
orders.notifyAbout('order.placed', { id: 'o-1', items: 'one', state: 'new' });
// @ts-expect-error a field is missing
orders.notifyAbout('order.placed', { id: 'o-1', items: 1 });
// @ts-expect-error a value that is none of those
orders.notifyAbout('order.placed', { id: 'o-1', items: 1, state: 'lost' });
// @ts-expect-error a field that there is not
orders.notifyAbout('order.placed', { id: 'o-1', items: 1, state: 'new', extra: true });
// @ts-expect-error the payload is missing
orders.notifyAbout('order.placed');
// @ts-expect-error at INFO a text is no payload
orders.notifyAbout.info('order.placed', 'no stock');
// @ts-expect-error nor with the priority that there is by default
orders.notifyAbout('order.placed', 'no stock', { priority: 'INFO' });
// @ts-expect-error what a function gives is checked too
orders.notifyAbout('order.placed', () => ({ id: 1, items: 1, state: 'new' as const }));
// @ts-expect-error the end of a pair has the payload of its base
orders.notifyAbout.info('order.shipped.end', {});
// @ts-expect-error the start of a pair may lack fields, but has no others
orders.notifyAbout.info('order.shipped.start', { id: 1 });

export class Orders {
  @orders.Notifies('order.placed', {
    payload: (call: CallOf<Orders['place']>) => ({ id: call.args[0], items: 1, state: 'new' }),
  })
  place(id: string): string {
    return id;
  }

  @orders.Notifies('order.placed', {
    // @ts-expect-error the function gives another payload
    payload: (call: CallOf<Orders['placeWrong']>) => ({ id: call.args[0], items: 'one', state: 'new' }),
  })
  placeWrong(id: string): string {
    return id;
  }

  // The fields of the result, and the whole result.
  @orders.Notifies('order.placed')
  async fields(): Promise<OrderPlaced & { readonly secret: string }> {
    return { ...right, secret: 's' };
  }

  @orders.Notifies('order.placed', { payload: 'result' })
  whole(): OrderPlaced {
    return right;
  }

  // @ts-expect-error the result does not have the fields
  @orders.Notifies('order.placed')
  fieldsWrong(): { readonly id: string } {
    return right;
  }

  // @ts-expect-error nor as a whole
  @orders.Notifies('order.placed', { payload: 'result' })
  wholeWrong(): { readonly id: string } {
    return right;
  }

  @orders.StartEnd('order.shipped', {
    payload: {
      start: (call: CallOf<Orders['ship']>) => ({ id: call.args[0] }),
      end: (call: CallOf<Orders['ship']>) => ({ id: call.args[0], carrier: call.result }),
      error: (call: CallOf<Orders['ship']>) => ({ id: call.args[0] }),
    },
  })
  async ship(id: string): Promise<string> {
    return id;
  }

  // @ts-expect-error the end is the result, which is no payload
  @orders.StartEnd('order.shipped', { payload: { start: (call: CallOf<Orders['ship']>) => ({ id: call.args[0] }) } })
  shipWrong(_id: string): string {
    return '';
  }

  @orders.StartEnd({ start: 'order.seen', end: 'order.shipped' }, { payload: { end: 'result' } })
  ends(): { readonly id: string } {
    return { id: 'o-1' };
  }

  // @ts-expect-error of the end's own type
  @orders.StartEnd({ start: 'order.seen', end: 'order.placed' }, { payload: { end: 'result' } })
  endsWrong(): { readonly id: string } {
    return { id: 'o-1' };
  }

  @orders.Notifies('order.else', { payload: (call) => ({ first: call.args[0].anything }) })
  unknown(id: string): string {
    return id;
  }
}

export const placed = orders.withNotifies('order.placed', (id: string) => ({ id, items: 1, state: 'new' as const }));
export const shipped = orders.withStartEnd('order.shipped', async (id: string) => id.length, {
  payload: (call) => ({ id: call.args[0].toUpperCase(), carrier: call.result.toFixed() }),
});
export const length: number = orders.withNotifies('order.else', (id: string) => id.length)('o-1');
// @ts-expect-error the result is no payload
orders.withNotifies('order.placed', (id: string) => id);
// @ts-expect-error what the function gives is no payload
orders.withNotifies('order.placed', (id: string) => id, { payload: (call) => ({ id: call.result }) });

// A catalog types nothing but its own functions.
notifyAbout('order.placed', 7);
Notifies('order.placed', { payload: () => 7 });
// Of two catalogs with the same event type, each has its own payload.
const others = defineCatalog({
  name: 'others',
  version: '1.0.0',
  events: { 'order.placed': { summary: 's', meaning: 'm', payload: shipment } },
});
others.notifyAbout('order.placed', { id: 'o-1' });
// @ts-expect-error the payload of the other catalog
others.notifyAbout('order.placed', right.items);

// Everywhere: the program says which types it knows.
const stock = defineCatalog({
  name: 'stock',
  version: '1.0.0',
  events: { 'stock.low': { summary: 's', meaning: 'm', payload: shipment } },
});
declare module 'tidings' {
  interface EventPayloads extends CatalogPayloads<typeof stock> {
    'stock.counted': { readonly count: number };
  }
}
notifyAbout('stock.counted', { count: 1 });
notifyAbout.info('stock.low', { id: 'o-1' });
notifyAbout.error('stock.counted', 'cannot count');
currentNotifier().info('stock.counted', { count: 1 });
currentNotifier().error('stock.counted', new Error('cannot count'));
notifyAbout('stock.else', 7);
withNotifies('stock.counted', (n: number) => ({ count: n }));
export class Stock {
  @Notifies('stock.counted')
  count(): { readonly count: number } {
    return { count: 1 };
  }

  @StartEnd('stock.counted', { payload: (call: CallOf<Stock['recount']>) => ({ count: call.result }) })
  async recount(): Promise<number> {
    return 1;
  }

  // @ts-expect-error the result is no payload
  @Notifies('stock.counted', { payload: 'result' })
  wrong(): number {
    return 1;
  }
}
// @ts-expect-error a field of another type
notifyAbout('stock.counted', { count: 'one' });
// @ts-expect-error by its catalog too
notifyAbout('stock.low', { id: 1 });
// @ts-expect-error of a notifier too
currentNotifier().info('stock.counted', { count: 'one' });
// @ts-expect-error the payload is missing
notifyAbout.audit('stock.counted');
// @ts-expect-error the result is no payload
withNotifies('stock.counted', (n: number) => n);

// @ts-expect-error an event has a meaning
defineCatalog({ name: 'wrong', version: '1.0.0', events: { 'a.b': { summary: 's' } } });
// @ts-expect-error a payload is a class or a schema
defineCatalog({ name: 'wrong', version: '1.0.0', events: { 'a.b': { summary: 's', meaning: 'm', payload: 7 } } });
const texts = { summary: 's', meaning: 'm' } as const;
// @ts-expect-error no such phase
defineCatalog({ name: 'wrong', version: '1.0.0', events: { 'a.b': { ...texts, phases: ['middle'] } } });
