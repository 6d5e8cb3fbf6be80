import { type CanActivate, type ExecutionContext, Injectable, UnauthorizedException } from '@nestjs/common';
import type { Request } from './request.js';

/** Stands in for a real one: the token is `<user>:<project>`. */
@Injectable()
export class TokenGuard implements CanActivate {
  canActivate(execution: ExecutionContext): boolean {
    const request = execution.switchToHttp().getRequest<Request>();
    const [user, project] = String(request.headers['x-auth-token'] ?? '').split(':');
    if (!user || !project) throw new UnauthorizedException();
    request.caller = { user, project };
    return true;
  }
}
