"""fuse-upload against the storage of printers: vsftpd as some models have it, and a server with everything else that printers
do. A file is there, whole and proved by its size, or a person is told plainly why not; never a false success."""
import concurrent.futures
import functools
import hashlib
import os
import random
import re

import pytest

from rig import fuse as rig_fuse
from rig import darkness, ftpd, printers, secrets
from rig.tlspeer import Peer, garbage, silent
from rig.uploader import HOLD, HURRY, Uploader, in_memory
from rig.waiting import wait_until

SERIAL = "01P00A000000001"
HOST = "127.0.41.1"
PATH = "/bracket-0123456789.gcode.3mf"
MIB = 1 << 20

by_root = pytest.mark.skipif(not ftpd.POSSIBLE, reason="vsftpd with users of its own: only root can")


@pytest.fixture(scope="module")
def issuer():
    return printers.OwnIssuer()


@pytest.fixture(scope="module")
def ca_dir(issuer, tmp_path_factory):
    folder = tmp_path_factory.mktemp("ca.d")
    (folder / "farm.pem").write_bytes(issuer.pem())
    return folder


CONTENT = random.Random(1).randbytes(5 * MIB + 123)
LARGE = CONTENT * 6  # more than the system's buffers take


@pytest.fixture
def content() -> bytes:
    return CONTENT


@pytest.fixture
def printer(issuer):
    with ftpd.FtpsPrinter(SERIAL, HOST, secrets.plant(), ca=issuer) as one:
        yield one


def send(ca_dir, printer, path=PATH, program=rig_fuse.BUILD / "fuse-upload", data=CONTENT, **more) -> tuple:
    """(result, uploader)"""
    with Uploader(ca_dir, program) as uploader:
        uploader.put(printer, path, data, **more)
        result = uploader.result()
    check_form(result)
    return result, uploader


@pytest.fixture
def put(ca_dir):
    return functools.partial(send, ca_dir)


def together(cases: dict, do) -> dict:
    """do(case, host) for each, all at the same time: those that wait do it once. Returns what each returned or raised."""
    def safely(number, case):
        try:
            return do(case, f"127.0.42.{number}")
        except BaseException as fault:  # raised where its case is looked at
            return fault

    with concurrent.futures.ThreadPoolExecutor(12) as pool:
        found = {name: pool.submit(safely, number, case) for number, (name, case) in enumerate(cases.items(), 1)}
        return {name: future.result() for name, future in found.items()}


def of_case(found):
    if isinstance(found, BaseException):
        raise found
    return found


def check_form(result: dict):
    """What holds for every result."""
    assert result["good"] == (result["fault"] == "") == (result["remedy"] == "" and result["fault"] != "cancelled")
    assert result["sentence"].endswith(".") and "{" not in result["sentence"] + result["remedy"]
    assert not result["good"] or not result["try_again"]


def of(printer, path: str = PATH) -> str:
    return printer.sha256(path)


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


# -- it is there -------------------------------------------------------------------------------------------

@by_root
def test_a_file_is_whole_at_a_vsftpd_that_wants_the_session_resumed(issuer, put, content):
    with ftpd.VsftpdPrinter(SERIAL, HOST, secrets.plant(), ca=issuer, speaks_13=True, says_address="192.0.2.7") as printer:
        result, _ = put(printer, remove=["/old-0000000001.gcode.3mf"])
        assert result["good"] and result["sent_bytes"] == result["remote_bytes"] == len(content), result
        assert of(printer) == sha256(content)
        assert result["sentence"] == "The printer has the whole file: 5,243,003 bytes."
        assert 0 < result["first_byte_ms"] <= result["took_ms"]
        # TLS 1.2 although it would speak 1.3, and the data channel resumes the control channel's session.
        wait_until(lambda: len(printer.channels) == 2)
        assert printer.channels == [("TLSv1.2", False), ("TLSv1.2", True)]
        assert printer.commands[:5] == ["USER bblp", "PASS <password>", "PBSZ 0", "PROT P", "TYPE I"]
        assert [line for line in printer.commands if line.startswith(("PASV", "STOR", "SIZE /brac", "QUIT"))] == [
            "PASV", f"STOR {PATH}", f"SIZE {PATH}", "QUIT"]


def test_the_handshake_of_the_data_channel_follows_its_command(printer, put, content):
    printer.wants_resumption, printer.says_address = True, "0.0.0.0"
    result, _ = put(printer)
    assert result["good"] and of(printer) == sha256(content)
    assert printer.early_hellos == 0
    control, data = printer.channels
    assert (control.kind, control.version, control.resumed) == ("control", "TLSv1.2", False)
    assert (data.kind, data.version, data.resumed) == ("data", "TLSv1.2", True)
    assert not printer.said("EPSV") and not printer.said("REST")


def test_a_printer_that_resumes_nothing_is_proved_anew(issuer, put, content):
    with ftpd.FtpsPrinter(SERIAL, HOST, secrets.plant(), ca=issuer, resumes=False) as printer:
        result, _ = put(printer)
        assert result["good"] and of(printer) == sha256(content)
        assert [channel.resumed for channel in printer.channels] == [False, False]


def test_each_data_channel_resumes_the_session_also_after_lists(printer, put, content):
    """Who knows no SIZE is asked for lists before and after the file; a list ends by the other side's closing words."""
    printer.wants_resumption, printer.rude = True, True
    printer.answers["SIZE"] = "502 not implemented"
    printer.put("/keep.3mf", b"x")
    result, _ = put(printer, remove=["/gone-1.gcode.3mf", "/gone-2.gcode.3mf"])
    assert result["good"] and of(printer) == sha256(content), result
    assert [channel.resumed for channel in printer.channels] == [False, True, True, True, True]


def test_an_approved_certificate_needs_no_issuer(put, content):
    with ftpd.FtpsPrinter(SERIAL, HOST, secrets.plant()) as printer:
        result, _ = put(printer, certificate_sha256=printer.fingerprint)
        assert result["good"] and of(printer) == sha256(content)


def test_a_folder_is_made_and_what_was_there_before_is_deleted(printer, put, content):
    for path in ("/cache/part.gcode.3mf", "/old-1.gcode.3mf", "/keep.gcode.3mf"):
        printer.put(path, b"old")
    result, _ = put(printer, "/model/plate_1.gcode.3mf", remove=["/old-1.gcode.3mf", "/gone-2.gcode.3mf"])
    assert result["good"]
    assert set(printer.files()) == {"/cache/part.gcode.3mf", "/keep.gcode.3mf", "/model/plate_1.gcode.3mf"}
    assert printer.said("MKD") == ["/model"]
    assert printer.said("DELE") == ["/old-1.gcode.3mf", "/gone-2.gcode.3mf", "/model/plate_1.gcode.3mf"]
    assert of(printer, "/model/plate_1.gcode.3mf") == sha256(content)
    result, _ = put(printer, "/model/plate_1.gcode.3mf")
    assert result["good"] and printer.said("MKD") == ["/model"]


def test_what_cannot_be_deleted_does_not_keep_a_file_away(printer, put, content):
    printer.put("/old-1.gcode.3mf", b"old")
    printer.answers["DELE"] = ["450 busy", None]
    result, uploader = put(printer, remove=["/old-1.gcode.3mf"])
    assert result["good"] and of(printer) == sha256(content)
    assert "could not delete a file at the printer" in uploader.log_text()


# -- the printer's word is no proof, and its silence no failure ---------------------------------------------------

def passive(form):
    """227 as `form` makes it of the six numbers."""
    return dict(forms={"227": lambda text: form(re.search(r"[0-9]+(,[0-9]+){5}", text)[0].split(","))})


def in_lines(*codes):
    """These replies in several lines, some of which look like replies of their own."""
    return dict(forms={code: lambda text: f"{text[:3]}-First\r\n{text[:3]}-then\r\n 550 no\r\n199 nor this\r\n\r\n{text}" for code in codes})


def listed(line):
    return dict(answers={"SIZE": "500 what?"}, lists=line)


def at_once(text: str) -> str:
    """The end is said with the beginning."""
    return f"{text}\r\n226 Transfer complete."


WELL = {
    "426 after a whole file": dict(final="426 Failure reading network stream."),
    "425 once": dict(answers={"PASV": ["425 no more ports", None]}),
    "late 226": dict(final_delay_s=4),  # of the 6 that this build waits: as 40 of 60
    "226 after its time, where the size is awaited": dict(final_delay_s=6.5, slow={"SIZE": 1}),
    "no 226": dict(final=""),
    "leaves after the file": dict(leaves={"STOR"}),
    "leaves without 226": dict(final="", leaves={"STOR"}),
    "leaves at SIZE": dict(answers={"SIZE": ["", None]}),
    "no SIZE": dict(answers={"SIZE": "502 not implemented"}),
    "no SIZE, otherwise said": dict(answers={"SIZE": "500 unknown"}),
    "SIZE falls silent once": dict(answers={"SIZE": ["213 nonsense", None]}),
    "nonsense at the end": dict(final="2 2 6 ok"),
    "foreign address": dict(says_address="192.0.2.99"),
    "421 at the end": dict(final="421 timeout"),
    # Here it is written at once; there it arrives for longer than the final reply is waited for.
    "replies in several lines": in_lines("220", "331", "230", "200", "250", "227", "150", "226", "213"),
    "replies in many pieces": dict(pieces=3),
    "replies without words": dict(forms=dict.fromkeys(("331", "230", "200", "250", "150", "226"), lambda text: text[:3])),
    "125": dict(forms={"150": lambda text: f"125{text[3:]}"}),
    "250 at the end": dict(final="250 done"),
    "421 while bytes are on their way": dict(says_at=(MIB, "421 Idle for too long."), data=LARGE),
    "226 twice": dict(final="226 done\r\n226 done indeed"),
    "226 before all is sent": dict(forms={"150": at_once}, final="", data=LARGE, quick=True),
    "226 before all is sent, to a slow printer": dict(forms={"150": at_once}, final="", data=LARGE, rate=20_000_000, quick=True),
    "PASV without brackets": passive(lambda numbers: f"227 Passive Mode. {','.join(numbers)}."),
    "PASV with blanks": passive(lambda numbers: f"227 Entering Passive Mode ({', '.join(numbers)})"),
    "PASV with zeros": passive(lambda numbers: f"227 ok ({','.join(number.zfill(3) for number in numbers)})"),
    "no SIZE, a list as of DOS": listed(lambda name, size, folder: f"11-27-2026  02:31 PM  {'<DIR>' if folder else format(size, ','):>16} {name}"),
    "no SIZE, a list with full times": listed(
        lambda name, size, folder: f"{'d' if folder else '-'}rw-r--r--  1 root root  {size} Nov 27 14:31:05 2026 {name}"),
    "no SIZE, a list that ends without TLS's words": dict(answers={"SIZE": "502 no"}, rude=True),
    "a slow printer": dict(rate=300_000, data=CONTENT[:2_400_000]),
}


@pytest.fixture(scope="module")
def well(issuer, ca_dir):
    def do(behaviour, host):
        with ftpd.FtpsPrinter(SERIAL, host, secrets.plant(), ca=issuer) as printer:
            for name, value in behaviour.items():
                setattr(printer, name, value)
            result, _ = send(ca_dir, printer, program=HURRY, data=behaviour.get("data", CONTENT))
            # It need not be waited for; 6 s are what this build waits for the reply that does not come.
            assert not behaviour.get("quick") or result["took_ms"] < 6000, result
            return result, printer.files().get(PATH) and of(printer)

    return together(WELL, do)


@pytest.mark.parametrize("how", WELL)
def test_a_whole_file_counts_however_the_printer_ends_it(well, how):
    result, arrived = of_case(well[how])
    assert result["good"], result
    content = WELL[how].get("data", CONTENT)
    assert arrived == sha256(content) and result["remote_bytes"] == len(content)


# -- faults ------------------------------------------------------------------------------------------------------

# How it goes wrong: (what the printer does, fault, may pass by itself, words of sentence and remedy)
ILL = {
    "cut": (dict(cut_at=2 * MIB, data=LARGE), "files-cut", True, "broke the transfer off after|: 426 Failure reading network stream. |Wi-Fi"),
    "cut without a word": (dict(cut_at=2 * MIB, data=LARGE, final=""), "files-cut", True, "broke the transfer off after|Wi-Fi"),
    "cut, and gone": (dict(cut_at=2 * MIB, data=LARGE, final="", leaves={"STOR"}), "files-cut", True, "broke the transfer off"),
    "226 without the data": (dict(loses_from=2 * MIB), "size-differs", True, r"it has 5,243,003 bytes, the printer has 2,097,152 bytes"),
    "226 without the data, no SIZE": (dict(loses_from=0, answers={"SIZE": "502 no"}), "size-differs", True,
                                      r"5,243,003 bytes, the printer has 0 bytes"),
    "426 without the data": (dict(loses_from=2 * MIB, final="426 broken"), "size-differs", True, "2,097,152 bytes"),
    "not there": (dict(answers={"SIZE": "550 no such file", "LIST": "550 nothing"}), "size-not-told", True, "All 5,243,003 bytes"),
    "no size at all": (dict(answers={"SIZE": "502 no", "LIST": "502 no"}), "size-not-told", True, "does not tell what it has"),
    "no size, and a list that nobody understands": (listed(lambda name, size, folder: f"FILE {name};{size}"), "size-not-told", True,
                                                    "does not tell what it has of it: .*cannot be understood"),
    "code changed before SIZE": (dict(answers={"SIZE": [""]}, code_after="other"), "size-not-told", True, "refuses the access code"),
    "552": (dict(answers={"STOR": "552 Insufficient storage."}), "storage-full", False,
            r"microSD card has no room for the file \(5,243,003 bytes\): 552 Insufficient storage\.|Delete files"),
    "452": (dict(answers={"STOR": "452 full"}), "storage-full", False, "no room"),
    "552 at the end": (dict(final="552 full"), "storage-full", False, "no room"),
    "451 at the end": (dict(final="451 Failure writing to local file."), "storage-write-failed", False, "451 Failure writing"),
    "553": (dict(answers={"STOR": "553 Could not create file."}), "storage-refuses", False, "could not create the file|Put a microSD card"),
    "550": (dict(answers={"STOR": "550 denied"}), "storage-refuses", False, "550 denied"),
    "450": (dict(answers={"STOR": "450 file busy"}), "storage-locked", True, "does not let go of /bracket"),
    "550 at MKD": (dict(answers={"CWD": "550 no", "MKD": "550 cannot"}, path="/model/x.gcode.3mf"), "storage-refuses", False, "550 cannot"),
    "425 twice": (dict(answers={"PASV": "425 no"}), "files-no-data", True, "opens no connection for the file"),
    "PASV nonsense": (dict(answers={"PASV": "227 (1,2,3)"}), "files-unexpected", True, "fits nothing"),
    "421": (dict(answers={"": "421 Too many connections."}), "files-busy", True, "takes nobody else just now: 421 Too many"),
    "421 later": (dict(answers={"PASV": "421 idle"}), "files-busy", True, "421 idle"),
    "530": (dict(answers={"PASS": "530 Login incorrect."}), "code-refused", False, r"refuses the access code|Settings > WLAN > Access Code"),
    "430": (dict(answers={"PASS": "430 Invalid"}), "code-refused", False, "refuses the access code"),
    "530 later": (dict(answers={"STOR": "530 not logged in"}), "code-refused", False, "refuses the access code"),
    "other login": (dict(answers={"USER": "332 account?"}), "files-login-refused", True, "332 account"),
    "no TLS for files": (dict(answers={"PROT": "536 only C"}), "files-not-encrypted", False, "only unencrypted: 536 only C"),
    "522": (dict(wants_resumption=True, forgets=True), "files-session-refused", True, "522 SSL connection failed"),
    "500": (dict(answers={"STOR": "500 what?"}), "files-unknown-command", False, "500 what"),
    "nonsense": (dict(answers={"TYPE": "no FTP at all"}), "files-unreadable", True, "cannot be understood"),
    "closed at login": (dict(answers={"USER": ""}), "files-lost", True, "closed the connection"),
    "closed at STOR": (dict(answers={"STOR": ""}), "files-lost", True, "closed the connection"),
}


@pytest.fixture(scope="module")
def ill(issuer, ca_dir):
    def do(case, host):
        behaviour = dict(case[0])
        path, later, data = behaviour.pop("path", PATH), behaviour.pop("code_after", None), behaviour.pop("data", CONTENT)
        with ftpd.FtpsPrinter(SERIAL, host, secrets.plant(), ca=issuer, resumes=not behaviour.pop("forgets", False)) as printer:
            for name, value in behaviour.items():
                setattr(printer, name, value)
            if later:
                printer.on_command = lambda line: setattr(printer, "code", later) if line.startswith("STOR") else None
            result, uploader = send(ca_dir, printer, path, HURRY, data)
            return result, uploader.log_text(), printer.said("STOR") != [], path in printer.files() and not later

    return together(ILL, do)


@pytest.mark.parametrize("how", ILL)
def test_what_goes_wrong_is_told_plainly(ill, how):
    _, fault, may_pass, words = ILL[how]
    result, log, was_asked, left_over = of_case(ill[how])
    assert (result["good"], result["fault"], result["try_again"]) == (False, fault, may_pass), (result, log)
    for part in words.split("|"):
        assert re.search(part, result["sentence"] + " " + result["remedy"]), (part, result)
    assert f"fault={fault}" in log
    assert result["sent_bytes"] == 0 or was_asked, "nothing was sent"
    assert not left_over, f"a part is left: {log}"


@by_root
def test_vsftpd_with_a_full_card_or_one_that_takes_nothing(issuer, put):
    with ftpd.VsftpdPrinter(SERIAL, HOST, secrets.plant(), ca=issuer, size_mib=2) as printer:
        result, _ = put(printer)
        assert result["fault"] == "storage-write-failed" and "451 Failure writing to local file" in result["sentence"], result
        assert printer.files() == {}
        printer.card.chmod(0o555)
        result, _ = put(printer, model="P2S")
        assert result["fault"] == "storage-refuses" and "USB stick" in result["sentence"], result
        assert "only on a USB stick: plug one in" in result["remedy"]


@by_root
def test_vsftpd_without_size_tells_it_by_its_list(issuer, put, content):
    with ftpd.VsftpdPrinter(SERIAL, HOST, secrets.plant(), ca=issuer, denied=("SIZE",)) as printer:
        result, _ = put(printer, "/model/x.gcode.3mf")
        assert result["good"] and result["remote_bytes"] == len(content) and of(printer, "/model/x.gcode.3mf") == sha256(content)


SILENT = {
    "greeting": ({""}, "files-login-silent"),
    "USER": ({"USER"}, "files-login-silent"),
    "PROT": ({"PROT"}, "files-silent"),
    "PASV": ({"PASV"}, "files-no-data"),
    "STOR": ({"STOR"}, "files-no-data"),
    "SIZE": ({"SIZE", "LIST"}, "size-not-told"),
}


@pytest.fixture(scope="module")
def silences(issuer, ca_dir):
    def do(case, host):
        with ftpd.FtpsPrinter(SERIAL, host, secrets.plant(), ca=issuer) as printer:
            printer.silent = case[0]
            return send(ca_dir, printer, program=HURRY, data=b"x" * 1000)[0]

    return together(SILENT, do)


@pytest.mark.parametrize("command", SILENT)
def test_silence_has_an_end(silences, command):
    result = of_case(silences[command])
    assert result["fault"] == SILENT[command][1] and result["try_again"], result


def test_a_printer_that_takes_no_more_is_given_up_and_its_part_deleted(printer, put):
    printer.stall_at = MIB
    result, _ = put(printer, program=HURRY, data=b"x" * (32 * MIB))
    assert result["fault"] == "files-stalled" and re.search("after [0-9,]+ bytes of 33,554,432 bytes", result["sentence"]), result
    assert printer.files() == {}


def test_a_slow_printer_is_not_a_stalled_one(printer, ca_dir):
    """The last bytes wait in the system's buffers long after they were written; meanwhile they move."""
    printer.stall_at = MIB
    with Uploader(ca_dir, HURRY) as uploader:
        uploader.put(printer, PATH, LARGE)
        uploader.wait_sent(MIB // 2)
        while printer.stall_at < len(LARGE):
            printer.stall_at += 2 * MIB
            wait_until(lambda: printer.received >= min(printer.stall_at, len(LARGE)))
        result = uploader.result()
    assert result["good"] and of(printer) == sha256(LARGE)
    assert printer.truncated == 0 and "says that the transfer failed" not in uploader.log_text()


# -- nobody there, or somebody else ---------------------------------------------------------------------------------

class Nobody:
    serial, address, port, code = SERIAL, HOST, ftpd.PORT, "12345678"


def test_nobody_listens(put):
    result, _ = put(Nobody)
    assert result["fault"] == "files-refused" and result["try_again"] and f"port {ftpd.PORT}" in result["sentence"]


def test_no_way_there(put):
    result, _ = put(Nobody, address="203.0.113.9")
    assert result["fault"] in ("no-route", "no-answer") and result["try_again"], result


@pytest.mark.skipif(not darkness.POSSIBLE, reason="only root can make such a network")
def test_an_address_where_packets_vanish(ca_dir):
    with darkness.around(), Uploader(ca_dir, HURRY) as uploader:
        uploader.put(Nobody, PATH, b"x", address="10.66.0.9")
        result = uploader.result()
    assert result["fault"] == "no-answer" and "10.66.0.9" in result["sentence"]


IMPOSTORS = {
    "another printer": (dict(name="01P00A999999999"), {}, "another-printer", "01P00A999999999 instead of 01P00A000000001"),
    "no printer": (dict(name=""), {}, "not-a-printer", "no serial number"),
    "letter case": (dict(name=SERIAL.lower()), {}, "serial-case", SERIAL.lower()),
    "nobody vouches": (dict(ca=None), {}, "not-trusted-yet", "nobody known vouches"),
    "another certificate": (dict(ca=None), dict(certificate_sha256="ab" * 32), "fingerprint-changed", "another certificate"),
    "another one on the data channel": (dict(data_name="01P00A999999999"), {}, "another-printer", "01P00A999999999 instead"),
}


@pytest.mark.parametrize("who", IMPOSTORS)
def test_who_does_not_prove_itself_gets_neither_code_nor_file(issuer, put, who):
    shown, fields, fault, words = IMPOSTORS[who]
    with ftpd.FtpsPrinter(SERIAL, HOST, secrets.plant(), **{"ca": issuer, **shown}) as printer:
        result, _ = put(printer, program=HURRY, **fields)
        assert result["fault"] == fault and words in result["sentence"], result
        if "data_name" in shown:
            assert printer.files() == {} and printer.received == 0
        else:
            assert printer.commands == [] and printer.connections == 1


@pytest.mark.parametrize("behaviour,fault,words,how", [(garbage, "tls-failed", "not TLS", {}),
                                                       (silent, "tls-silent", "says nothing", {"program": HURRY})])
def test_what_speaks_no_tls(put, behaviour, fault, words, how):
    with Peer(HOST, ftpd.PORT, behaviour):
        result, _ = put(Nobody, **how)
    assert result["fault"] == fault and words in result["sentence"], result


def test_a_code_that_the_printer_repeats_is_blotted_out(printer, put):
    printer.answers["PASS"] = f"530 {printer.code} is wrong"
    result, uploader = put(printer)
    assert result["fault"] == "code-refused" and result["reply"] == f"{'*' * len(printer.code)} is wrong"
    assert printer.code not in uploader.log_text() and secrets.leaks_in(uploader.log_text().encode()) == []


# -- cancelling ---------------------------------------------------------------------------------------------------------

CANCELLED_IN = {
    "connect": dict(silent={""}),
    "login": dict(silent={"USER"}),
    "send": dict(stall_at=MIB),
    "send, and the printer does not say that it has noticed": dict(stall_at=MIB, final=""),
    "confirm": dict(final_delay_s=30),
    "verify": dict(silent={"SIZE"}),
}


@pytest.mark.parametrize("when", CANCELLED_IN)
def test_cancelling_takes_effect_at_once_and_takes_back_what_was_sent(printer, ca_dir, content, when):
    for name, value in CANCELLED_IN[when].items():
        setattr(printer, name, value)
    with Uploader(ca_dir, HURRY) as uploader:
        uploader.put(printer, PATH, content)
        wait_until(lambda: when.split(",")[0] in uploader.phases(), 20, uploader.log_text)
        if when.startswith("send"):
            uploader.wait_sent(MIB // 2)
        uploader.cancel()
        result = uploader.result()
    assert (result["good"], result["fault"], result["sentence"]) == (False, "cancelled", "The transfer was cancelled."), result
    assert printer.files() == {}


def test_stop_cancels_and_leaves_nothing(printer, ca_dir, content):
    printer.stall_at = MIB
    with Uploader(ca_dir) as uploader:
        uploader.put(printer, PATH, content)
        uploader.wait_sent(MIB // 2)
        uploader.stop()
        assert uploader.result()["fault"] == "cancelled"
    assert printer.files() == {}


# Does anything lie at the printer when fuse-upload dies just then?
DEATHS = {"upload-before-stor": False, "upload-half": True, "upload-before-final": True, "upload-before-size": True}


@pytest.mark.parametrize("point", DEATHS)
def test_what_a_death_leaves_is_no_success_and_the_next_attempt_replaces_it(printer, ca_dir, put, content, point):
    with Uploader(ca_dir, HOLD, hold_at=point) as uploader:
        uploader.put(printer, PATH, content)
        wait_until(uploader.stands_still, 20, uploader.log_text)
        wait_until(lambda: (PATH in printer.files()) == DEATHS[point])
        uploader.kill()
        uploader.process.wait(10)
        assert uploader.of("FTP_RESULT") == [] and not printer.said("SIZE")
    result, _ = put(printer)
    assert result["good"] and of(printer) == sha256(content) and printer.said("DELE") == [PATH, PATH]


# -- the file here ------------------------------------------------------------------------------------------------------------

def test_a_file_that_is_shorter_than_was_said(printer, put, content):
    result, _ = put(printer, size=len(content) + 1)
    assert result["fault"] == "file-short" and "5,243,003 bytes of 5,243,004 bytes" in result["sentence"]
    assert printer.connections == 0


def test_a_file_that_becomes_shorter_on_its_way(printer, ca_dir, tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"x" * (24 * MIB))
    printer.stall_at = MIB
    with Uploader(ca_dir) as uploader:
        uploader.put(printer, PATH, b"", size=24 * MIB, fd=os.open(path, os.O_RDONLY))
        uploader.wait_sent(MIB // 2)
        os.truncate(path, 3 * MIB)
        printer.stall_at = None
        result = uploader.result()
    assert result["fault"] == "file-short" and "of 25,165,824 bytes" in result["sentence"], result
    assert printer.files() == {}


def test_progress_comes_in_order_and_not_too_often(printer, ca_dir, content):
    printer.stall_at, printer.slow = 0, {"USER": 0.3, "DELE": 0.3, "SIZE": 0.3}
    with Uploader(ca_dir) as uploader:
        uploader.put(printer, PATH, content)
        for step in range(5):
            wait_until(lambda: "send" in uploader.phases() and printer.received == printer.stall_at)
            printer.stall_at += MIB
        printer.stall_at = None
        result, told = uploader.result(), uploader.progress
    sent = [fields["sent_bytes"] for fields in told]
    assert result["good"] and sent == sorted(sent) and sent[-1] == len(content)
    assert len(told) <= 1 + result["took_ms"] / 200
    order = ["connect", "login", "clean", "send", "confirm", "verify"]
    assert [order.index(phase) for phase in uploader.phases()] == sorted(order.index(phase) for phase in uploader.phases())


# -- lists and deletions ------------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("kind", [ftpd.FtpsPrinter, pytest.param(ftpd.VsftpdPrinter, marks=by_root)])
def test_a_folder_is_listed(issuer, ca_dir, kind):
    with kind(SERIAL, HOST, secrets.plant(), ca=issuer) as printer:
        for path, size in {"/a b.3mf": 5, "/plate.gcode.3mf": 1234567, "/cache/x.gcode": 1, "/größe.3mf": 3}.items():
            printer.put(path, b"x" * size)
        found = {}
        for folder in ("/", "/cache", "/nowhere"):
            with Uploader(ca_dir) as uploader:
                uploader.ask("FTP_LIST", uploader.to(printer, folder=folder))
                result = uploader.result()
            found[folder] = {entry["name"]: entry["size_bytes"] for entry in uploader.of("FTP_ENTRY")}
            assert result["good"] == (folder != "/nowhere"), result
        assert found == {"/": {"a b.3mf": 5, "plate.gcode.3mf": 1234567, "größe.3mf": 3}, "/cache": {"x.gcode": 1}, "/nowhere": {}}
        assert result["fault"] == "no-folder" and "shows no folder /nowhere" in result["sentence"]


def remove(printer, ca_dir, *paths) -> dict:
    with Uploader(ca_dir) as uploader:
        uploader.ask("FTP_REMOVE", uploader.to(printer, paths="\n".join(paths)))
        return uploader.result()


def test_files_are_deleted_and_what_is_not_there_is_deleted_already(printer, ca_dir):
    printer.put("/a.3mf", b"x"), printer.put("/cache/b.3mf", b"x"), printer.put("/keep.3mf", b"x")
    assert remove(printer, ca_dir, "/a.3mf", "/gone.3mf", "/cache/b.3mf")["good"]
    assert set(printer.files()) == {"/keep.3mf"}


def test_a_file_that_the_printer_keeps_is_no_deleted_one(printer, ca_dir):
    printer.put("/a.3mf", b"x"), printer.put("/b.3mf", b"x")
    printer.answers["DELE"] = ["550 Delete operation failed.", None]
    result = remove(printer, ca_dir, "/a.3mf", "/b.3mf")
    assert result["fault"] == "not-deleted" and "does not delete /a.3mf: 550 Delete operation failed." in result["sentence"], result
    assert set(printer.files()) == {"/a.3mf"}, "the other one was deleted all the same"
    printer.answers["DELE"] = "450 in use"
    assert remove(printer, ca_dir, "/a.3mf")["fault"] == "storage-locked"
    # Who knows no SIZE shows it by the list.
    printer.answers |= {"DELE": "550 Permission denied.", "SIZE": "502 not implemented"}
    assert remove(printer, ca_dir, "/a.3mf")["fault"] == "not-deleted"
    assert remove(printer, ca_dir, "/b.3mf")["good"]
    printer.answers["DELE"] = "450 No such file"
    assert remove(printer, ca_dir, "/b.3mf")["good"]
    printer.answers["LIST"] = "502 not implemented"
    assert not remove(printer, ca_dir, "/b.3mf")["good"], "that it is gone is not known"


def test_a_list_that_nobody_understands_is_no_empty_folder(printer, ca_dir):
    printer.put("/a.3mf", b"x")
    printer.lists = lambda name, size, folder: f"{name} has {size}"
    with Uploader(ca_dir) as uploader:
        uploader.ask("FTP_LIST", uploader.to(printer, folder="/"))
        assert uploader.result()["fault"] == "files-unreadable"
    (printer.card / "a.3mf").unlink()
    with Uploader(ca_dir) as uploader:
        uploader.ask("FTP_LIST", uploader.to(printer, folder="/"))
        assert uploader.result()["good"]


# -- what is refused ---------------------------------------------------------------------------------------------------------------------

REFUSED = {
    "a line's end in the path": dict(path="/a\r\nDELE x"),
    "a way out": dict(path="/../x"),
    "no file": dict(path="/"),
    "a line's end in the code": dict(access_code=b"1234\r\n"),
    "no code": dict(access_code=b""),
    "no address": dict(address="printer.example"),
    "an empty file": dict(size=0),
    "a strange path to delete": dict(remove=["/a b"]),
}


@pytest.mark.parametrize("what", REFUSED)
def test_an_order_that_cannot_be_meant_is_refused(printer, ca_dir, what):
    with Uploader(ca_dir) as uploader:
        uploader.put(printer, **{"path": PATH, "content": b"x", **REFUSED[what]})
        assert uploader.refusal() == "invalid"
    assert printer.connections == 0


def test_only_its_own_worker_is_served_and_only_once(printer, ca_dir, content):
    printer.stall_at = MIB
    with Uploader(ca_dir) as uploader:
        fields = uploader.to(printer, path=PATH, size_bytes=1)
        fd = in_memory(b"x")
        uploader.ask("FTP_PUT", fields, fd, slot=8)
        assert uploader.refusal() == "forbidden"
        assert printer.connections == 0
        uploader.frames.clear()
        uploader.put(printer, PATH, content)
        uploader.wait_sent(MIB // 2)
        uploader.tell("FTP_CANCEL", {}, "worker", 8)  # another's: nothing happens
        uploader.ask("FTP_PUT", fields, fd)
        assert uploader.refusal() == "busy"
        uploader.frames.clear()
        os.close(fd)
        printer.stall_at = None
        assert uploader.result()["good"]
    assert of(printer) == sha256(content)
