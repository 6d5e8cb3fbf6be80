import { errorText } from '../notification/errors.js';
import type { RuleBook } from '../notification/event-rules.js';
import { EVENT_TYPE_RULE, isEventType } from '../notification/event-type.js';
import { PRIORITIES } from '../notification/priority.js';
import { DisabledFilter } from '../notifier/disabled-filter.js';
import { ENVIRONMENT_PREFIX, type Environment, environmentValue } from './environment.js';
import { type Drivers, readDrivers } from './routing/read-drivers.js';
import { readSettings, type Settings } from './settings.js';

/** One thing that has a say in whether an event is told, and what it says. */
export interface Reason {
  /** `drivers`, `disabled`, `routes`, `validation` … */
  readonly subject: string;
  readonly text: string;
}

/** Whether notifications of an event type would be sent under an environment. */
export interface Explanation {
  readonly eventType: string;
  readonly isSent: boolean;
  /** The drivers that would send it, at some priority. */
  readonly drivers: readonly string[];
  /** What decided, on one line. */
  readonly because: string;
  /** Everything that has a say, in the order in which it is asked. */
  readonly reasons: readonly Reason[];
}

/** What the environment and `catalogs` make of an event type. Never throws: wrong settings are why nothing is sent. */
export function explainEvent(
  eventType: string,
  environment: Environment,
  catalogs: readonly RuleBook[] = [],
): Explanation {
  const untold = (because: string, reasons: readonly Reason[] = []): Explanation => {
    return { eventType, isSent: false, drivers: [], because, reasons };
  };
  if (!isEventType(eventType)) return untold(`it is no event type; it takes ${EVENT_TYPE_RULE}`);
  let settings: Settings;
  let known: Drivers;
  try {
    settings = readSettings({}, environment);
    known = readDrivers({}, environment);
  } catch (error) {
    return untold(`the settings are wrong, and nothing at all is sent: ${errorText(error)}`);
  }
  const entry = new DisabledFilter(settings.disabledNotifications).entryOf(eventType);
  const routed = routesOf(eventType, known);
  const drivers = [...new Set(routed.flatMap((each) => each.drivers))];
  const byDrivers = driversReason(known, environment);
  const byRoutes = routesReason(routed, environment);
  const reasons: readonly Reason[] = [
    disabledReason(entry, settings),
    byDrivers,
    ...(byRoutes === undefined ? [] : [byRoutes]),
    validationReason(eventType, settings, catalogs, environment),
  ];
  if (entry !== undefined) return untold(`${variable('DISABLED_NOTIFICATIONS')} has ${entry}`, reasons);
  const because = (byRoutes ?? byDrivers).text;
  return drivers.length === 0 ? untold(because, reasons) : { eventType, isSent: true, drivers, because, reasons };
}

/** Where notifications of some priorities go. */
interface Routed {
  readonly priorities: readonly string[];
  /** Those that deliver, by the names that they have in `stats()`. */
  readonly drivers: readonly string[];
  /** What decides: `route 2`, `the default route`. */
  readonly by: string;
}

/** The priorities that go the same way together. */
function routesOf(eventType: string, { drivers, routing }: Drivers): readonly Routed[] {
  const delivering = drivers.filter(({ discards }) => discards !== true).map(({ name }) => name);
  if (routing === undefined) return [{ priorities: PRIORITIES, drivers: delivering, by: '' }];
  const ways = new Map<string, Routed>();
  for (const priority of PRIORITIES) {
    const taking = [...routing.routes.entries()].filter(([, route]) => route.takes(eventType, priority));
    const named = taking.length > 0 ? taking.flatMap(([, route]) => route.drivers) : routing.otherwise;
    const names = new Set([...named, ...routing.always]);
    const numbers = taking.map(([index]) => index + 1).join(' and ');
    const by = taking.length === 0 ? 'the default route' : `route${taking.length > 1 ? 's' : ''} ${numbers}`;
    const before = ways.get(by)?.priorities ?? [];
    ways.set(by, { priorities: [...before, priority], drivers: delivering.filter((name) => names.has(name)), by });
  }
  return [...ways.values()];
}

/** Undefined where there are no routes. */
function routesReason(routed: readonly Routed[], environment: Environment): Reason | undefined {
  const written = environmentValue(environment, 'ROUTES');
  if (written === undefined) return undefined;
  const ways = routed.map(({ priorities, drivers, by }) => {
    const when = priorities.length === PRIORITIES.length ? 'at every priority' : `at ${priorities.join(', ')}`;
    return `${when} by ${by} to ${drivers.join(' and ') || 'nothing that delivers'}`;
  });
  return { subject: 'routes', text: `${variable('ROUTES')} is ${written}: ${ways.join('; ')}` };
}

function disabledReason(entry: string | undefined, { disabledNotifications }: Settings): Reason {
  const setting = variable('DISABLED_NOTIFICATIONS');
  const others = disabledNotifications.length === 0 ? `${setting} is not set` : `no entry of ${setting} is of it`;
  return { subject: 'disabled', text: entry === undefined ? others : `by ${entry} in ${setting}` };
}

function driversReason({ drivers }: Drivers, environment: Environment): Reason {
  const setting = variable('DRIVERS');
  const written = environmentValue(environment, 'DRIVERS');
  const isSilent = !drivers.some(({ discards }) => discards !== true);
  if (written === undefined) {
    return { subject: 'drivers', text: `${setting} is not set${isSilent ? ', and nothing is sent' : ''}` };
  }
  return { subject: 'drivers', text: `${setting} is ${written}${isSilent ? ', which sends nothing' : ''}` };
}

function validationReason(
  eventType: string,
  { validation }: Settings,
  catalogs: readonly RuleBook[],
  environment: Environment,
): Reason {
  const setting = variable('VALIDATION');
  const source = environmentValue(environment, 'VALIDATION') === undefined ? `${setting} is not set` : setting;
  const catalog = find(catalogs, eventType);
  if (catalog === undefined) {
    const text = catalogs.length === 0 ? 'no catalog is named here' : 'no catalog has it; its payload is not checked';
    return { subject: 'validation', text };
  }
  const what = {
    off: 'its payload is not checked',
    warn: 'a payload that breaks the rules is sent, told on standard error and counted',
    drop: 'a payload that breaks the rules is dropped as invalid',
    throw: 'a payload that breaks the rules is thrown back at who tells it, which is for tests',
  }[validation];
  return {
    subject: 'validation',
    text: `${validation} (${source}): where the program gives the catalog ${catalog.name} to configureNotifications(), ${what}`,
  };
}

function find(catalogs: readonly RuleBook[], eventType: string): RuleBook | undefined {
  return catalogs.find((catalog) => catalog.find(eventType) !== undefined);
}

function variable(name: string): string {
  return ENVIRONMENT_PREFIX + name;
}
