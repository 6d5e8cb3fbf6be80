/** As much of Express's request as is used here. */
export interface Request {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Set by the guard. */
  caller?: { readonly user: string; readonly project: string };
}
