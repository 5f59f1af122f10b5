"""Printers' storage behind FTPS: implicit TLS 1.2 at port 990 of an address of their own, a certificate with CN = serial, the user
bblp with the access code.

	with FtpsPrinter("01P00A000000001", "127.0.40.7", "12345678", ca=issuer) as printer:
	    …                                      # the client under test sends /name.gcode.3mf
	    printer.files()                        # {"/name.gcode.3mf": 1234}
	    printer.sha256("/name.gcode.3mf")
	    printer.commands                       # ["USER bblp", "PASS …", "PBSZ 0", …]
	    printer.answers["STOR"] = "552 no space"   # and whatever else can go wrong, see FtpsPrinter

FtpsPrinter is pyftpdlib's server with everything that printers were seen to do wrong; it needs no root but for the port.
VsftpdPrinter is the real vsftpd, which some models have inside: it wants the session of the control channel resumed on the data
channel. Its users are in a private /etc/passwd that it alone sees, so it needs root (POSSIBLE).
"""
import collections
import contextlib
import hashlib
import logging
import os
import pathlib
import re
import shlex
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import warnings

from OpenSSL import SSL

with warnings.catch_warnings():  # of parts of Python that the next one has not
    warnings.simplefilter("ignore", DeprecationWarning)
    import crypt
    from pyftpdlib import authorizers, filesystems, handlers, ioloop, servers

from . import ca as authority
from . import printers, procfs
from .waiting import wait_until

PORT = 990 if os.geteuid() == 0 else 10990  # the printers' own is for root alone
POSSIBLE = subprocess.run(["unshare", "--mount", "true"], stderr=subprocess.DEVNULL).returncode == 0

# Only what is wrong with the rig itself, and not on the terminal.
logging.getLogger("pyftpdlib").setLevel(logging.ERROR)
logging.getLogger("pyftpdlib").addHandler(logging.NullHandler())


class Storage:
    """What both have: a certificate, and a folder as the card or stick."""

    def __init__(self, serial: str, address: str, code: str, ca, name: str, port: int):
        self.serial, self.address, self.code, self.port = serial, address, code, port
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix=f"ftps-{serial[-6:]}-"))
        self.dir.chmod(0o711)
        self.card = self.dir / "card"
        self.card.mkdir()
        self.fingerprint = self._certify("control", serial if name is None else name, ca)

    def _certify(self, which: str, common_name: str, ca) -> str:
        """Write a new certificate and its key; returns the fingerprint."""
        if common_name == "":
            issued = authority.Authority().printer("", names=[])
            chain, key = issued.chain_file.read_bytes(), issued.key_file.read_bytes()
        elif ca is None:
            chain, key = printers.self_signed(common_name)
        elif hasattr(ca, "issue"):
            chain, key = ca.issue(common_name)
        else:
            issued = ca.printer(common_name)
            chain, key = issued.chain_file.read_bytes(), issued.key_file.read_bytes()
        (self.dir / f"{which}.pem").write_bytes(chain)
        (self.dir / f"{which}.key").write_bytes(key)
        return printers.fingerprint(chain)

    def files(self) -> dict:
        """Path and size of every file."""
        return {f"/{path.relative_to(self.card)}": path.stat().st_size for path in self.card.rglob("*") if path.is_file()}

    def read(self, path: str) -> bytes:
        return (self.card / path.lstrip("/")).read_bytes()

    def put(self, path: str, content: bytes):
        target = self.card / path.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)

    def sha256(self, path: str) -> str:
        digest = hashlib.sha256()
        with open(self.card / path.lstrip("/"), "rb") as content:
            while piece := content.read(1 << 20):
                digest.update(piece)
        return digest.hexdigest()

    def said(self, command: str) -> list:
        """The arguments of each such command that came."""
        return [line.partition(" ")[2] for line in self.commands if line.partition(" ")[0] == command]

    def _stands(self) -> bool:
        with contextlib.suppress(OSError):
            socket.create_connection((self.address, self.port), 5).close()
            return True
        return False

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.close()


# -- pyftpdlib -------------------------------------------------------------------------------------------

Channel = collections.namedtuple("Channel", "kind version sni resumed")


def _channel(kind: str, connection) -> Channel:
    # pyOpenSSL has no name of its own for whether a session was resumed.
    resumed = bool(SSL._lib.SSL_session_reused(connection._ssl))
    sni = connection.get_servername()
    return Channel(kind, connection.get_protocol_version_name(), sni.decode() if sni else None, resumed)


class _Data(handlers.TLS_DTPHandler):
    """A data channel: its handshake begins with the command, as on printers, and not before."""

    def __init__(self, sock, cmd_channel):
        self.printer, self.final_said = cmd_channel.printer, False
        super(handlers.TLS_DTPHandler, self).__init__(sock, cmd_channel)

    def _secure(self):
        if self.cmd_channel._prot and not self._ssl_requested:
            self.secure_connection(self.printer.data_context)

    def handle_read_event(self):
        if not self._initialized:  # a ClientHello before the command: it would be lost
            self.printer.early_hellos += 1
            self.modify_ioloop_events(0)
        elif self.receive and self._ssl_established and not self._ssl_closing:
            self._take()
        else:
            super().handle_read_event()

    def readable(self):
        return not self._initialized or super().readable()

    def enable_receiving(self, type, cmd):
        self._secure()
        super().enable_receiving(type, cmd)

    def push(self, data):
        self._secure()
        super().push(data)

    def push_with_producer(self, producer):
        self._secure()
        super().push_with_producer(producer)

    def handle_ssl_established(self):
        channel = _channel("data", self.socket)
        self.printer.channels.append(channel)
        if self.printer.wants_resumption and not channel.resumed:
            self._resp, self.final_said = ("522 SSL connection failed: session reuse required", logging.debug), True
            self._end()

    def _end(self):
        """Without TLS's closing words."""
        self._error = True
        self.close()

    def recv(self, buffer_size):
        stops = [at - self.tot_bytes_received for at in (self.printer.cut_at, self.printer.stall_at) if at is not None]
        data = super().recv(max(1, min(buffer_size, *stops)) if stops else buffer_size)
        self.printer.received += len(data)
        if self.printer.says_at and self.printer.received >= self.printer.says_at[0]:
            text, self.printer.says_at = self.printer.says_at[1], None
            self.cmd_channel.respond(text)
        return data

    def _take(self):
        """What has come of a file."""
        if self._stops_at(self.printer.stall_at):
            self.modify_ioloop_events(0)
            self.call_later(0.02, self._go_on)
        elif self._stops_at(self.printer.cut_at):
            self._resp = ("426 Failure reading network stream.", logging.debug)
            self._end()
        else:
            if self.printer.loses_from is not None and not isinstance(self.file_obj, _Forgetful):
                self.file_obj = _Forgetful(self.file_obj, self.printer.loses_from)
            before = self.tot_bytes_received
            super().handle_read_event()
            if self.printer.rate and not self._closed:
                self.modify_ioloop_events(0)
                self.call_later((self.tot_bytes_received - before) / self.printer.rate, self._go_on)

    def _stops_at(self, at) -> bool:
        return at is not None and self.tot_bytes_received >= at

    def _go_on(self):
        if self._stops_at(self.printer.stall_at):
            self.call_later(0.02, self._go_on)
        else:
            self.modify_ioloop_events(self.ioloop.READ)

    def _was_truncated(self) -> bool:
        """It ended without TLS's closing words: as vsftpd, this takes such a file for a part."""
        return self._ssl_established and not self.socket.get_shutdown() & SSL.RECEIVED_SHUTDOWN

    def close(self):
        if self._resp and self.receive and not self.final_said and not self._closed:
            self.final_said = True
            if self._was_truncated():
                self._resp = ("426 Failure reading network stream.", logging.debug)
                self.printer.truncated += 1
            self._final()
        if self.printer.rude and not self.receive:
            self._error = True
        super().close()

    def _final(self):
        """What is said of a transfer, and when."""
        text = self._resp[0] if self.printer.final is None else self.printer.final
        if not self.printer.final_delay_s and text and not self.printer.leaves_after("STOR"):
            self._resp = (text, logging.debug)
            return
        self._resp = ()
        self.ioloop.call_later(self.printer.final_delay_s + 0.0001, self.cmd_channel.say_late, text, "STOR")


class _Forgetful:
    """A file that keeps only its beginning."""

    def __init__(self, file, most: int):
        self.file, self.left, self.name = file, most, file.name

    closed = property(lambda self: self.file.closed)

    def write(self, data):
        self.file.write(data[:self.left])
        self.left -= min(len(data), self.left)

    def close(self):
        self.file.close()


class _Control(handlers.TLS_FTPHandler):
    printer = None  # of the subclass that each FtpsPrinter makes
    dtp_handler, auth_failed_timeout, banner, use_sendfile = _Data, 0, "printer", False
    tls_control_required = tls_data_required = True
    proto_cmds = {name: rule for name, rule in handlers.TLS_FTPHandler.proto_cmds.items()
                  if name not in ("MLSD", "MLST", "REST", "APPE", "FEAT", "EPSV", "EPRT")}

    @classmethod
    def get_ssl_context(cls):
        return cls.printer.context

    def handle(self):
        self.printer.connections += 1
        self.secure_connection(self.ssl_context)

    def handle_ssl_established(self):
        self.printer.channels.append(_channel("control", self.socket))
        if "" in self.printer.silent:
            return
        greeting = self._answer_for("")
        if greeting is not None:
            self._give(greeting, "")
        else:
            super().handle()

    def respond(self, resp, logfun=None):
        # pyftpdlib says 125 when the data channel stands already; printers say 150 all the same.
        text = f"150{resp[3:]}" if resp.startswith("125") else resp
        super().respond(self.printer.forms.get(text[:3], str)(text))

    def push(self, data):
        step = self.printer.pieces or len(data)
        for at in range(0, len(data), step):
            super().push(data[at:at + step])

    def say_late(self, text: str, command: str):
        if self._closed:
            return
        if text:
            self.respond(text)
        if self.printer.leaves_after(command):
            self.close_when_done()

    def _answer_for(self, command: str):
        answer = self.printer.answers.get(command)
        if isinstance(answer, list):
            answer = answer.pop(0) if answer else None
        return answer

    def _give(self, answer: str, command: str):
        if answer:
            self.respond(answer)
        if not answer or answer.startswith("421") or self.printer.leaves_after(command):
            self.close_when_done()

    def pre_process_command(self, line, cmd, arg):
        self.printer.commands.append(line)
        self.printer.on_command(line)
        if cmd in self.printer.slow:
            self.call_later(self.printer.slow[cmd], self._do, line, cmd, arg)
        elif cmd not in self.printer.silent:
            self._do(line, cmd, arg)

    def _do(self, line, cmd, arg):
        answer = self._answer_for(cmd)
        if answer is not None:
            self._give(answer, cmd)
            return
        super().pre_process_command(line, cmd, arg)
        if cmd not in ("STOR", "LIST") and self.printer.leaves_after(cmd):
            self.close_when_done()


class _Folder(filesystems.AbstractedFS):
    def format_list(self, basedir, listing, ignore_err=True):
        line = self.cmd_channel.printer.lists
        if line is None:
            yield from super().format_list(basedir, listing, ignore_err)
            return
        for name in listing:
            path = pathlib.Path(basedir, name)
            yield f"{line(name, path.stat().st_size, path.is_dir())}\r\n".encode()


class _Code(authorizers.DummyAuthorizer):
    def __init__(self, printer):
        super().__init__()
        self.printer = printer
        self.add_user("bblp", "", str(printer.card), perm="elradfmw")

    def validate_authentication(self, username, password, handler):
        if username != "bblp" or password != self.printer.code:
            raise authorizers.AuthenticationFailed("Login incorrect.")


class FtpsPrinter(Storage):
    """
    ca      who issues its certificate: an OwnIssuer, or an Authority of rig/ca.py; None = self-signed
    name    the certificate's CN, when it is not to be the serial; "" = none
    data_name   that of another certificate, shown on data channels

    What it does wrong; all of this may be changed while it runs:
    code              another access code, for logins from then on
    answers           {"STOR": "552 no space"}: said to the command instead of doing it; "" = the connection ends without a
                      word. A list is used up one by one, None in it: done. The command "" is the greeting
    silent            {"SIZE"}: commands that get no answer at all
    slow              {"SIZE": 1}: commands that are done so many seconds later
    leaves            {"STOR"}: commands after whose last answer the control connection ends
    cut_at            after so many bytes of a file the data connection ends, with 426
    stall_at          after so many bytes of a file nothing more is read, until this is changed
    rate              it takes so many bytes of a file a second
    says_at           (bytes, text): what it says when so many bytes of a file have come
    loses_from        of a file only so many bytes are kept, and nothing is said of it
    final             said at the end of a transfer instead of 226; "" = nothing. What has come is kept
    final_delay_s     so much later
    says_address      PASV names this one
    forms             {"226": lambda text: "226-Well\\r\\n226 done"}: what becomes of each reply of that code
    pieces            replies go out in pieces of so many letters
    lists             the line of LIST for a name, a size, and whether it is a folder
    rude              data channels on which it sends end without TLS's closing words
    wants_resumption  522 for data channels that do not resume a session
    resumes           False: no session can be resumed (from the start on)

    on_command        a function, called with each command before it is done

    What it has seen: commands, channels (kind, version, sni, resumed), connections, received (bytes on data channels),
    early_hellos (data channels on which the client began before its command), truncated (files that ended without TLS's
    closing words).
    """

    def __init__(self, serial: str, address: str, code: str = "12345678", ca=None, name: str = None, data_name: str = None,
                 port: int = PORT, resumes: bool = True):
        super().__init__(serial, address, code, ca, name, port)
        self.answers, self.silent, self.leaves, self.slow = {}, set(), set(), {}
        self.cut_at = self.stall_at = self.loses_from = self.final = self.says_address = self.rate = None
        self.final_delay_s, self.wants_resumption, self.resumes = 0, False, resumes
        self.says_at, self.forms, self.pieces, self.lists, self.rude = None, {}, None, None, False
        self.commands, self.channels, self.connections, self.received = [], [], 0, 0
        self.early_hellos = self.truncated = 0
        self.on_command = lambda line: None
        self.context = self.data_context = self._context("control")
        if data_name is not None:
            self._certify("data", data_name, ca)
            self.data_context = self._context("data")
        self.thread = None

    def _context(self, which: str):
        context = SSL.Context(SSL.TLS_SERVER_METHOD)
        context.set_max_proto_version(SSL.TLS1_2_VERSION)
        context.use_certificate_chain_file(str(self.dir / f"{which}.pem"))
        context.use_privatekey_file(str(self.dir / f"{which}.key"))
        if not self.resumes:
            context.set_session_cache_mode(SSL.SESS_CACHE_OFF)
            context.set_options(SSL.OP_NO_TICKET)
        return context

    def leaves_after(self, command: str) -> bool:
        return command in self.leaves

    def start(self):
        assert self.thread is None, "it runs already"
        handler = type("Control", (_Control,), {
            "printer": self, "authorizer": _Code(self), "abstracted_fs": _Folder, "masquerade_address": property(lambda _: self.says_address)})
        self.loop, self.ended = ioloop.IOLoop(), False
        self.server = servers.FTPServer((self.address, self.port), handler, ioloop=self.loop)
        self.thread = threading.Thread(target=self._run, daemon=True, name=f"ftps {self.serial}")
        self.thread.start()
        return self

    def _run(self):
        soonest_s = None  # until something is to be done by the clock
        while not self.ended:
            self.loop.poll(min(0.1, soonest_s or 0.1))
            soonest_s = self.loop.sched.poll()
        self.server.close_all()
        self.loop.close()

    def stop(self):
        """Switched off: all connections end."""
        if self.thread is not None:
            self.ended = True
            self.thread.join(10)
            self.thread = None

    def close(self):
        self.stop()
        shutil.rmtree(self.dir, ignore_errors=True)


# -- vsftpd ------------------------------------------------------------------------------------------------

USER_ID = 64990

VSFTPD_CONF = """\
listen=YES
listen_address={address}
listen_port={port}
background=NO
anonymous_enable=NO
local_enable=YES
write_enable=YES
local_umask=022
chroot_local_user=YES
allow_writeable_chroot=YES
secure_chroot_dir={dir}/empty
pam_service_name=vsftpd
seccomp_sandbox=NO
isolate=NO
isolate_network=NO
delay_failed_login=0
ssl_enable=YES
implicit_ssl=YES
force_local_logins_ssl=YES
force_local_data_ssl=YES
require_ssl_reuse={reuse}
ssl_ciphers=HIGH
rsa_cert_file={dir}/control.pem
rsa_private_key_file={dir}/control.key
pasv_enable=YES
port_enable=NO
debug_ssl=YES
log_ftp_protocol=YES
xferlog_enable=YES
xferlog_std_format=NO
vsftpd_log_file={dir}/log
"""


class VsftpdPrinter(Storage):
    """
    ca, name          as of FtpsPrinter
    wants_resumption  522 for data channels that do not resume the control channel's session
    speaks_13         it would speak TLS 1.3, too
    size_mib          so large is the card
    denied            commands that it does not know: ("SIZE",)
    says_address      PASV names this one
    rate              it takes so many bytes of a file a second
    """

    def __init__(self, serial: str, address: str, code: str = "12345678", ca=None, name: str = None, port: int = PORT,
                 wants_resumption: bool = True, speaks_13: bool = False, size_mib: int = None, denied=(), says_address: str = None,
                 rate: int = None):
        super().__init__(serial, address, code, ca, name, port)
        self.process, self.size_mib, self.speaks_13 = None, size_mib, speaks_13
        for folder in ("empty", "pam.d"):
            (self.dir / folder).mkdir()
        os.chown(self.card, USER_ID, USER_ID)
        (self.dir / "log").touch()
        conf = VSFTPD_CONF.format(dir=self.dir, address=address, port=port, reuse="YES" if wants_resumption else "NO")
        if denied:
            conf += f"cmds_denied={','.join(denied)}\n"
        if says_address:
            conf += f"pasv_address={says_address}\n"
        if rate:
            conf += f"local_max_rate={rate}\ntrans_chunk_size=8192\n"
        (self.dir / "conf").write_text(conf)
        (self.dir / "openssl.cnf").write_text(printers.OPENSSL_CONF)
        (self.dir / "passwd").write_text("root:x:0:0::/root:/bin/sh\nnobody:x:65534:65534::/nonexistent:/bin/false\n"
                                         f"ftp:x:65533:65534::/nonexistent:/bin/false\n"
                                         f"bblp:x:{USER_ID}:{USER_ID}::{self.card}:/bin/false\n")
        (self.dir / "group").write_text(f"root:x:0:\nnogroup:x:65534:\nbblp:x:{USER_ID}:\n")
        (self.dir / "pam.d/vsftpd").write_text("auth required pam_unix.so nodelay\naccount required pam_unix.so\n"
                                               "session required pam_permit.so\n")
        self.set_code(code)

    def set_code(self, code: str):
        """Another access code, for logins from then on."""
        self.code = code
        digest = crypt.crypt(code, crypt.mksalt(crypt.METHOD_SHA512, rounds=1000))
        # In place: the file is bound over /etc/shadow.
        (self.dir / "shadow").write_text(f"root:*:19000:0:99999:7:::\nnobody:*:19000:0:99999:7:::\nbblp:{digest}:19000:0:99999:7:::\n")

    def start(self):
        assert POSSIBLE, "only root can"
        d = shlex.quote(str(self.dir))
        steps = [f"mount --bind {d}/{name} /etc/{name}" for name in ("passwd", "group", "shadow", "pam.d")]
        if self.size_mib is not None:
            steps.append(f"mount -t tmpfs -o size={self.size_mib}m,uid={USER_ID},mode=755 card {d}/card")
        script = " && ".join([*steps, f"exec setpriv --pdeathsig KILL /usr/sbin/vsftpd {d}/conf"])
        environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}
        if not self.speaks_13:
            environment["OPENSSL_CONF"] = f"{self.dir}/openssl.cnf"
        with open(self.dir / "stderr", "wb") as stderr:
            self.process = subprocess.Popen(["unshare", "--mount", "--propagation", "private", "sh", "-c", script], env=environment,
                                            stdin=subprocess.DEVNULL, stdout=stderr, stderr=stderr, start_new_session=True)
        wait_until(self._is_up, 20, lambda: f"vsftpd at {self.address} does not start: {(self.dir / 'stderr').read_text()}")
        if self.size_mib is not None:
            self.card = pathlib.Path(f"/proc/{self.process.pid}/root{self.dir}/card")
        return self

    def _is_up(self) -> bool:
        assert self.process.poll() is None, f"vsftpd ended: {(self.dir / 'stderr').read_text()}"
        return self._stands()

    def log_text(self) -> str:
        return (self.dir / "log").read_text(errors="replace")

    @property
    def commands(self) -> list:
        return re.findall(r'FTP command: Client "[^"]*", "(.*)"$', self.log_text(), re.MULTILINE)

    @property
    def channels(self) -> list:
        """(version, resumed) of each handshake, oldest first."""
        found = re.findall(r'DEBUG: Client "[^"]*", "SSL version: ([^,]*), SSL cipher: [^,]*, (not )?reused', self.log_text())
        return [(version, not fresh) for version, fresh in found]

    def break_sessions(self):
        """Every session ends at once, without a word; the next may come."""
        of = [self.process.pid]
        for parent in of:  # each is two processes, the second a child of the first
            of += procfs.children(parent)
        for pid in of[1:]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def stop(self):
        if self.process is not None:
            self.break_sessions()
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(20)
            self.process = None

    def close(self):
        self.stop()
        shutil.rmtree(self.dir, ignore_errors=True)
