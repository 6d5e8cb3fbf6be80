import type { HeaderLookup } from './request-context.js';

type Fields = Readonly<Record<string, unknown>>;

const NOTHING: HeaderLookup = () => undefined;

/** Headers of Node's HTTP requests: their names are in lower case there. */
export function httpHeaders(headers: unknown): HeaderLookup {
  return isObject(headers) ? (name) => headers[name] : NOTHING;
}

/**
 * The headers of a message, by the shape of what Nest gives as the context of a transport: none is imported for it.
 * Where a transport has no headers (TCP, Redis), nothing is found.
 */
export function rpcHeaders(context: unknown): HeaderLookup {
  return safely(() => {
    if (!isObject(context)) return NOTHING;
    // gRPC's Metadata: an array of values for each key.
    if (isFunction(context.get) && isFunction(context.getMap)) {
      return safely(() => (name) => textOf((context.get as (name: string) => unknown)(name)));
    }
    // NATS.
    const given = call(context, 'getHeaders');
    if (isObject(given)) return isFunction(given.get) ? (name) => textOf(call(given, 'get', name)) : inObject(given);
    // Kafka and RabbitMQ.
    const message = call(context, 'getMessage');
    if (isObject(message)) return inObject(message.headers ?? (message.properties as Fields | undefined)?.headers);
    // MQTT 5.
    const packet = call(context, 'getPacket');
    if (isObject(packet)) return inObject((packet.properties as Fields | undefined)?.userProperties);
    return inObject(context.headers);
  });
}

/** The headers of the request that opened a socket.io connection. */
export function handshakeHeaders(client: unknown): HeaderLookup {
  const { handshake } = isObject(client) ? client : {};
  return httpHeaders(isObject(handshake) ? handshake.headers : undefined);
}

function inObject(headers: unknown): HeaderLookup {
  return isObject(headers) ? (name) => textOf(headers[name]) : NOTHING;
}

/** Transports give texts, bytes, or one of these in an array. */
function textOf(value: unknown): unknown {
  if (Array.isArray(value)) return textOf(value[0]);
  return value instanceof Uint8Array ? Buffer.from(value).toString('utf8', 0, 1_024) : value;
}

/** What a transport has is not worth a message that is not handled. */
function safely(find: () => HeaderLookup): HeaderLookup {
  try {
    const lookup = find();
    return (name) => {
      try {
        return lookup(name);
      } catch {
        return undefined;
      }
    };
  } catch {
    return NOTHING;
  }
}

function call(target: Fields, method: string, ...args: unknown[]): unknown {
  const fn = target[method];
  return isFunction(fn) ? fn.apply(target, args) : undefined;
}

function isFunction(value: unknown): value is (...args: unknown[]) => unknown {
  return typeof value === 'function';
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null;
}
