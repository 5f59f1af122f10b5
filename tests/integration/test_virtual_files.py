"""The storage of virtual printers against clients that know nothing of Fuse (curl, lftp, Python's ftplib, bare sockets), and against
fuse-upload: as a model with a vsftpd answers (X1C, P2S) and as one with a small server of its own does (A1)."""
import contextlib
import ftplib
import io
import json
import os
import pathlib
import re
import socket
import ssl
import subprocess
import time

import paho.mqtt.client as mqtt
import pytest

from rig import threemf
from rig.fuse import SLOWNESS
from rig.uploader import Uploader
from rig.virtual_alone import VirtualAlone
from rig.waiting import wait_until

MODELS = {"X1C": "00M00A000000007", "A1": "03900A000000007", "P2S": "22E00A000000007"}
CONTENT = os.urandom(300_000)
SLOW_BYTES_PER_S = 157_000


@pytest.fixture(scope="module", params=["X1C", "A1"])
def shared(request):
    with VirtualAlone(request.param, MODELS[request.param]) as virtual:
        yield virtual


@pytest.fixture
def printer(shared):
    """As new, with an empty card."""
    shared.turn({"do": "reset"})
    shared.refuse.clear()
    shared.jobs.clear()
    for link in ("link", "passwd"):
        (shared.card / link).unlink(missing_ok=True)
    yield shared
    Client.close_all()


def of_model(model: str) -> VirtualAlone:
    return VirtualAlone(model, MODELS[model], "127.64.0.8")


# -- clients -------------------------------------------------------------------------------------------------

def curl(printer, *arguments, path: str = "/") -> subprocess.CompletedProcess:
    return subprocess.run(["curl", "-sS", "-k", "--tls-max", "1.2", "-u", f"bblp:{printer.code}", *map(str, arguments),
                           f"ftps://{printer.address}:{printer.ftps}{path}"], capture_output=True, timeout=60)


def lftp(printer, commands: str) -> subprocess.CompletedProcess:
    settings = ("set ssl:verify-certificate no; set ssl:priority NORMAL:-VERS-TLS1.3; set ftp:ssl-protect-data true; "
                "set net:max-retries 1; "
                "set net:timeout 20; set cmd:fail-exit true")
    return subprocess.run(["lftp", "-c", f"{settings}; open -u bblp,{printer.code} ftps://{printer.address}:{printer.ftps}; {commands}"],
                          capture_output=True, text=True, timeout=60)


class Client(ftplib.FTP_TLS):
    """ftplib as clients of printers use it: TLS from the first byte, and the session offered again for data."""

    all = []

    @classmethod
    def close_all(cls):
        """A small server takes no other before."""
        while cls.all:
            cls.all.pop().close()

    def __init__(self, printer, resumes: bool = True, code: str = None, private: bool = True):
        super().__init__(context=printer.context(), timeout=30)
        self.close_all()
        self.all.append(self)
        self.resumes, self.af = resumes, socket.AF_INET
        raw = socket.create_connection((printer.address, printer.ftps), 30)
        self.sock = self.context.wrap_socket(raw)
        self.host, self.file = printer.address, self.sock.makefile("r", encoding=self.encoding)
        self.greeting = self.getresp()
        self.login("bblp", printer.code if code is None else code, secure=False)
        self.voidcmd("TYPE I")
        if private:
            self.prot_p()

    def makepasv(self):
        return ftplib.parse227(self.sendcmd("PASV"))[1] and (self.host, ftplib.parse227(self.lastresp_)[1])

    def sendcmd(self, cmd):
        self.lastresp_ = super().sendcmd(cmd)
        return self.lastresp_

    def ntransfercmd(self, cmd, rest=None):
        connection, size = ftplib.FTP.ntransfercmd(self, cmd, rest)
        if self._prot_p:
            connection = self.context.wrap_socket(connection, session=self.sock.session if self.resumes else None)
        return connection, size

    def store(self, path: str, content: bytes) -> str:
        """As Home Assistant's client: without waiting for TLS's closing words. Returns the last reply."""
        with self.transfercmd(f"STOR {path}") as connection:
            with contextlib.suppress(OSError):  # then the reply says what is wrong
                connection.sendall(content)
            if self._prot_p:
                with contextlib.suppress(OSError):
                    connection.settimeout(0.1)
                    connection.unwrap()
        return self.voidresp()

    def list(self, path: str = "") -> list:
        lines = []
        self.retrlines(f"LIST {path}".rstrip(), lines.append)
        return lines

    def refused(self, command: str) -> str:
        """The code of the refusal."""
        with pytest.raises(ftplib.Error) as refusal:
            self.sendcmd(command)
        return str(refusal.value)[:3]


def put_by_fuse(printer, path: str, content: bytes, ca_dir: pathlib.Path) -> dict:
    Client.close_all()
    ca_dir.mkdir(exist_ok=True)
    (ca_dir / "ca.pem").write_bytes(printer.issuer.pem())
    with Uploader(ca_dir) as uploader:
        uploader.put(printer, path, content, model=printer.model)
        return uploader.result()


# -- everyday ---------------------------------------------------------------------------------------------------

def test_curl_sends_lists_reads_and_deletes(printer, tmp_path):
    file = tmp_path / "cube.gcode.3mf"
    file.write_bytes(CONTENT)
    sent = curl(printer, "-T", file, path="/cube.gcode.3mf")
    assert sent.returncode == 0, sent.stderr
    assert printer.read("/cube.gcode.3mf") == CONTENT
    assert b"cube.gcode.3mf" in curl(printer, "-l").stdout, "NLST"
    assert re.search(rb"^-rw-r--r-- +1 \d+ +\d+ +300000 [A-Z][a-z]{2} \d\d \d\d:\d\d cube.gcode.3mf\r?$", curl(printer).stdout, re.M)
    back = curl(printer, path="/cube.gcode.3mf")
    assert back.returncode == 0 and back.stdout == CONTENT, back.stderr
    assert b"Content-Length: 300000" in curl(printer, "-I", path="/cube.gcode.3mf").stdout, "SIZE"
    assert curl(printer, "-Q", "DELE cube.gcode.3mf").returncode == 0
    assert printer.files() == {}


def test_lftp_does_all_that_people_do_by_hand(printer, tmp_path):
    file = tmp_path / "a b.gcode.3mf"
    file.write_bytes(CONTENT)
    done = lftp(printer, f"mkdir parts; put '{file}' -o 'parts/a b.gcode.3mf'; cls -s parts; mv 'parts/a b.gcode.3mf' parts/b.3mf; "
                         f"get parts/b.3mf -o {tmp_path}/back; pwd; cd parts; pwd")
    assert done.returncode == 0, done.stderr
    assert "a b.gcode.3mf" in done.stdout and done.stdout.rstrip().endswith("/parts")
    assert (tmp_path / "back").read_bytes() == CONTENT
    assert printer.files() == {"/parts/b.3mf": len(CONTENT)}
    gone = lftp(printer, "rm parts/b.3mf; rmdir parts")
    assert gone.returncode == 0, gone.stderr
    assert printer.files() == {} and not (printer.card / "parts").exists()


def test_ftplib_with_the_session_resumed(printer):
    client = Client(printer)
    assert client.store("/cache.3mf", CONTENT).startswith("226")
    assert client.size("/cache.3mf") == len(CONTENT)
    assert re.fullmatch(r"213 \d{14}", client.sendcmd("MDTM /cache.3mf"))
    back = io.BytesIO()
    client.retrbinary("RETR cache.3mf", back.write)
    assert back.getvalue() == CONTENT
    assert "cache.3mf" in client.nlst()
    client.quit()


def test_its_own_folders_are_there(printer):
    listed = {line.split()[-1] for line in Client(printer).list() if line.startswith("d")}
    expected = {"X1C": {"cache", "timelapse", "ipcam", "model"}, "A1": {"timelapse", "model"}}[printer.model]
    assert expected <= listed


def test_fuse_upload_is_content(printer, tmp_path):
    result = put_by_fuse(printer, "/cube-0123.gcode.3mf", CONTENT, tmp_path / "ca.d")
    assert result["good"] and result["remote_bytes"] == len(CONTENT), result
    assert printer.read("/cube-0123.gcode.3mf") == CONTENT
    wait_until(lambda: printer.state()["storage"]["files"] == 1 and printer.state()["storage"]["usedBytes"] == len(CONTENT), 20, printer.state)


def test_what_a_printer_does_not_have_is_502(printer):
    client = Client(printer)
    assert [client.refused(command) for command in
            ["EPSV", "REST 100", "MLSD", "FEAT", "APPE x", "PORT 127,0,0,1,4,1", "SITE CHMOD 777 x", "OPTS UTF8 ON"]] == ["502"] * 8
    assert client.refused("HACK") == "500"
    assert client.refused("STOR") == "501"
    assert client.sendcmd("SYST").startswith("215 UNIX") and client.sendcmd("NOOP").startswith("200")


def test_the_banner_says_whose_server_it_is(printer):
    assert ("vsFTPd" in Client(printer).greeting) == (printer.model == "X1C")


def test_a_place_that_cannot_be_reached_is_told_by_newer_models(tmp_path):
    with of_model("P2S") as printer:
        assert "(0,0,0,0," in Client(printer).sendcmd("PASV")
        file = tmp_path / "x"
        file.write_bytes(CONTENT)
        assert curl(printer, "-T", file, path="/x").returncode == 0
        assert lftp(printer, f"put {file} -o y").returncode == 0
        assert put_by_fuse(printer, "/z.3mf", CONTENT, tmp_path / "ca.d")["good"]
        assert set(printer.files().values()) == {len(CONTENT)} and len(printer.files()) == 3


# -- TLS ----------------------------------------------------------------------------------------------------------

def test_only_a_vsftpd_demands_the_session(printer):
    client = Client(printer, resumes=False)
    if printer.model == "A1":
        assert client.store("/x", CONTENT).startswith("226")
        return
    with pytest.raises(ftplib.Error, match="522"):
        client.store("/x", CONTENT)
    assert printer.files() in ({}, {"/x": 0})


def test_a_file_in_clear_goes_only_to_a_small_server(printer):
    client = Client(printer, private=False)
    if printer.model == "A1":
        assert client.store("/x", CONTENT).startswith("226")
        assert printer.read("/x") == CONTENT
    else:
        client.makepasv()
        assert client.refused("STOR /x") == "522"


def test_150_comes_before_tls_on_the_data_connection(printer):
    client = Client(printer)
    host, port = client.makepasv()
    with socket.create_connection((host, port), 10) as data:
        assert client.sendcmd("STOR /x").startswith("150"), "nothing of TLS was said on the data connection yet"
        with client.context.wrap_socket(data, session=client.sock.session) as connection:
            connection.sendall(CONTENT)
            connection.settimeout(0.2)
            with contextlib.suppress(TimeoutError):
                connection.unwrap()
    assert client.voidresp().startswith("226")


def test_closing_words_are_answered_by_a_vsftpd_alone(printer):
    client = Client(printer)
    connection = client.transfercmd("STOR /x")
    connection.sendall(CONTENT)
    if printer.model == "X1C":
        connection.unwrap().close()
        assert client.voidresp().startswith("226")
        return
    connection.settimeout(1)
    with pytest.raises(TimeoutError):
        connection.unwrap()
    assert client.voidresp().startswith("226"), "who does not wait for them has the reply"
    connection.close()
    assert printer.read("/x") == CONTENT


def test_an_end_without_closing_words_is_a_part_to_a_vsftpd(printer):
    client = Client(printer)
    connection = client.transfercmd("STOR /x")
    connection.sendall(CONTENT)
    socket.socket(fileno=connection.detach()).close()
    if printer.model == "A1":
        assert client.voidresp().startswith("226")
    else:
        with pytest.raises(ftplib.Error, match="426"):
            client.voidresp()
    assert printer.read("/x") == CONTENT, "what came stays"


# -- who may --------------------------------------------------------------------------------------------------------

def test_another_code_is_refused_and_the_third_time_it_hangs_up(printer):
    client = Client(printer)
    assert client.sendcmd("USER bblp").startswith("331") and client.refused("LIST") == "530"
    for _ in range(2):
        client.sendcmd("USER bblp")
        assert client.refused("PASS 87654321") == "530"
    client.sendcmd("USER root")
    assert client.refused(f"PASS {printer.code}") == "530"
    with pytest.raises((EOFError, OSError)):
        client.sendcmd("NOOP")


def test_the_fault_of_a_wrong_code(printer, tmp_path):
    printer.faults(wrongCode=True)
    with pytest.raises(ftplib.Error, match="530"):
        Client(printer)
    result = put_by_fuse(printer, "/x.3mf", CONTENT, tmp_path / "ca.d")
    assert not result["good"] and result["code"] == 530, result
    printer.faults(wrongCode=False)
    Client(printer).quit()


def test_a_small_server_takes_one_session_and_lets_others_wait(printer):
    first = Client(printer)
    with socket.create_connection((printer.address, printer.ftps), 10) as second:
        second.settimeout(1)
        if printer.model == "A1":
            with pytest.raises(TimeoutError):
                printer.context().wrap_socket(second, do_handshake_on_connect=True)
        else:
            printer.context().wrap_socket(second).close()
    first.quit()
    Client(printer).quit()


def test_nobody_takes_the_place_of_the_client_at_its_data_port(printer):
    client = Client(printer)
    host, port = client.makepasv()
    with socket.socket() as stranger:
        stranger.bind(("127.0.0.9", 0))
        stranger.connect((host, port))
        stranger.settimeout(10)
        assert stranger.recv(1) == b"", "it is sent away"
    with socket.create_connection((host, port), 10) as data:
        assert client.sendcmd("STOR /x").startswith("150")
        with client.context.wrap_socket(data, session=client.sock.session) as connection:
            connection.sendall(b"mine")
            connection.settimeout(0.2)
            with contextlib.suppress(TimeoutError):
                connection.unwrap()
    client.voidresp()
    assert printer.read("/x") == b"mine"


def test_rubbish_ends_that_connection_only(printer):
    with socket.create_connection((printer.address, printer.ftps), 10) as bare:
        bare.sendall(b"USER bblp\r\n" * 10)
        bare.settimeout(10)
        with contextlib.suppress(ConnectionResetError):
            while bare.recv(100):
                pass
    client = Client(printer)
    assert client.refused("X" * 3000) == "500"
    client.sock.sendall(b"\xff\xf4\xff\xf2NOOP\r\nMKD a\0b\r\n" + b"NOOP\r\n" * 500)
    replies = [client.getline()[:3] for _ in range(502)]
    assert replies == ["200", "501"] + ["200"] * 500


# -- paths ---------------------------------------------------------------------------------------------------------

def test_nothing_beside_the_card_can_be_named(printer):
    outside = printer.dir / "state.json"
    client = Client(printer)
    assert client.refused("SIZE ../state.json") == "550"
    for path in ["../state.json", "/../state.json", "cache/../../state.json", "/./.././state.json"]:
        assert client.store(path, b"hostile").startswith("226"), "it is taken for one on the card"
    assert printer.read("/state.json") == b"hostile" and (not outside.exists() or outside.read_bytes() != b"hostile")
    client.sendcmd("CWD ..")
    assert client.pwd() == "/"
    (printer.card / "link").symlink_to("/etc")
    (printer.card / "passwd").symlink_to("/etc/passwd")
    assert client.refused("CWD link") == "550" and client.refused("SIZE link/passwd") == "550" and client.refused("SIZE passwd") == "550"
    client.makepasv()
    assert client.refused("RETR passwd") == "550"
    assert not [line for line in client.list() if "link" in line or "passwd" in line]


def test_names_that_no_card_takes(printer):
    client = Client(printer)
    for name in ["a:b", "a*", "what?", "x" * 129, "a\\b", "tail.", "/"]:
        client.makepasv()
        assert client.refused(f"STOR {name}") == "553", name
    assert client.store("ünïcode.3mf", b"x").startswith("226")
    assert client.refused("RNFR nothing") == "550" and client.refused("RNTO x") == "503"
    assert client.refused("CWD ünïcode.3mf") == "550" and client.refused("DELE model") == "550"
    client.sendcmd("RNFR ünïcode.3mf")
    assert client.sendcmd("RNTO model/x.3mf").startswith("250") and printer.files() == {"/model/x.3mf": 1}


# -- faults -----------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("model, stores, lists", [("X1C", "553", "550"), ("A1", "550", "550"), ("P2S", "553", "empty")])
def test_no_storage(model, stores, lists, tmp_path):
    with of_model(model) as printer:
        printer.put("/kept.3mf", b"x")
        printer.faults(noStorage=True)
        client = Client(printer)
        client.makepasv()
        assert client.refused("STOR /x.3mf") == stores
        if lists == "empty":
            assert client.list() == []
        else:
            assert client.refused("LIST") == lists
        client.quit()
        result = put_by_fuse(printer, "/x.3mf", CONTENT, tmp_path / "ca.d")
        assert not result["good"] and "storage" in result["fault"], result
        assert printer.state()["storage"]["totalBytes"] == 0
        printer.faults(noStorage=False)
        assert put_by_fuse(printer, "/x.3mf", CONTENT, tmp_path / "ca.d")["good"] and printer.read("/kept.3mf") == b"x"


def test_full_storage(printer, tmp_path):
    printer.faults(storageFull=True)
    result = put_by_fuse(printer, "/x.3mf", CONTENT, tmp_path / "ca.d")
    assert not result["good"] and result["code"] == {"X1C": 452, "A1": 552}[printer.model], result
    assert "full" in result["fault"] or "room" in result["sentence"], result
    printer.faults(storageFull=False)
    assert put_by_fuse(printer, "/x.3mf", CONTENT, tmp_path / "ca.d")["good"]


def test_a_slow_upload_takes_its_time_and_nobody_else_s(printer):
    size = 250_000
    printer.faults(slowUpload=True)
    client = Client(printer)
    connection = client.transfercmd("STOR /x")
    started = time.monotonic()
    connection.sendall(os.urandom(size))
    with contextlib.suppress(TimeoutError):
        connection.settimeout(10 if printer.model == "X1C" else 0.1)
        connection.unwrap()
    assert client.voidresp().startswith("226")
    took = time.monotonic() - started
    assert took > size / SLOW_BYTES_PER_S * 0.9, f"{size / took:.0f} bytes a second"
    connection.close()
    assert printer.files() == {"/x": size}


@pytest.mark.parametrize("announced", [True, False])
def test_an_upload_is_cut_once_and_its_part_stays(printer, announced):
    printer.turn({"faults": {"cutUploadPercent": 40}})
    client = Client(printer)
    if announced:
        client.sendcmd(f"ALLO {len(CONTENT)}")
    with pytest.raises((EOFError, OSError)):
        client.store("/x.3mf", CONTENT)
    wait_until(lambda: printer.files() == {"/x.3mf": len(CONTENT) * 40 // 100}, 10, printer.files)
    printer.wait_state(lambda state: state["faults"]["cutUploadPercent"] == 0)
    assert Client(printer).store("/x.3mf", CONTENT).startswith("226")
    assert printer.read("/x.3mf") == CONTENT


def test_a_large_upload_is_cut_in_its_midst(printer):
    printer.turn({"faults": {"cutUploadPercent": 10}})
    client = Client(printer)
    connection = client.transfercmd("STOR /x.3mf")
    with pytest.raises(OSError):
        for _ in range(1000):
            connection.sendall(bytes(100_000))
    assert printer.files() == {"/x.3mf": 1_000_000}


def test_fuse_upload_sees_the_cut_and_sends_again(tmp_path):
    with of_model("A1") as printer:
        printer.turn({"faults": {"cutUploadPercent": 40}})
        result = put_by_fuse(printer, "/x.3mf", CONTENT, tmp_path / "ca.d")
        assert not result["good"] and result["try_again"], result
        assert put_by_fuse(printer, "/x.3mf", CONTENT, tmp_path / "ca.d")["good"]


def test_226_and_nothing_there(printer, tmp_path):
    printer.faults(emptyUpload=True)
    assert Client(printer).store("/x.3mf", CONTENT).startswith("226")
    assert printer.files() == {"/x.3mf": 0}
    if printer.model == "X1C":
        result = put_by_fuse(printer, "/y.3mf", CONTENT, tmp_path / "ca.d")
        assert not result["good"] and result["remote_bytes"] == 0, result


# -- what is in them --------------------------------------------------------------------------------------------------

class Watcher(mqtt.Client):
    """Orders prints, and knows the printer's state."""

    def __init__(self, printer):
        super().__init__("watcher", protocol=mqtt.MQTTv311)
        self.printer, self.print, self.number = printer, {}, 0
        self.username_pw_set("bblp", printer.code)
        self.tls_set_context(printer.context())
        self.tls_insecure_set(True)
        self.on_connect = lambda *_: self.subscribe(f"device/{printer.serial}/report")
        self.on_subscribe = lambda *_: self.say("pushing", "pushall")
        self.on_message = self._take
        self.connect(printer.address, printer.ports["mqtt"])
        self.loop_start()
        self.reaches("IDLE")

    def _take(self, _client, _arg, message):
        told = json.loads(message.payload).get("print", {})
        if told.get("command") == "push_status":
            self.print.update(told)

    def say(self, section, command, **more):
        self.publish(f"device/{self.printer.serial}/request", json.dumps({section: {"sequence_id": "20001", "command": command, **more}}))

    def start(self, name: str):
        self.number += 1
        self.say("print", "project_file", param="Metadata/plate_1.gcode", project_id=str(self.number), profile_id="0",
                 task_id=str(self.number), subtask_id=str(self.number), subtask_name=name, file=name, url=f"ftp:///{name}", md5="",
                 bed_type="auto", bed_leveling=False, flow_cali=False, vibration_cali=False, layer_inspect=False, timelapse=False,
                 use_ams=False, ams_mapping=[-1], ams_mapping2=[{"ams_id": 255, "slot_id": 0}])

    def reaches(self, *states):
        wait_until(lambda: self.print.get("gcode_state") in states, 30 * SLOWNESS, lambda: f"not {states}: {self.print} {self.printer.log_text()}")

    def __exit__(self, *_):
        self.disconnect()
        self.loop_stop()

    def __enter__(self):
        return self


def test_what_is_in_a_file_is_found_out_once_and_again_when_it_changed():
    with of_model("X1C") as printer, Watcher(printer) as watcher:
        files = Client(printer)
        files.store("cube.gcode.3mf", threemf.sliced("BL-P001"))
        for examined in (1, 1, 2):
            if examined == 2:
                files.store("cube.gcode.3mf", threemf.sliced("BL-P001", mark="another"))
            watcher.start("cube.gcode.3mf")
            watcher.reaches("PREPARE", "RUNNING")
            assert printer.examined == ["cube.gcode.3mf"] * examined
            assert watcher.print["total_layer_num"] == 212, "from the file"
            watcher.say("print", "stop")
            watcher.reaches("FAILED", "IDLE")


@pytest.mark.parametrize("content", [threemf.unsliced(), b"no file of a printer's", b""], ids=["unsliced", "rubbish", "empty"])
def test_a_file_that_cannot_be_printed_is_no_print(content):
    with of_model("A1") as printer, Watcher(printer) as watcher:
        printer.put("/broken.gcode.3mf", content)
        watcher.start("broken.gcode.3mf")
        wait_until(lambda: watcher.print.get("print_error"), 30 * SLOWNESS, lambda: f"{watcher.print} {printer.log_text()}")
        assert watcher.print["gcode_state"] in ("IDLE", "FAILED") and printer.examined == ["broken.gcode.3mf"]


def test_when_files_cannot_be_looked_into_that_is_no_print_either():
    with of_model("A1") as printer, Watcher(printer) as watcher:
        printer.put("/cube.gcode.3mf", threemf.sliced("N2S"))
        printer.refuse["HELPER_WANT"] = "failed"
        watcher.start("cube.gcode.3mf")
        wait_until(lambda: watcher.print.get("print_error"), 30 * SLOWNESS, lambda: f"{watcher.print} {printer.log_text()}")
        assert len(printer.of("HELPER_WANT")) == 2 and printer.examined == []
        del printer.refuse["HELPER_WANT"]
        watcher.start("cube.gcode.3mf")
        watcher.reaches("PREPARE", "RUNNING")


# -- life --------------------------------------------------------------------------------------------------------------

def test_files_survive_the_loss_of_power_and_what_was_arriving_does_not(printer):
    Client(printer).store("/kept.3mf", CONTENT)
    client = Client(printer)
    connection = client.transfercmd("STOR /cut.3mf")
    connection.sendall(CONTENT)
    wait_until(lambda: [file for file in (printer.dir / "arriving").iterdir() if file.stat().st_size > 0], 10)
    printer.restart()
    assert printer.files() == {"/kept.3mf": len(CONTENT)} and list((printer.dir / "arriving").iterdir()) == []
    assert printer.state()["storage"]["files"] == 1
    assert Client(printer).size("/kept.3mf") == len(CONTENT)


def test_a_client_that_comes_after_one_was_cut_off_finds_an_open_door(printer):
    """Also at a server that takes one at a time."""
    for _ in range(3):
        client = Client(printer)
        client.transfercmd("STOR /x").close()
    client = Client(printer)
    client.makepasv()
    client.putcmd("STOR /x")  # and it never comes to that port
    assert Client(printer).store("/x", CONTENT).startswith("226")


def test_a_stranger_keeps_the_only_seat_for_half_a_minute_at_most():
    """Also one that says something all the time, and never who it is."""
    with of_model("A1") as printer, contextlib.ExitStack() as stack:
        stranger = printer.context().wrap_socket(socket.create_connection((printer.address, printer.ftps), 60))
        stack.callback(stranger.close)
        began = time.monotonic()
        with contextlib.suppress(OSError):
            while time.monotonic() < began + 60:
                stranger.sendall(b"NOOP\r\n")
                time.sleep(1)
        assert time.monotonic() - began < 45
        assert Client(printer).store("/x", CONTENT).startswith("226")


def test_the_test_print_is_a_file_and_a_job(printer):
    printer.turn({"do": "test-print"})
    job, = printer.jobs
    assert job["serial"] == printer.serial and job["plate"] == 1 and not job["stage_only"]
    assert 9_000_000 < len(job["content"]) < 11_500_000
    printer.refuse["FILE_NEW"] = "no-space"
    assert printer.control({"do": "test-print"}).message.name == "REFUSED"
