import type { ForwarderStats } from './stats.js';

const OUTCOMES = ['forwarded', 'leftOut', 'duplicates', 'retried', 'dead', 'givenBack'] as const;

/** The stats in the text format of Prometheus, version 0.0.4. */
export function metricsText({ sources, sinks, transforms }: ForwarderStats): string {
  const lines = new Metrics();
  lines.head('tidings_forwarder_source_messages_total', 'counter', 'Messages of a source, by what became of them.');
  for (const [source, stats] of Object.entries(sources)) {
    for (const outcome of OUTCOMES) {
      lines.value({ source, outcome: snake(outcome) }, stats[outcome]);
    }
  }
  lines.head('tidings_forwarder_source_received_total', 'counter', 'Messages that a source gave.');
  for (const [source, stats] of Object.entries(sources)) lines.value({ source }, stats.received);
  lines.head('tidings_forwarder_source_pending', 'gauge', 'Messages of a source that are being forwarded.');
  for (const [source, { pending }] of Object.entries(sources)) lines.value({ source }, pending);
  lines.head('tidings_forwarder_source_up', 'gauge', '1 while a source gives messages.');
  for (const [source, { status }] of Object.entries(sources)) lines.value({ source }, status === 'up' ? 1 : 0);
  const help = 'Notifications for which a transform module gave nothing that can be forwarded.';
  lines.head('tidings_forwarder_transform_failures_total', 'counter', help);
  lines.value({ reason: 'failed' }, transforms.failed);
  lines.value({ reason: 'timed_out' }, transforms.timedOut);
  lines.head('tidings_forwarder_sink_delivered_total', 'counter', 'Notifications that a sink has confirmed.');
  for (const [sink, { delivered }] of Object.entries(sinks)) lines.value({ sink }, delivered);
  lines.head('tidings_forwarder_sink_dropped_total', 'counter', 'Notifications that were given up, by reason.');
  for (const [sink, { dropped }] of Object.entries(sinks)) {
    for (const [reason, count] of Object.entries(dropped)) lines.value({ sink, reason }, count);
  }
  lines.head('tidings_forwarder_sink_dead_total', 'counter', "Notifications in the spool's dead letters.");
  for (const [sink, { dead }] of Object.entries(sinks)) lines.value({ sink }, dead);
  lines.head('tidings_forwarder_sink_left_out_total', 'counter', 'Notifications that a sink is not for.');
  for (const [sink, { leftOut }] of Object.entries(sinks)) lines.value({ sink }, leftOut);
  lines.head('tidings_forwarder_sink_waiting', 'gauge', 'Notifications that wait for a sink.');
  for (const [sink, { waiting }] of Object.entries(sinks)) lines.value({ sink }, waiting);
  lines.head('tidings_forwarder_sink_up', 'gauge', '0 while a sink is down.');
  for (const [sink, { status }] of Object.entries(sinks)) lines.value({ sink }, status === 'down' ? 0 : 1);
  return lines.text;
}

class Metrics {
  text = '';
  #name = '';

  head(name: string, type: 'counter' | 'gauge', help: string): void {
    this.#name = name;
    this.text += `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`;
  }

  value(labels: Readonly<Record<string, string>>, value: number): void {
    const written = Object.entries(labels).map(([name, label]) => `${name}="${escaped(label)}"`);
    this.text += `${this.#name}{${written.join(',')}} ${value}\n`;
  }
}

/** What the format escapes, and nothing else. */
function escaped(label: string): string {
  return label.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}

function snake(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
