/**
 * The name of a method as a word of an event type: `handleCreateImage` → `handle_create_image`, `parseURL` →
 * `parse_url`, `getHTTPResponse2` → `get_http_response2`, `listVMs` → `list_vms`.
 */
export function snakeCase(name: string): string {
  return (
    name
      .replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2')
      // The last capital of several begins the next word, unless a plural's `s` follows it.
      .replaceAll(/([A-Z])(?![A-Z]s(?![a-z0-9]))([A-Z][a-z])/g, '$1_$2')
      .toLowerCase()
  );
}
