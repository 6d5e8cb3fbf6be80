"""An unmodified oslo.messaging notification listener: prints each notification as one JSON line.

Usage: listener.py rabbit://user:password@host:port/vhost topic [exchange]
Prints "ready" when it listens; ends when its standard input does.
"""

import json
import sys
import threading

from oslo_config import cfg
import oslo_messaging


# Endpoints are called on several threads.
output = threading.Lock()


def say(line):
    with output:
        print(line, flush=True)


def printer(priority):
    def notified(self, ctxt, publisher_id, event_type, payload, metadata):
        say(json.dumps({
            'priority': priority,
            'ctxt': ctxt,
            'publisher_id': publisher_id,
            'event_type': event_type,
            'payload': payload,
            'metadata': metadata,
        }))
    return notified


PRIORITIES = ('audit', 'debug', 'info', 'warn', 'error', 'critical', 'sample')
Endpoint = type('Endpoint', (), {priority: printer(priority) for priority in PRIORITIES})


def main(url, topic, exchange=None):
    transport = oslo_messaging.get_notification_transport(cfg.ConfigOpts(), url=url)
    target = oslo_messaging.Target(topic=topic, exchange=exchange)
    listener = oslo_messaging.get_notification_listener(transport, [target], [Endpoint()], executor='threading')
    listener.start()
    say('ready')
    sys.stdin.read()
    listener.stop()
    listener.wait()
    transport.cleanup()


main(*sys.argv[1:])
