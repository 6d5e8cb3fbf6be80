/**
 * Who is calling: what the identity service in front of this one has found out. `null` is "nobody said so"; images
 * without a project belong to all callers without a project.
 */
export interface Caller {
  readonly requestId: string;
  readonly userId: string | null;
  readonly projectId: string | null;
  readonly address: string | null;
}
