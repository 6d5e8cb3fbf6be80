import type { EventRole } from './event-roles.js';
import { EventRoles } from './event-roles.js';
import { Objectives } from './objectives.js';
import { MalformedLine, type Observation, observe } from './observation.js';
import { Operations, type Room, type Timed } from './operations.js';
import { PlotData } from './plot-data.js';
import { RecentIds } from './recent-ids.js';
import type { BadLine, EventRow, Grouping, GroupRow, Report } from './report.js';
import { isoTime, Slowest } from './slowest.js';
import { compare, Usage } from './usage.js';

export interface ReportOptions {
  readonly by?: Grouping | undefined;
  /** Milliseconds since 1970: what happened earlier is left out. */
  readonly since?: number | undefined;
  /** Milliseconds since 1970: what happened then or later is left out. */
  readonly until?: number | undefined;
  /** `task.run=2s`. */
  readonly objectives?: readonly string[];
  /** Pairs of event types that do not end with `.start` and `.end`: `image.prepare=image.upload`. */
  readonly pairs?: readonly string[];
  /** How many of the busiest and the slowest are in the report. Default: 10. */
  readonly top?: number;
  /** True keeps what plots are made of. */
  readonly plots?: boolean;
}

/** One event type. */
interface Kind {
  readonly eventType: string;
  readonly role: EventRole;
  readonly operations: Operations | undefined;
  count: number;
  errors: number;
  readonly groups: Map<string, { count: number; errors: number }>;
}

/** Bounds of what is kept, whatever is read; what is beyond them is counted as {@link OTHER}, and said in the notes. */
const MOST_KINDS = 4_096;
const MOST_OPERATIONS = 2_048;
const MOST_GROUPS = 1_024;
const MOST_EVENT_GROUPS = 65_536;
const MOST_OPERATION_GROUPS = 4_096;
const MOST_WAITING = 131_072;
const MOST_BAD_LINES = 20;
const OTHER = '(other)';
const NOBODY = '(none)';

/** Reads notifications one after the other, in any order, and keeps what a report says of them. */
export class ReportBuilder {
  readonly #options: ReportOptions;
  readonly #roles: EventRoles;
  readonly #objectives: Objectives;
  readonly #plots: PlotData | undefined;
  readonly #ids = new RecentIds();
  readonly #kinds = new Map<string, Kind>();
  readonly #operations = new Map<string, Operations>();
  readonly #groups = new Set<string>();
  readonly #eventRoom: Room = { left: MOST_EVENT_GROUPS };
  readonly #operationRoom: Room = { left: MOST_OPERATION_GROUPS };
  readonly #users = new Usage();
  readonly #projects = new Usage();
  readonly #slowest: Slowest;
  readonly #badLines: BadLine[] = [];
  readonly #notes = new Set<string>();
  #lines = 0;
  #notifications = 0;
  #duplicates = 0;
  #outside = 0;
  #malformed = 0;
  #first = Number.POSITIVE_INFINITY;
  #last = Number.NEGATIVE_INFINITY;
  #untilWaitingIsCounted = MOST_WAITING;

  /** @throws ConfigurationError for objectives and pairs that are none. */
  constructor(options: ReportOptions = {}) {
    this.#options = options;
    this.#roles = new EventRoles(options.pairs ?? [], '--pair');
    this.#objectives = new Objectives(options.objectives ?? [], '--sla');
    this.#plots = options.plots === true ? new PlotData() : undefined;
    this.#slowest = new Slowest(options.top ?? 10);
  }

  /** One line of a log, or one message. Never throws. */
  line(text: string, source: string, number: number): void {
    this.#lines += 1;
    const observed = observe(text);
    if (observed instanceof MalformedLine) this.#bad(source, number, observed.reason);
    else this.#add(observed);
  }

  /** A line that is too long to be read. */
  tooLong(source: string, number: number): void {
    this.#lines += 1;
    this.#bad(source, number, 'it is over 16 MiB long');
  }

  /** Call it once. */
  report(): Report {
    const { top = 10, by } = this.#options;
    const minutes = Math.max(1_000, this.#last - this.#first) / 60_000;
    const operations = [...this.#operations.values()]
      .map((operation) =>
        operation.row(this.#last - (this.#objectives.limitOf(operation.operation) ?? Number.POSITIVE_INFINITY)),
      )
      .filter((row) => row.durations !== undefined || row.open + row.orphaned + row.ambiguous + row.skewed > 0)
      .sort((a, b) => b.ended - a.ended || compare(a.operation, b.operation));
    for (const [what, usage] of Object.entries({ users: this.#users, projects: this.#projects })) {
      if (usage.others > 0)
        this.#notes.add(`there are too many ${what}: ${usage.others} events are in no row of theirs`);
    }
    if (this.#eventRoom.left < 0 || this.#operationRoom.left < 0) {
      this.#notes.add('there are too many groups of too many event types: not all of them have a row');
    }
    const isEmpty = this.#notifications === 0;
    return {
      input: {
        lines: this.#lines,
        notifications: this.#notifications,
        duplicates: this.#duplicates,
        outside: this.#outside,
        malformed: this.#malformed,
        malformedLines: this.#badLines,
      },
      first: isEmpty ? undefined : isoTime(this.#first),
      last: isEmpty ? undefined : isoTime(this.#last),
      by,
      events: [...this.#kinds.values()].map((kind) => eventRow(kind, minutes)).sort(byCount),
      operations,
      objectives: this.#objectives.rows(),
      users: this.#users.top(top),
      projects: this.#projects.top(top),
      slowest: this.#slowest.rows(),
      notes: [...this.#notes],
      ...(this.#plots && { plots: this.#plots.result(operations.map(({ operation }) => operation)) }),
    };
  }

  #bad(source: string, line: number, reason: string): void {
    this.#malformed += 1;
    if (this.#badLines.length < MOST_BAD_LINES) this.#badLines.push({ source, line, reason });
  }

  #add(observed: Observation): void {
    const { time, messageId, eventType, userId, projectId, priority } = observed;
    const { since, until } = this.#options;
    if ((since !== undefined && time < since) || (until !== undefined && time >= until)) {
      this.#outside += 1;
      return;
    }
    if (messageId !== undefined && this.#ids.seen(messageId)) {
      this.#duplicates += 1;
      return;
    }
    this.#notifications += 1;
    if (time < this.#first) this.#first = time;
    if (time > this.#last) this.#last = time;
    const isError = priority === 'ERROR' || priority === 'CRITICAL';
    const kind = this.#kinds.get(eventType) ?? this.#newKind(eventType, observed);
    this.#count(kind, observed, isError);
    // The name that is kept, and not the one just read: a Map knows it again without looking at its letters.
    if (userId !== undefined) this.#users.add(userId, kind.eventType, isError);
    if (projectId !== undefined) this.#projects.add(projectId, kind.eventType, isError);
    this.#plots?.event(time, isError);
    const operations =
      kind.operations ?? (observed.durationMs === undefined ? undefined : this.#operationsOf(kind.role));
    if (operations === undefined) return;
    const timed = operations.add(observed, kind.role, this.#groupOf);
    if (timed !== undefined) this.#timed(operations.operation, timed);
    this.#untilWaitingIsCounted -= 1;
    if (this.#untilWaitingIsCounted === 0) this.#boundWaiting();
  }

  #timed(operation: string, timed: Timed): void {
    this.#objectives.add(operation, timed.durationMs);
    this.#slowest.add(operation, timed);
    this.#plots?.timed(operation, timed);
  }

  #newKind(eventType: string, observed: Observation): Kind {
    if (this.#kinds.size >= MOST_KINDS) {
      this.#notes.add(`there are over ${MOST_KINDS} event types: those that came later are counted as ${OTHER}`);
      const other = this.#kinds.get(OTHER);
      if (other !== undefined) return other;
    }
    const name = this.#kinds.size >= MOST_KINDS ? OTHER : eventType;
    const role = this.#roles.of(name);
    // What is only told, and says nothing of how long it took, is no operation.
    const isOperation = role.part !== 'single' || observed.durationMs !== undefined;
    const kind: Kind = {
      eventType: name,
      role,
      operations: isOperation ? this.#operationsOf(role) : undefined,
      count: 0,
      errors: 0,
      groups: new Map(),
    };
    this.#kinds.set(name, kind);
    return kind;
  }

  #operationsOf({ operation }: EventRole): Operations {
    let operations = this.#operations.get(operation);
    if (operations === undefined) {
      const isFull = this.#operations.size >= MOST_OPERATIONS;
      if (isFull) this.#notes.add(`there are over ${MOST_OPERATIONS} operations: those that came later are ${OTHER}`);
      const name = isFull ? OTHER : operation;
      operations = this.#operations.get(name) ?? new Operations(name, this.#operationRoom);
      this.#operations.set(name, operations);
    }
    return operations;
  }

  #count(kind: Kind, observed: Observation, isError: boolean): void {
    kind.count += 1;
    if (isError) kind.errors += 1;
    if (this.#options.by === undefined) return;
    const group = this.#groupOf(observed) ?? NOBODY;
    const counts = kind.groups.get(group);
    if (counts === undefined) {
      this.#eventRoom.left -= 1;
      if (this.#eventRoom.left >= 0) kind.groups.set(group, { count: 1, errors: isError ? 1 : 0 });
    } else {
      counts.count += 1;
      if (isError) counts.errors += 1;
    }
  }

  readonly #groupOf = ({ publisherId, projectId, userId }: Observation): string | undefined => {
    const { by } = this.#options;
    if (by === undefined) return undefined;
    const group = (by === 'publisher' ? publisherId : by === 'project' ? projectId : userId) ?? NOBODY;
    if (this.#groups.has(group)) return group;
    if (this.#groups.size >= MOST_GROUPS) {
      this.#notes.add(`there are over ${MOST_GROUPS} groups: those that came later are counted as ${OTHER}`);
      return OTHER;
    }
    this.#groups.add(group);
    return group;
  };

  /** Looked at after as many operations as may wait: so at most twice as many do. */
  #boundWaiting(): void {
    const all = [...this.#operations.values()].sort((a, b) => b.waiting - a.waiting);
    let tooMany = all.reduce((sum, { waiting }) => sum + waiting, 0) - MOST_WAITING / 2;
    if (tooMany > 0) {
      this.#notes.add(
        `over ${MOST_WAITING / 2} operations were open at a time: the oldest are counted as open, and their ends as orphaned`,
      );
    }
    for (const operations of all) {
      if (tooMany <= 0) break;
      const { waiting } = operations;
      operations.forget(tooMany);
      tooMany -= waiting;
    }
    this.#untilWaitingIsCounted = MOST_WAITING;
  }
}

function eventRow({ eventType, count, errors, groups }: Kind, minutes: number): EventRow {
  const rows: GroupRow[] = [...groups].map(([group, counts]) => ({
    group,
    ...counts,
    errorRate: counts.errors / counts.count,
  }));
  return {
    eventType,
    count,
    perMinute: Math.round((count / minutes) * 1_000) / 1_000,
    errors,
    errorRate: errors / count,
    ...(rows.length > 0 && { groups: rows.sort((a, b) => b.count - a.count || compare(a.group, b.group)) }),
  };
}

function byCount(a: EventRow, b: EventRow): number {
  return b.count - a.count || compare(a.eventType, b.eventType);
}
