import type { DiscoveryService, ModuleRef } from '@nestjs/core';
import { ContextIdFactory } from '@nestjs/core';
import {
  type Handler,
  type HandlerOptions,
  type Listener,
  type NotificationHandler,
  notificationHandlersOf,
} from '../listener/index.js';

type Wrapper = ReturnType<DiscoveryService['getProviders']>[number];

/**
 * Registers each method of a provider or controller that is decorated by `@OnNotification`, once: a class that several
 * modules provide has one subscription all the same, which the first of its instances has. Of request-scoped and
 * transient providers an instance is made for each notification. Returns how many handlers there are.
 */
export function registerHandlers(listener: Listener, discovery: DiscoveryService, moduleRef: ModuleRef): number {
  const seen = new Set<unknown>();
  let count = 0;
  for (const wrapper of [...discovery.getProviders(), ...discovery.getControllers()]) {
    // What it stands for is a provider too.
    if (wrapper.isAlias) continue;
    const isStatic = wrapper.isDependencyTreeStatic() && !wrapper.isTransient;
    const subject: unknown = isStatic ? wrapper.instance : wrapper.metatype?.prototype;
    const handlers = handlersOf(subject);
    if (handlers.length === 0) continue;
    const identity = typeof wrapper.metatype === 'function' && !wrapper.isNotMetatype ? wrapper.metatype : subject;
    if (seen.has(identity)) continue;
    seen.add(identity);
    count += handlers.length;
    if (isStatic) listener.register(subject as object);
    else for (const handler of handlers) registerScoped(listener, handler, wrapper, moduleRef);
  }
  return count;
}

function registerScoped(listener: Listener, handler: NotificationHandler, wrapper: Wrapper, moduleRef: ModuleRef) {
  const { name, pattern, options } = handler;
  const call = async (...args: unknown[]) => {
    const instance: object = await moduleRef.resolve(wrapper.token, ContextIdFactory.create(), { strict: false });
    const own = notificationHandlersOf(instance).find((each) => each.name === name);
    return (own as { call(...args: unknown[]): unknown }).call(...args);
  };
  // With `batch` it gets arrays, which it passes on like anything else.
  listener.on(pattern, call as Handler, { name, ...options } as HandlerOptions);
}

/** Anything can be a provider, a Proxy that throws as well. */
function handlersOf(subject: unknown): NotificationHandler[] {
  if ((typeof subject !== 'object' && typeof subject !== 'function') || subject === null) return [];
  try {
    return notificationHandlersOf(subject);
  } catch {
    return [];
  }
}
