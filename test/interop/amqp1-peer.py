"""A small AMQP 1.0 broker on qpid-proton, which does as it is told.

Told on standard input and telling on standard output, one JSON object a line. What it has told of a message it has on
the receiving side's behalf before it accepts it. Ends with its standard input.

Usage: amqp1-peer.py PORT [CERT KEY CLIENT_CA|-]
"""
import json
import sys
import threading

from proton import Condition, Delivery, Message, SSLDomain, symbol
from proton.handlers import MessagingHandler
from proton.reactor import ApplicationEvent, Container, EventInjector


class Peer(MessagingHandler):
    def __init__(self, port, tls):
        super().__init__(prefetch=0, auto_accept=False, auto_settle=False)
        self.port = port
        self.tls = tls
        self.links = []
        self.held = []
        # What it does: see the commands in apply().
        self.outcome = 'accept'
        self.outcomes = []
        self.credit = 500
        self.unknown = []
        # Addresses that give each receiver that asks for a topic a copy.
        self.topics = []
        self.copies = 0
        self.max_message_size = 0
        # What it has for receivers, by address: delivery-count, and the body or the whole message in bytes.
        self.queues = {}
        self.receivers = []
        self.sent = {}

    def on_start(self, event):
        self.injector = EventInjector()
        event.container.selectable(self.injector)
        if self.tls:
            cert, key, ca = self.tls
            event.container.ssl.server.set_credentials(cert, key, None)
            if ca != '-':
                event.container.ssl.server.set_trusted_ca_db(ca)
                event.container.ssl.server.set_peer_authentication(SSLDomain.VERIFY_PEER, ca)
        scheme = 'amqps' if self.tls else 'amqp'
        self.acceptor = event.container.listen('%s://127.0.0.1:%s' % (scheme, self.port))
        threading.Thread(target=self.read, daemon=True).start()
        tell(event='ready')

    def read(self):
        for line in sys.stdin:
            self.injector.trigger(ApplicationEvent('command', subject=json.loads(line)))
        self.injector.trigger(ApplicationEvent('ended'))

    def on_ended(self, event):
        event.container.stop()

    def on_command(self, event):
        command = event.subject
        for name, value in command.items():
            if name in ('outcome', 'outcomes', 'unknown', 'topics', 'max_message_size'):
                setattr(self, name, value)
            elif name == 'credit':
                # Links have so much at all times, those that are there too.
                self.credit = value
                for link in self.links:
                    self.grant(link)
            elif name == 'new_credit':
                self.credit = value
            elif name == 'grant':
                for link in self.links:
                    link.flow(value)
            elif name == 'drain':
                for link in self.links:
                    link.drain(0)
            elif name == 'detach':
                for link in list(self.links):
                    if link.remote_target.address == value['address']:
                        self.refuse(link, value['condition'], value['description'])
            elif name == 'end_sessions':
                for link in self.links:
                    link.session.condition = Condition(value['condition'], value['description'])
                    link.session.close()
            elif name == 'close':
                for connection in {link.connection for link in self.links}:
                    connection.condition = Condition(value['condition'], value['description'])
                    connection.close()
            elif name == 'enqueue':
                self.queues.setdefault(value['address'], []).extend(value['messages'])
                for link in list(self.receivers):
                    self.send(link)
            elif name == 'answer_held':
                held, self.held = self.held, []
                for delivery in held:
                    self.answer(delivery, value)
        tell(event='done')

    def on_connection_opened(self, event):
        sasl = event.transport.sasl()
        tell(event='connection', mechanism=sasl.mech, container=event.connection.remote_container,
             hostname=event.connection.remote_hostname, idle=event.transport.remote_idle_timeout)

    def on_link_opening(self, event):
        link = event.link
        if not link.is_receiver:
            self.open_source(link)
            return
        address = link.remote_target.address
        tell(event='attach', address=address, links=len(self.links))
        if address in self.unknown:
            # proton opens the link, without a target, when this returns.
            self.injector.trigger(ApplicationEvent('unknown', link=link))
            return
        link.target.address = address
        link.max_message_size = self.max_message_size
        link.source.copy(link.remote_source)
        link.open()
        self.links.append(link)
        self.grant(link)

    def open_source(self, link):
        address = link.remote_source.address
        tell(event='attach_source', address=address)
        if address in self.unknown:
            self.injector.trigger(ApplicationEvent('unknown', link=link))
            return
        link.source.address = address
        if address in self.topics:
            link.source.capabilities.copy(link.remote_source.capabilities)
        link.target.copy(link.remote_target)
        link.open()
        self.receivers.append(link)

    def on_link_flow(self, event):
        if event.link.is_sender:
            tell(event='flow', address=event.link.remote_source.address, credit=event.link.credit)
            self.send(event.link)

    def send(self, link):
        queue = self.queues.get(link.source.address, [])
        while queue and link.credit > 0:
            item = queue.pop(0)
            delivery = link.delivery(str(id(item)) + str(len(self.sent)))
            self.sent[delivery.tag] = item
            link.send(bytes.fromhex(item['hex']) if 'hex' in item else encoded(item))
            link.advance()

    def on_accepted(self, event):
        self.settled(event, 'accepted')

    def on_rejected(self, event):
        condition = event.delivery.remote.condition
        self.settled(event, 'rejected', condition and condition.name, condition and condition.description)

    def on_released(self, event):
        delivery = event.delivery
        if delivery.remote_state == Delivery.MODIFIED:
            self.settled(event, 'failed' if delivery.remote.failed else 'modified')
        else:
            self.settled(event, 'released')

    def settled(self, event, outcome, condition=None, description=None):
        delivery = event.delivery
        address = event.link.source.address
        tell(event='settled', address=address, outcome=outcome, condition=condition, description=description)
        item = self.sent.pop(delivery.tag, None)
        delivery.settle()
        if item is not None and outcome in ('failed', 'modified', 'released'):
            item['count'] = item.get('count', 0) + (outcome == 'failed')
            self.queues[address].insert(0, item)
            self.send(event.link)

    def on_unknown(self, event):
        link = event.link
        address = (link.remote_target if link.is_receiver else link.remote_source).address
        self.refuse(event.link, 'amqp:not-found', 'there is no %s' % address)

    def on_link_closed(self, event):
        self.forget(event.link)

    def on_session_closing(self, event):
        for link in list(self.links) + list(self.receivers):
            if link.session == event.session:
                self.forget(link)

    def on_disconnected(self, event):
        for link in list(self.links) + list(self.receivers):
            if link.connection == event.connection:
                self.forget(link)
        tell(event='disconnected')

    def on_message(self, event):
        message, delivery = event.message, event.delivery
        outcome = self.outcomes.pop(0) if self.outcomes else self.outcome
        body = message.body
        is_text = isinstance(body, str)
        tell(event='message', address=event.link.remote_target.address, outcome=outcome, id=message.id,
             body=readable(body), section='value' if is_text else 'data',
             subject=message.subject, durable=message.durable, ttl=message.ttl, content_type=message.content_type,
             properties=message.properties)
        if outcome == 'hold':
            self.held.append(delivery)
        else:
            self.answer(delivery, outcome)
        self.grant(event.link)
        address = event.link.target.address
        for link in self.receivers:
            if address in self.topics and link.source.address == address:
                self.copies += 1
                link.delivery('copy %s' % self.copies)
                link.send(message.encode())
                link.advance()

    def answer(self, delivery, outcome):
        name, _, detail = outcome.partition(' ')
        if name == 'accept':
            delivery.update(Delivery.ACCEPTED)
        elif name == 'reject':
            if detail:
                condition, _, description = detail.partition(' ')
                info = None
                if description.startswith('reason='):
                    reason, _, description = description[len('reason='):].partition(' ')
                    info = {symbol('reason'): symbol(reason)}
                delivery.local.condition = Condition(condition, description, info)
            delivery.update(Delivery.REJECTED)
        elif name == 'release':
            delivery.update(Delivery.RELEASED)
        elif name == 'modify':
            delivery.local.failed = True
            delivery.local.undeliverable = detail == 'undeliverable'
            delivery.update(Delivery.MODIFIED)
        if name != 'accept-unsettled':
            delivery.settle()
        else:
            delivery.update(Delivery.ACCEPTED)

    def grant(self, link):
        missing = self.credit - link.credit
        if missing > 0:
            link.flow(missing)

    def refuse(self, link, condition, description):
        link.condition = Condition(condition, description)
        link.close()
        self.forget(link)

    def forget(self, link):
        if link in self.links:
            self.links.remove(link)
        if link in self.receivers:
            self.receivers.remove(link)


def encoded(item):
    message = Message(body=item['body'], id=item.get('id'), properties=item.get('properties'))
    message.delivery_count = item.get('count', 0)
    return message.encode()


def readable(body):
    if isinstance(body, str):
        return body
    return json.dumps(body) if isinstance(body, dict) else bytes(body).decode(errors='replace')


def tell(**what):
    sys.stdout.write(json.dumps(what) + '\n')
    sys.stdout.flush()


Container(Peer(int(sys.argv[1]), sys.argv[2:5])).run()
