import { ConfigurationError } from '../notification/errors.js';
import type { JsonObject } from '../notification/json.js';
import type { NotificationContext } from '../notification/notification.js';
import { currentNotifier } from '../setup/current-notifier.js';
import type { AuditPeriod } from './audit-period.js';
import {
  checkDefinition,
  checkEmitOptions,
  type Definition,
  type EmitExistsOptions,
  type ExistsProgress,
} from './exists-options.js';
import { BadResourceError, type Described, describeResource } from './exists-resource.js';
import { ENVELOPE_BYTES, messageBytes } from './message-bytes.js';
import { OwnerGroups, type OwnerPart } from './owner-groups.js';
import { PacedSender } from './paced-sender.js';

/** What was told of one period. */
export interface ExistsReport {
  readonly eventType: string;
  readonly period: AuditPeriod;
  /**
   * - `told`: every message is confirmed by every driver, or on the spool's disk.
   * - `partly`: some messages were given up; `lost` says why.
   * - `disabled`: the operator has turned the event off, or no driver is configured that delivers. The source was not
   *   asked.
   * - `dry-run`: nothing was told; the numbers are those of what would be.
   */
  readonly outcome: 'told' | 'partly' | 'disabled' | 'dry-run';
  /** Resources that the source gave. */
  readonly read: number;
  /** Those that existed in the period, and are in the messages. */
  readonly resources: number;
  /** Those that did not exist in the period. */
  readonly outside: number;
  /** Those that are in no message because something is wrong with them. */
  readonly bad: number;
  /** The first few of them: which of the source's resources, from 1, and what was wrong. */
  readonly badExamples: readonly { readonly index: number; readonly why: string }[];
  readonly owners: number;
  readonly messages: number;
  /** Messages that were given up, by reason. */
  readonly lost: Readonly<Record<string, number>>;
}

const BAD_EXAMPLES = 10;
/** After so many resources the event loop turns, whatever the source. */
const TURN = 1_000;

/**
 * Tells what existed in an audit period: reads all resources of a source, and tells one message per owner, with the
 * bounds of the period and all of the owner's resources that existed at any time in it. What would be over
 * `maxMessageBytes` is split, with `part` and `parts` in the context.
 *
 * The source may have any order and any length: what memory has no room for is kept in temporary files. Nothing is told
 * before the source has ended, so a source that fails has told nothing. A resource that something is wrong with is
 * counted and left out. Messages wait for room in the queues, and none is dropped for want of it. Resolves when it is
 * known what became of all.
 *
 * @throws ConfigurationError for a wrong option, what the source throws, an error of the disk that temporary files are
 * on, or the reason of an aborted `signal`.
 */
export async function emitExists<R>(options: EmitExistsOptions<R>): Promise<ExistsReport> {
  const definition = checkDefinition(options);
  const notifier = options.notifier ?? currentNotifier();
  const checked = checkEmitOptions(options, new Date());
  const { period, dryRun, signal = new AbortController().signal, onProgress } = checked;
  const { eventType } = definition;
  const account = new Account(eventType, period);
  if (!dryRun && !notifier.isEnabled(eventType)) return account.report('disabled');

  const head = { [definition.ownerKey]: '', ...period.fields, [definition.listKey]: [] };
  const room = notifier.maxMessageBytes - ENVELOPE_BYTES - messageBytes(JSON.stringify(head));
  if (room < 1) {
    throw new ConfigurationError('maxMessageBytes', `is ${notifier.maxMessageBytes}; ${eventType} needs more`);
  }
  const groups = new OwnerGroups(checked.memoryBytes, room, checked.temporaryDirectory);
  try {
    const say = (phase: ExistsProgress['phase'], done: number, total?: number) => onProgress?.({ phase, done, total });
    for await (const resource of resourcesOf(definition, period, signal)) {
      account.read += 1;
      if (account.read % TURN === 0) {
        say('reading', account.read, checked.total);
        await new Promise((resolve) => setImmediate(resolve));
        signal.throwIfAborted();
      }
      const described = account.describe(definition, resource, room);
      const full = described && groups.add(described);
      if (full !== undefined) await full;
    }
    signal.throwIfAborted();
    say('reading', account.read, account.read);
    const sender = new PacedSender(notifier, signal);
    for await (const part of groups.parts()) {
      account.messages += 1;
      const message = messageOf(definition, period, part);
      if (!dryRun) await sender.send(message);
      say('telling', account.messages);
    }
    account.owners = groups.owners;
    await sender.settled();
    account.lost = sender.counts.lost;
    say('telling', account.messages, account.messages);
  } finally {
    await groups.dispose();
  }
  if (dryRun) return account.report('dry-run');
  return account.report(Object.keys(account.lost).length === 0 ? 'told' : 'partly');
}

async function* resourcesOf(
  { source }: Definition,
  period: AuditPeriod,
  signal: AbortSignal,
): AsyncGenerator<unknown, void, undefined> {
  const resources = typeof source === 'function' ? source(period, signal) : source;
  for await (const resource of resources) {
    signal.throwIfAborted();
    yield resource;
  }
}

function messageOf({ eventType, priority, ownerKey, listKey }: Definition, period: AuditPeriod, part: OwnerPart) {
  const payload: JsonObject = {
    [ownerKey]: JSON.parse(part.owner),
    ...period.fields,
    [listKey]: part.resources.map((json) => JSON.parse(json)),
  };
  const context: NotificationContext | undefined = part.parts > 1 ? { part: part.part, parts: part.parts } : undefined;
  const bytes = part.resources.reduce((sum, json) => sum + json.length, 0);
  return { eventType, priority, payload, context, bytes };
}

/** Counts what becomes of the resources of a source. */
class Account {
  readonly #eventType: string;
  readonly #period: AuditPeriod;
  readonly #badExamples: { index: number; why: string }[] = [];
  read = 0;
  messages = 0;
  owners = 0;
  lost: Readonly<Record<string, number>> = {};
  #resources = 0;
  #outside = 0;
  #bad = 0;

  constructor(eventType: string, period: AuditPeriod) {
    this.#eventType = eventType;
    this.#period = period;
  }

  /** What is to be told of the resource that was just read. `room`: the most bytes that it may take. */
  describe(definition: Definition, resource: unknown, room: number): Described | undefined {
    try {
      const described = describeResource(definition, resource, this.#period);
      if (described === undefined) {
        this.#outside += 1;
        return undefined;
      }
      if (described.bytes + described.owner.length * 7 > room) {
        throw new BadResourceError('it is too large for a message (maxMessageBytes)');
      }
      this.#resources += 1;
      return described;
    } catch (error) {
      if (!(error instanceof BadResourceError)) throw error;
      this.#bad += 1;
      if (this.#badExamples.length < BAD_EXAMPLES) {
        this.#badExamples.push({ index: this.read, why: error.message });
      }
      return undefined;
    }
  }

  report(outcome: ExistsReport['outcome']): ExistsReport {
    return {
      eventType: this.#eventType,
      period: this.#period,
      outcome,
      read: this.read,
      resources: this.#resources,
      outside: this.#outside,
      bad: this.#bad,
      badExamples: this.#badExamples,
      owners: this.owners,
      messages: this.messages,
      lost: this.lost,
    };
  }
}
