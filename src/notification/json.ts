/** What JSON can carry. A notification's payload is always one of these, whatever the service had in its hands. */
export type JsonValue = string | number | boolean | null | readonly JsonValue[] | JsonObject;

export interface JsonObject {
  readonly [key: string]: JsonValue;
}
