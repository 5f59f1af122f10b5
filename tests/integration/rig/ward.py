"""A ward of printers, each with another thing wrong with it, on one Fuse: all are ill at the same time, so that those that
take half a minute to show it cost that once. Addresses: 127.0.42.0/24. The stories: test_link_faults.py.
"""
import datetime
import pathlib
import ssl
import subprocess
import tempfile
import threading
import time

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from . import fuse as rig_fuse
from . import http, links, printers, tlspeer
from .links import idle
from .waiting import wait_until

PATIENTS = {}


class Patient:
    def __init__(self, case, fault: str, phase: str, words: str, remedy: str, slow: bool):
        self.case, self.fault, self.phase, self.words, self.remedy, self.slow = case, fault, phase, words, remedy, slow
        number = len(PATIENTS) + 1
        self.serial, self.address = f"01P00A42{number:07}", f"127.0.42.{number}"
        self.code = f"Cd{number:03}xyzzy"
        self.peer = self.diagnosis = self.thread = self.error = None


def patient(fault: str, phase: str, words: str, remedy: str, slow: bool = False):
    """A case: brings up what stands at patient.address and adds it to the ward."""
    def note(case):
        PATIENTS[case.__name__] = Patient(case, fault, phase, words, remedy, slow)
        return case
    return note


class Ward:
    def __init__(self, folder: pathlib.Path):
        self.ca = printers.OwnIssuer()
        self.fuse = rig_fuse.Fuse(name="test_link_faults")
        (self.fuse.state / "ca.d").mkdir(parents=True)
        (self.fuse.state / "ca.d" / "own.pem").write_bytes(self.ca.pem())
        self.fuse.state.chmod(0o755)
        self.fuse.start()
        self.rest = http.Http(self.fuse, timeout_s=75)
        self.watch, self.troupe = links.Watch(self.fuse), links.Troupe(folder)
        for one in PATIENTS.values():
            one.case(self, one)
            if one.slow:
                one.thread = threading.Thread(target=self._diagnose, args=(one,), daemon=True)
                one.thread.start()

    def _diagnose(self, one):
        try:
            one.diagnosis = self.steps(one)
        except Exception as error:  # pylint: disable=broad-except
            one.error = error

    def steps(self, one) -> list:
        wait_until(lambda: one.serial in self.watch.rows, 20)
        return self.rest.get(f"/api/v1/printers/{one.serial}/diagnosis").json()["steps"]

    def add(self, one, pin: str = "", code: str = None, model: str = "", address: str = None):
        links.add(self.fuse, one.serial, address or one.address, code=one.code if code is None else code, pin=pin,
                  model=model)

    def stranger(self, one, chain: bytes, key: bytes, pin: str = ""):
        """A TLS server that keeps every byte of the wire."""
        one.peer = self.troupe.peer(tlspeer.Peer, one.address, 8883, tlspeer.tls(context_of(chain, key)))
        self.add(one, pin)

    def actor(self, one, play, model: str = ""):
        """A printer that has proved itself and then plays a part."""
        chain, key = printers.self_signed(one.serial)
        one.peer = self.troupe.peer(links.Actor, one.address, chain, key, play)
        self.add(one, printers.fingerprint(chain), model=model)

    def printer(self, one, model: str = "", **options):
        one.peer = self.troupe.printer(one.serial, one.address, **{"code": one.code, **options})
        self.add(one, one.peer.fingerprint, model=model)

    def close(self):
        self.watch.close()
        self.troupe.close()
        self.fuse.close()


def context_of(chain: bytes, key: bytes) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.maximum_version = context.minimum_version = ssl.TLSVersion.TLSv1_2
    with tempfile.NamedTemporaryFile() as chain_file, tempfile.NamedTemporaryFile() as key_file:
        chain_file.write(chain), key_file.write(key)
        chain_file.flush(), key_file.flush()
        context.load_cert_chain(chain_file.name, key_file.name)
    return context


# -- no way ---------------------------------------------------------------------------------------------

@patient("no-access-code", "setup", "has no access code", "Settings > WLAN > Access Code")  # as on a P1S
def no_access_code(ward, one):
    ward.add(one, code="")


@patient("no-route", "route", "127.255.255.255: this computer is not connected to that network", "switched on")
def no_route(ward, one):
    ward.add(one, address="127.255.255.255")


@patient("no-answer", "route", "does not answer", "Guest networks", slow=True)
def switched_off(ward, one):
    hole = tlspeer.Blackhole(one.address, 8883)
    hole.close = lambda: hole.__exit__()
    ward.troupe.made.append(hole)
    ward.add(one)


@patient("refused", "tcp", "refuses connections at port 8883", "LAN Only Mode")
def refuses(ward, one):
    ward.add(one)


# -- TLS ---------------------------------------------------------------------------------------------------

@patient("tls-failed", "tls", "a secure connection fails", "Restart the printer")
def sends_garbage(ward, one):
    one.peer = ward.troupe.peer(tlspeer.Peer, one.address, 8883, tlspeer.garbage)
    ward.add(one)


@patient("tls-failed", "tls", "a secure connection fails", "another device has this address")
def is_a_web_server(ward, one):
    one.peer = ward.troupe.peer(tlspeer.Peer, one.address, 8883, tlspeer.web_server)
    ward.add(one)


@patient("tls-failed", "tls", "a secure connection fails", "Restart the printer")
def closes_at_once(ward, one):
    one.peer = ward.troupe.peer(tlspeer.Peer, one.address, 8883, tlspeer.close_at_once)
    ward.add(one)


@patient("tls-silent", "tls", "takes the connection at port 8883 and then says nothing", "wait a minute", slow=True)
def hangs_in_tls(ward, one):
    one.peer = ward.troupe.peer(tlspeer.Peer, one.address, 8883, tlspeer.silent)
    ward.add(one)


@patient("tls-silent", "tls", "takes the connection at port 8883 and then says nothing", "wait a minute", slow=True)
def shows_the_right_certificate_without_its_key(ward, one):
    """Anybody can show it: the key is proved at the end of the handshake only, which never comes."""
    chain, key = printers.self_signed(one.serial)
    one.peer = ward.troupe.peer(tlspeer.Peer, one.address, 8883,
                                tlspeer.hang_before_the_end_of_the_handshake(context_of(chain, key)))
    ward.add(one, pin=printers.fingerprint(chain))


# -- who it is -----------------------------------------------------------------------------------------------

@patient("another-printer", "identity", "Another printer answers at", "The access code was not sent")
def another_serial(ward, one):
    ward.stranger(one, *ward.ca.issue("01P00A999999999"))


@patient("another-printer", "identity", "Another printer answers at", "The access code was not sent")
def another_serial_with_the_approved_certificate(ward, one):
    chain, key = printers.self_signed("01P00A888888888")
    ward.stranger(one, chain, key, printers.fingerprint(chain))


@patient("serial-case", "identity", "writes its serial number 01p00a42", "Upper and lower case count")
def another_case(ward, one):
    ward.stranger(one, *ward.ca.issue(one.serial.lower()))


@patient("not-a-printer", "identity", "names no serial number", "Compare the address")
def names_nobody(ward, one):
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Router")])
    now = datetime.datetime.utcnow()
    leaf = (x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
            .serial_number(5).not_valid_before(now - datetime.timedelta(days=1))
            .not_valid_after(now + datetime.timedelta(days=1)).sign(key, hashes.SHA256()))
    ward.stranger(one, leaf.public_bytes(serialization.Encoding.PEM), printers.key_pem(key))


@patient("not-trusted-yet", "identity", "nobody known vouches", "fusectl trust 01P00A42")
def nobody_vouches(ward, one):
    ward.stranger(one, *printers.self_signed(one.serial))


@patient("fingerprint-changed", "identity", "another certificate than the one that you have approved", "factory reset")
def changed_certificate(ward, one):
    ward.stranger(one, *printers.self_signed(one.serial), pin="ab" * 32)


@patient("clock-wrong", "identity", "is not valid at 20", "out of date since")
def expired(ward, one):
    now = datetime.datetime.utcnow()
    ward.stranger(one, *ward.ca.issue(one.serial, not_before=now - datetime.timedelta(days=30),
                                      not_after=now - datetime.timedelta(days=2)))


@patient("clock-wrong", "identity", "is not valid at 20", "valid only from")
def not_yet_valid(ward, one):
    now = datetime.datetime.utcnow()
    ward.stranger(one, *ward.ca.issue(one.serial, not_before=now + datetime.timedelta(days=300),
                                      not_after=now + datetime.timedelta(days=3000)))


# -- login and subscription --------------------------------------------------------------------------------------

@patient("code-refused", "login", "refuses the access code", "It changes each time LAN Only Mode")
def another_code(ward, one):
    one.peer = ward.troupe.printer(one.serial, one.address, code="another1")
    ward.add(one, one.peer.fingerprint)


def answers_login_with(code: int):
    def play(line):
        line.read_packet()
        line.send(printers.packet(links.CONNACK, bytes([0, code])))
        line.wait_end()
    return play


@patient("login-refused", "login", "it says that it is busy", "Too many programs")
def busy(ward, one):
    ward.actor(one, answers_login_with(3))


@patient("login-refused", "login", "it gives reason 2", "Too many programs")
def does_not_like_our_id(ward, one):
    ward.actor(one, answers_login_with(2))


@patient("login-silent", "login", "does not answer the login", "starting or overloaded", slow=True)
def answers_no_login(ward, one):
    ward.actor(one, lambda line: line.wait_end())


@patient("subscribe-refused", "subscribe", "does not let Fuse listen", "compare the serial number")
def refuses_the_subscription(ward, one):
    def play(line):
        line.accept_login()
        while (packet := line.read_packet())[0] >> 4 != 8:
            pass
        line.send(printers.packet(links.SUBACK, packet[1][:2] + b"\x80"))
        line.wait_end()
    ward.actor(one, play)


@patient("subscribe-refused", "subscribe", "does not let Fuse listen", "Restart the printer", slow=True)
def answers_no_subscription(ward, one):
    def play(line):
        line.accept_login()
        line.wait_end()
    ward.actor(one, play)


# -- reports ------------------------------------------------------------------------------------------------------

def accept(line):
    line.accept_login()
    line.accept_subscription()


@patient("dropped-at-start", "reports", "as soon as Fuse listens", "Too many programs")
def drops_after_the_subscription(ward, one):
    ward.actor(one, accept)


@patient("silent", "reports", "has said nothing for", "connects anew by itself", slow=True)
def accepts_and_stays_silent(ward, one):
    def play(line):
        accept(line)
        line.wait_end()
    ward.actor(one, play, model="X1C")


@patient("bad-reports", "live", "cannot be read: is not JSON", "last good report")
def talks_nonsense(ward, one):
    ward.printer(one)
    links.wait_live(ward.fuse, one.serial)
    one.peer.publish(b"\x00\x01garbage" * 100)


@patient("developer-mode-off", "live", "refuses commands and prints", "Switch it on at the printer")
def developer_mode_off(ward, one):
    ward.printer(one, report=idle(fun="20000000"))


@patient("storage-missing", "live", "no microSD card is in it", "no print can be sent")
def no_storage(ward, one):
    ward.printer(one, report=idle(sdcard=False, home_flag=0))


@patient("upgrading", "live", "is updating its firmware", "Leave it switched on")
def updates_its_firmware(ward, one):
    ward.printer(one, report=idle(upgrade_state={"status": "FLASHING", "progress": "12"}))


def version(number: str) -> list:
    return [{"name": "ota", "product_name": "Bambu Lab P1S", "sw_ver": number, "hw_ver": "OTA", "sn": "x"}]


@patient("firmware-changed", "live", "has changed from 01.08.01.00 to 01.09.00.00", "Developer Mode is still on")
def another_firmware_since_the_last_time(ward, one):
    ward.printer(one, modules=version("01.08.01.00"))
    links.wait_link(ward.fuse, one.serial, firmware="01.08.01.00")
    one.peer.stop()
    one.peer.modules = version("01.09.00.00")
    one.peer.start()
    with ward.fuse.ctl() as ctl:
        ctl.request("RECONNECT", {"serial": one.serial}, "worker", links.slot(ward.fuse, one.serial))


@patient("taken-over", "reports", "again and again", "a second Fuse with the same data")
def others_use_our_id(ward, one):
    """Two more with our client id: mosquitto_sub comes back whenever it is thrown out. Once that is told, they go away,
    and the diagnosis waits until the link holds."""
    ward.printer(one)
    links.wait_live(ward.fuse, one.serial)
    client_id = one.peer.subscriptions()[0].split()[0]
    command = ["mosquitto_sub", "-h", one.address, "-p", "8883", "--cafile", str(one.peer.dir / "cert.pem"),
               "--insecure", "-u", "bblp", "-P", one.peer.code, "-i", client_id, "-t",
               f"device/{one.serial}/report"]
    one.takers = [subprocess.Popen(["setpriv", "--pdeathsig", "KILL", *command], stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL) for _ in range(2)]


@patient("silent", "reports", "has said nothing for", "switch the printer off and on")
def freezes(ward, one):
    ward.printer(one, model="X1C")
    links.wait_live(ward.fuse, one.serial)
    one.peer.freeze()


FLAP_S, FLAPS = 3, 5


@patient("lost", "reports", "was lost", "Wi-Fi is weak")
def flaps_every_three_seconds(ward, one):
    """Its Wi-Fi: gone for three seconds, there for three seconds."""
    # In another network: who looks for the printer must not find it past the bad way.
    real = ward.troupe.printer(one.serial, f"127.1.42.{100 + len(PATIENTS)}", code=one.code)
    one.peer = ward.troupe.peer(links.Meddler, one.address, (real.address, 8883))
    ward.add(one, real.fingerprint)
    links.wait_live(ward.fuse, one.serial)
    one.thread = threading.Thread(target=flap, args=(one.peer,), daemon=True)
    one.thread.start()


def flap(meddler):
    for _ in range(FLAPS):
        meddler.shut()
        time.sleep(FLAP_S)
        meddler.open()
        time.sleep(FLAP_S)


WITH_A_STORY = ["others_use_our_id", "freezes", "flaps_every_three_seconds"]
SLOW = [name for name, one in PATIENTS.items() if one.slow]
QUICK = [name for name in PATIENTS if name not in SLOW + WITH_A_STORY]
