import type { Request } from './request.js';

/** The ids that stand beside everything that is told in a request. Behind the guard they are there. */
export function callerOf({ caller }: Request): { user_id?: string; project_id?: string } {
  return caller === undefined ? {} : { user_id: caller.user, project_id: caller.project };
}
