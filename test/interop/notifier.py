"""An unmodified oslo.messaging notifier: sends what its standard input says, one JSON object a line.

Usage: notifier.py rabbit://user:password@host:port/vhost topic exchange driver [compression]
`driver` is messaging (version 1) or messagingv2. A line: {"priority", "context", "publisher_id", "event_type", "payload"}.
"""

import json
import sys
import tempfile

from oslo_config import cfg
import oslo_messaging


def main(url, topic, exchange, driver, compression=None):
    conf = cfg.ConfigOpts()
    with tempfile.NamedTemporaryFile('w', suffix='.conf') as file:
        if compression:
            file.write('[oslo_messaging_rabbit]\nkombu_compression = %s\n' % compression)
            file.flush()
        conf([], project='tidings-test', default_config_files=[file.name])
    oslo_messaging.set_transport_defaults(exchange)
    transport = oslo_messaging.get_notification_transport(conf, url=url)
    for line in sys.stdin:
        told = json.loads(line)
        notifier = oslo_messaging.Notifier(transport, told['publisher_id'], driver=driver, topics=[topic], retry=3)
        getattr(notifier, told['priority'])(told['context'], told['event_type'], told['payload'])
    transport.cleanup()


main(*sys.argv[1:])
