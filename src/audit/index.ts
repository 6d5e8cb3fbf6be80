export {
  type AuditPeriod,
  type AuditPeriodFields,
  type AuditPeriodOptions,
  type AuditPeriodUnit,
  auditPeriod,
} from './audit-period.js';
export { type DueExistsOptions, type DueExistsReport, emitDueExists } from './due-exists.js';
export { type ExistsReport, emitExists } from './emit-exists.js';
export type { EmitExistsOptions, ExistsDefinition, ExistsProgress, ExistsSource, Lifetime } from './exists-options.js';
export { type FilePeriodStoreOptions, filePeriodStore } from './file-period-store.js';
export type { PeriodLock, PeriodStore, ToldPeriod } from './period-store.js';
export {
  type PostgresClient,
  type PostgresPeriodStoreOptions,
  type PostgresPool,
  postgresPeriodStore,
} from './postgres-period-store.js';
export { type ExistsSchedule, type ScheduleExistsOptions, scheduleExists } from './schedule-exists.js';
