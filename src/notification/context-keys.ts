/** What may leave the process of a context by default: ids and times, nothing that lets a reader act for the user. */
export const DEFAULT_CONTEXT_KEYS: readonly string[] = [
  'request_id',
  'global_request_id',
  'user_id',
  'project_id',
  'domain_id',
  'operation_id',
  'parent_operation_id',
  'duration_ms',
  'traceparent',
  // Which of how many messages this is, where one would be too long.
  'part',
  'parts',
];
