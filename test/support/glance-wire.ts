import { readFileSync } from 'node:fs';

/** What Glance 25.1 really sent, as it was recorded on the wire. */
export interface Wired {
  readonly eventType: string;
  readonly priority: string;
  readonly payload: unknown;
}

export function glanceWire(): Wired[] {
  return readFileSync('test/fixtures/glance-25.1-wire.jsonl', 'utf8')
    .trim()
    .split('\n')
    .map((line) => {
      const message = JSON.parse(JSON.parse(JSON.parse(line).body)['oslo.message']);
      return { eventType: message.event_type, priority: message.priority, payload: message.payload };
    });
}
