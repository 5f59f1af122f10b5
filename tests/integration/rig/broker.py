"""A small broker of our own that plays one printer: MQTT 3.1.1 as the standard has it, in the manners that a broker may
choose. What Fuse was seen to do right with Mosquitto must not be right by Mosquitto's habits only.
"""
import contextlib
import json
import queue
import ssl
import threading
import time

from . import links, printers

CONNECT, PUBLISH, PUBACK, SUBSCRIBE, PINGREQ, DISCONNECT = 1, 3, 4, 8, 12, 14


class Manners:
    """
    session_present  what CONNACK says of it (a broker that takes no notice of "clean session" says 1)
    late_s           so long the login takes
    grants           the QoS that is granted, and with which reports come
    retained         a report of earlier that is given to who subscribes
    pieces           so many bytes go out at a time; 0 = all at once
    tls13            TLS 1.3 is offered, too
    acknowledges     publishes of QoS 1 are acknowledged: "at once", "late" (after the answer) or "never"
    window           so many reports of QoS 1 go out unacknowledged; then it waits
    """

    def __init__(self, session_present=0, late_s=0, grants=0, retained=None, pieces=0, tls13=False,
                 acknowledges="at once", window=20):
        self.session_present, self.late_s, self.grants, self.retained = session_present, late_s, grants, retained
        self.pieces, self.tls13, self.acknowledges, self.window = pieces, tls13, acknowledges, window


class Printer:
    """A printer with this broker in it. `report` is its full report; `requests` what it was asked."""

    def __init__(self, troupe, serial: str, address: str, manners: Manners, report: dict):
        self.serial, self.manners, self.report = serial, manners, report
        self.requests, self.waiting = [], None
        self.unacknowledged, self.acknowledged = set(), threading.Condition()
        self.code = "12345678"
        chain, key = printers.self_signed(serial)
        self.fingerprint = printers.fingerprint(chain)
        self.actor = troupe.peer(links.Actor, address, chain, key, self._serve)
        if manners.tls13:
            self.actor.context.maximum_version = ssl.TLSVersion.TLSv1_3
        self._numbers = iter(range(1, 65536))

    # -- out -------------------------------------------------------------------------------------------

    def _write(self, line, waiting: queue.SimpleQueue):
        """One line's only writer: in the order of the queue, and as many reports at once as the window permits."""
        with contextlib.suppress(OSError):
            while (one := waiting.get()) is not None:
                data, number = one
                with self.acknowledged:
                    self.acknowledged.wait_for(lambda: number is None or len(self.unacknowledged) < self.manners.window)
                    self.unacknowledged |= {number} - {None}
                for i in range(0, len(data), self.manners.pieces or len(data)):
                    line.send(data[i:i + (self.manners.pieces or len(data))])

    def _send(self, first_byte: int, body: bytes):
        self.waiting.put((printers.packet(first_byte, body), None))

    def publish(self, payload: dict, retain: bool = False):
        """With QoS 1 it comes twice, the second time with the mark of a duplicate."""
        topic = f"device/{self.serial}/report".encode()
        start, end = len(topic).to_bytes(2, "big") + topic, json.dumps(payload).encode()
        if self.manners.grants == 0:
            self._send(PUBLISH << 4 | retain, start + end)
            return
        number = next(self._numbers)
        body = start + number.to_bytes(2, "big") + end
        twice = [printers.packet(PUBLISH << 4 | 2 | again | retain, body) for again in (0, 8)]
        self.waiting.put((b"".join(twice), number))

    # -- in --------------------------------------------------------------------------------------------

    def _serve(self, line):
        self.waiting = queue.SimpleQueue()
        threading.Thread(target=self._write, args=(line, self.waiting), daemon=True).start()
        try:
            self._read(line)
        finally:
            self.waiting.put(None)

    def _read(self, line):
        while True:
            kind, body = line.read_packet()
            if kind >> 4 == CONNECT:
                assert body[:8] == b"\0\4MQTT\4\xc2", body[:8]  # 3.1.1; user, password, clean session, no will
                time.sleep(self.manners.late_s)
                right = body.endswith(len(self.code).to_bytes(2, "big") + self.code.encode()) and b"\0\4bblp" in body
                self._send(0x20, bytes([self.manners.session_present, 0 if right else 5]))
            elif kind >> 4 == SUBSCRIBE:
                self._send(0x90, body[:2] + bytes([self.manners.grants]))
                if self.manners.retained is not None:
                    self.publish(self.manners.retained, retain=True)
            elif kind >> 4 == PUBLISH:
                self._on_publish(kind, body)
            elif kind >> 4 == PUBACK:
                with self.acknowledged:
                    self.unacknowledged.discard(int.from_bytes(body, "big"))
                    self.acknowledged.notify_all()
            elif kind >> 4 == PINGREQ:
                self._send(0xD0, b"")
            elif kind >> 4 == DISCONNECT:
                return

    def _on_publish(self, kind: int, body: bytes):
        end = 2 + int.from_bytes(body[:2], "big")
        assert body[2:end].decode() == f"device/{self.serial}/request" and not kind & 9, "no duplicate, nothing retained"
        number, payload = (body[end:end + 2], body[end + 2:]) if kind & 6 else (None, body[end:])
        if number and self.manners.acknowledges == "at once":
            self._send(0x40, number)
        request = json.loads(payload)
        self.requests.append(request)
        self._answer(request)
        if number and self.manners.acknowledges == "late":
            self._send(0x40, number)

    def _answer(self, request: dict):
        (section, inner), = request.items()
        if section == "pushing":
            self.publish(self.report)
        elif section == "info":
            self.publish({"info": {**inner, "module": [{"name": "ota", "sw_ver": "01.02.03.04", "sn": self.serial}]}})
        else:
            self.publish({section: {**inner, "sequence_id": int(inner["sequence_id"]), "result": "SUCCESS"}})
