"""Certificates as printers have them, and as liars would: made by hand, byte by byte where need be, since no library
makes the X.509 version 1 of most printers, or a name with a NUL in it.

	bbl = Authority("BBL CA")
	printer = bbl.printer("01P00A000000001")          # as an old printer: version 1, CN = serial number, 10 years
	printer.chain_file, printer.key_file, printer.sha256
	bbl.write_pem(folder / "bbl.pem")                 # as the owner puts it into ca.d

Keys are RSA-2048 and cached: making one takes a tenth of a second and more."""
import atexit
import datetime
import functools
import hashlib
import itertools
import pathlib
import shutil
import ssl
import tempfile

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

_FOLDER = pathlib.Path(tempfile.mkdtemp(prefix="fuse-ca-"))
atexit.register(shutil.rmtree, _FOLDER, ignore_errors=True)


@functools.lru_cache(maxsize=None)
def key(number: int, bits: int = 2048):
    """The key with this number, the same for the whole session."""
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


# -- DER ------------------------------------------------------------------------------------------

def der(tag: int, *parts: bytes) -> bytes:
    body = b"".join(parts)
    size = len(body).to_bytes((len(body).bit_length() + 7) // 8 or 1, "big")
    return bytes([tag]) + (size if len(body) < 128 else bytes([0x80 | len(size)]) + size) + body


def der_oid(dotted: str) -> bytes:
    first, second, *rest = map(int, dotted.split("."))
    body = bytes([40 * first + second])
    for number in rest:
        piece = bytes([number & 0x7f])
        while number := number >> 7:
            piece = bytes([number & 0x7f | 0x80]) + piece
        body += piece
    return der(6, body)


def der_name(common_names, organization: str = None) -> bytes:
    """A name with these CNs (text or bytes, one after the other)."""
    parts = [der(0x31, der(0x30, der_oid("2.5.4.10"), der(0x0c, organization.encode())))] if organization else []
    for name in common_names:
        raw = name.encode() if isinstance(name, str) else name
        parts.append(der(0x31, der(0x30, der_oid("2.5.4.3"), der(0x0c, raw))))
    return der(0x30, *parts)


def der_time(when) -> bytes:
    """A datetime, or bytes to be taken as they are."""
    return der(0x18, when if isinstance(when, bytes) else when.strftime("%Y%m%d%H%M%SZ").encode())


SHA256_RSA = der(0x30, der_oid("1.2.840.113549.1.1.11"), der(5))


def years(count: float) -> datetime.datetime:
    """So many years from now."""
    return datetime.datetime.utcnow() + datetime.timedelta(days=365.25 * count)


def extension(dotted: str, value: bytes, critical: bool = True) -> bytes:
    return der(0x30, der_oid(dotted), *([der(1, b"\xff")] if critical else []), der(4, value))


def basic_constraints(is_ca: bool, path_length: int = None) -> bytes:
    parts = ([der(1, b"\xff")] if is_ca else []) + ([der(2, bytes([path_length]))] if path_length is not None else [])
    return extension("2.5.29.19", der(0x30, *parts))


_serial_numbers = itertools.count(0x10000000)  # four bytes, as DER wants them


def certificate(subject: bytes, subject_key, issuer: bytes, issuer_key, begins, ends, extensions=None) -> bytes:
    """The DER of a certificate; version 1 when `extensions` is None."""
    spki = subject_key.public_key().public_bytes(serialization.Encoding.DER,
                                                 serialization.PublicFormat.SubjectPublicKeyInfo)
    body = [der(2, next(_serial_numbers).to_bytes(4, "big")), SHA256_RSA, issuer,
            der(0x30, der_time(begins), der_time(ends)), subject, spki]
    if extensions is not None:
        body = [der(0xa0, der(2, b"\x02")), *body, der(0xa3, der(0x30, *extensions))]
    to_be_signed = der(0x30, *body)
    signature = issuer_key.sign(to_be_signed, padding.PKCS1v15(), hashes.SHA256())
    return der(0x30, to_be_signed, SHA256_RSA, der(3, b"\0" + signature))


# -- who has them ----------------------------------------------------------------------------------

class Printer:
    """A certificate with its key, and what is sent along with it."""

    _made = 0

    def __init__(self, leaf: bytes, chain: list, private_key):
        Printer._made += 1
        self.leaf, self.private_key = leaf, private_key
        self.sha256 = hashlib.sha256(leaf).hexdigest()
        self.chain_file = _FOLDER / f"{Printer._made}.pem"
        self.key_file = _FOLDER / f"{Printer._made}.key"
        self.chain_file.write_text("".join(ssl.DER_cert_to_PEM_cert(one) for one in [leaf, *chain]))
        self.key_file.write_bytes(private_key.private_bytes(serialization.Encoding.PEM,
                                                            serialization.PrivateFormat.TraditionalOpenSSL,
                                                            serialization.NoEncryption()))

    def server_context(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_2
        context.load_cert_chain(self.chain_file, self.key_file)
        return context


class Authority:
    """A root, or (with `above`) one that another signs. Like Bambu Lab's root it has no keyUsage."""

    def __init__(self, name: str = "BBL CA", key_number: int = 0, above: "Authority" = None, begins=None, ends=None,
                 path_length: int = None):
        self.name = der_name([name], "BBL Technologies Co., Ltd")
        self.key, self.above = key(key_number), above
        signer = above or self
        self.der = certificate(self.name, self.key, signer.name, signer.key, begins or years(-3), ends or years(20),
                               [basic_constraints(True, path_length)])
        self.sha256 = hashlib.sha256(self.der).hexdigest()

    def write_pem(self, path: pathlib.Path):
        path.write_text(ssl.DER_cert_to_PEM_cert(self.der))

    def printer(self, serial, *, version: int = 1, begins=None, ends=None, sends: str = "leaf and issuer",
                key_number: int = 1, names=None) -> Printer:
        """
        serial  the CN, text or bytes; `names` gives any number of CNs instead
        version 1 as old printers, 3 as new ones (without subjectAltName and keyUsage)
        sends   "leaf", "leaf and issuer", "all" (up to the root)
        """
        leaf = certificate(der_name(names if names is not None else [serial]), key(key_number), self.name, self.key,
                           begins or years(-1), ends or years(9),
                           None if version == 1 else [basic_constraints(False)])
        chain, authority = [], self if sends != "leaf" else None
        while authority is not None:
            chain.append(authority.der)
            authority = authority.above if sends == "all" else None
        return Printer(leaf, chain, key(key_number))


def by_a_printer(serial: str, thief: Printer, thief_name: str, chain: list, key_number: int = 3) -> Printer:
    """A certificate that a printer's own key has signed: what somebody can make who owns one printer."""
    leaf = certificate(der_name([serial]), key(key_number), der_name([thief_name]), thief.private_key, years(-1),
                       years(9))
    return Printer(leaf, [thief.leaf, *chain], key(key_number))
