"""Message bodies, held against an independent implementation: whatever Debian's python3-msgpack writes, in every
form that MessagePack allows, our codec reads and writes again to the same values, in the shortest form; and what is
not as the table says it refuses. The C side is tests/rig/codec.c.
"""
import random
import struct
import subprocess

import msgpack
import pytest

from rig import wire
from rig.fuse import BUILD

SEED = 20261122
RANDOM_BODIES = 300  # for each message, but fewer of long ones …
RANDOM_BYTES = 2_000_000  # … for these many bytes at most are spent on them; the edges are tried all the same

MESSAGES = list(wire.MESSAGES.values())


class Codec:
    def __init__(self):
        self.process = subprocess.Popen([str(BUILD / "tests" / "codec")], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)

    def ask(self, line: str) -> tuple:
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        verdict, _, rest = self.process.stdout.readline().rstrip("\n").partition(" ")
        return verdict, rest

    def again(self, message, body: bytes) -> bytes:
        """`body` decoded and encoded by the C side."""
        verdict, rest = self.ask(f"{message.number} {body.hex()}")
        assert verdict == "ok", f"{message.name}: {rest}\n{body.hex()}"
        return bytes.fromhex(rest)

    def fault(self, message, body: bytes) -> str:
        """What the C side has against `body`."""
        verdict, rest = self.ask(f"{message.number} {body.hex()}")
        assert verdict == "fault", f"{message.name} took {body.hex()} as {rest}"
        return rest

    def close(self):
        self.process.stdin.close()
        assert self.process.wait(10) == 0


@pytest.fixture(scope="module")
def codec():
    codec = Codec()
    yield codec
    codec.close()


# -- values -----------------------------------------------------------------------------------------------

U64_EDGES = [0, 1, 127, 128, 255, 256, 65535, 65536, 2**32 - 1, 2**32, 2**63 - 1, 2**63, 2**64 - 1]
I64_EDGES = [0, 1, -1, -32, -33, -128, -129, -32768, -32769, -2**31, -2**31 - 1, -2**63, 2**63 - 1, 127, 128, 2**32]
LENGTH_EDGES = [0, 1, 31, 32, 255, 256, 65535, 65536]
CHARACTERS = ["a", "~", " ", "\x01", "\x7f", "é", "\u07ff", "\u0800", "\ud7ff", "\ue000", "\uffff", "\U00010000",
              "\U0010ffff", "日", "\u202e"]


def text_of(length: int, chance: random.Random) -> str:
    """UTF-8 of exactly `length` bytes, with characters of all widths; what is long repeats itself."""
    verse = "".join(chance.choice(CHARACTERS) for _ in range(40))
    verse_bytes = len(verse.encode())
    text, left = (verse * (length // verse_bytes), length % verse_bytes) if length > 1000 else ("", length)
    while left > 0:
        text += (char := chance.choice([c for c in CHARACTERS if len(c.encode()) <= left]))
        left -= len(char.encode())
    return text


def edges(field, chance: random.Random) -> list:
    """Values at the bounds of what `field` may hold."""
    lengths = sorted({n for n in [*LENGTH_EDGES, field.max - 1, field.max] if 0 <= n <= field.max})
    return {
        "BOOL": lambda: [False, True],
        "U32": lambda: [n for n in U64_EDGES + [field.max] if n <= field.max],
        "U64": lambda: U64_EDGES,
        "I64": lambda: I64_EDGES,
        "STR": lambda: [text_of(n, chance) for n in lengths],
        "TEXT": lambda: [text_of(n, chance) for n in lengths],
        "BYTES": lambda: [chance.randbytes(n) for n in lengths],
        "SECRET": lambda: [chance.randbytes(n) for n in lengths],
    }[field.kind]()


def anything(field, chance: random.Random):
    """A random value of `field`."""
    length = chance.choice([chance.randint(0, field.max), chance.randint(0, min(field.max, 40))])
    return {
        "BOOL": lambda: chance.random() < 0.5,
        "U32": lambda: chance.randint(0, chance.choice([field.max, min(field.max, 300)])),
        "U64": lambda: chance.getrandbits(chance.randint(1, 64)),
        "I64": lambda: chance.getrandbits(chance.randint(1, 63)) * chance.choice([1, -1]),
        "STR": lambda: text_of(length, chance),
        "TEXT": lambda: text_of(length, chance),
        "BYTES": lambda: chance.randbytes(length),
        "SECRET": lambda: chance.randbytes(length),
    }[field.kind]()


def bodies_of(message, chance: random.Random, most: int = RANDOM_BODIES):
    """Lists of values, at most `most` and fewer of a long message: each field at each of its edges while the others are
    random, then all random."""
    most = max(min(most, RANDOM_BYTES // message.max_bytes), 20)
    for index, field in enumerate(message.fields):
        for value in edges(field, chance):
            values = [anything(f, chance) for f in message.fields]
            values[index] = value
            yield values
    for _ in range(most if message.fields else 1):
        yield [anything(f, chance) for f in message.fields]


# -- every form of MessagePack ------------------------------------------------------------------------------

INTEGER_FORMS = [(0xCC, "B"), (0xCD, "H"), (0xCE, "I"), (0xCF, "Q"), (0xD0, "b"), (0xD1, "h"), (0xD2, "i"),
                 (0xD3, "q")]


def forms_of(value) -> list:
    """All encodings of `value` that the MessagePack specification knows, written by hand from it."""
    if isinstance(value, bool):
        return [b"\xc3" if value else b"\xc2"]
    if isinstance(value, int):
        forms = [struct.pack("b", value)] if -32 <= value < 128 else []
        for tag, code in INTEGER_FORMS:
            try:
                forms.append(struct.pack(f">B{code}", tag, value))
            except struct.error:
                pass
        return forms
    raw = value.encode() if isinstance(value, str) else value
    tags = {str: (0xD9, 0xDA, 0xDB), bytes: (0xC4, 0xC5, 0xC6)}[type(value)]
    forms = [struct.pack("B", 0xA0 | len(raw)) + raw] if isinstance(value, str) and len(raw) < 32 else []
    for tag, code, most in zip(tags, "BHI", (0xFF, 0xFFFF, 0xFFFFFFFF)):
        if len(raw) <= most:
            forms.append(struct.pack(f">B{code}", tag, len(raw)) + raw)
    return forms


def array_forms(count: int) -> list:
    return ([struct.pack("B", 0x90 | count)] if count < 16 else []) + [struct.pack(">BH", 0xDC, count)]


# -- stories ------------------------------------------------------------------------------------------------

def test_both_sides_compute_the_same_hash_over_the_tables(codec):
    assert codec.ask("hash") == ("ok", f"{wire.schema_hash():016x}")


@pytest.mark.parametrize("message", MESSAGES, ids=lambda m: m.name)
def test_what_python_writes_c_reads_and_writes_back_byte_for_byte(codec, message):
    """Both write the shortest form, so the bytes are the same."""
    chance = random.Random(f"{SEED} {message.name}")
    for values in bodies_of(message, chance):
        body = msgpack.packb(values, use_bin_type=True)
        again = codec.again(message, body)
        assert msgpack.unpackb(again, raw=False) == values
        assert again == body
        assert len(body) <= message.max_bytes


@pytest.mark.parametrize("message", MESSAGES, ids=lambda m: m.name)
def test_every_legal_form_of_every_value_is_read(codec, message):
    chance = random.Random(f"{SEED} forms {message.name}")
    draws = 4 if message.max_bytes < 10_000 else 1
    for values in list(bodies_of(message, chance))[:200]:
        shortest = msgpack.packb(values, use_bin_type=True)
        for head in array_forms(len(values)):
            for _ in range(draws):
                body = head + b"".join(chance.choice(forms_of(value)) for value in values)
                assert msgpack.unpackb(body, raw=False) == values  # the other side agrees that it is legal
                assert codec.again(message, body) == shortest


@pytest.mark.parametrize("message", [m for m in MESSAGES if m.fields], ids=lambda m: m.name)
def test_each_form_of_each_edge_is_read(codec, message):
    """Not by chance, as above, but one by one."""
    chance = random.Random(f"{SEED} edges {message.name}")
    for index, field in enumerate(message.fields):
        for value in edges(field, chance):
            before = [b"" if f is field else msgpack.packb(f.empty, use_bin_type=True) for f in message.fields]
            for form in forms_of(value):
                body = array_forms(len(before))[0] + b"".join([*before[:index], form, *before[index + 1:]])
                assert msgpack.unpackb(codec.again(message, body), raw=False)[index] == value


def wrong_values(field) -> list:
    """What `field` must not hold, each with what the C side says of it."""
    truth, number, text, raw = (f"has something else where {what}" for what in
                                ("a truth value belongs", "a number belongs", "a text belongs", "bytes belong"))
    beyond, longer = "has a number out of its range", "has a text or bytes longer than their bound"
    not_utf8 = "has a text that is not UTF-8"
    return {
        "BOOL": lambda: [(0, truth), (None, truth)],
        "U32": lambda: [(field.max + 1, beyond), (-1, beyond), (2**64 - 1, beyond), ("1", number), (1.0, number),
                        (True, number), (None, number)],
        "U64": lambda: [(-1, beyond), (-2**63, beyond), (b"1", number), (1.5, number), ([], number)],
        "I64": lambda: [(2**63, beyond), (2**64 - 1, beyond), ({}, number), (None, number)],
        "STR": lambda: [("x" * (field.max + 1), longer), (b"x", text), (1, text), (None, text), ("a\0b", not_utf8)],
        "TEXT": lambda: [("x" * (field.max + 1), longer), (b"x", text), (1, text), ("a\0b", not_utf8)],
        "BYTES": lambda: [(b"x" * (field.max + 1), longer), ("x", raw), (1, raw)],
        "SECRET": lambda: [(b"x" * (field.max + 1), longer), ("x", raw), (None, raw)],
    }[field.kind]()


@pytest.mark.parametrize("message", [m for m in MESSAGES if m.fields], ids=lambda m: m.name)
def test_a_value_that_a_field_cannot_hold_is_refused_in_words(codec, message):
    for index, field in enumerate(message.fields):
        for value, words in wrong_values(field):
            values = [f.empty for f in message.fields]
            values[index] = value
            assert codec.fault(message, msgpack.packb(values, use_bin_type=True)) == words, (field, value)


BAD_UTF8 = [b"\x80", b"\xc0\x80", b"\xc1\xbf", b"\xe0\x80\x80", b"\xed\xa0\x80", b"\xed\xbf\xbf", b"\xf0\x80\x80\x80",
            b"\xf4\x90\x80\x80", b"\xf8\x88\x80\x80\x80", b"\xff", b"a\xe2\x82", b"\xc3"]


@pytest.mark.parametrize("message", [m for m in MESSAGES if any(f.kind in ("STR", "TEXT") for f in m.fields)],
                         ids=lambda m: m.name)
def test_bytes_that_are_no_utf8_are_refused(codec, message):
    for index, field in enumerate(message.fields):
        for bad in BAD_UTF8 if field.kind in ("STR", "TEXT") else []:
            with pytest.raises(UnicodeDecodeError):
                bad.decode()
            parts = [msgpack.packb(f.empty, use_bin_type=True) for f in message.fields]
            parts[index] = struct.pack("B", 0xA0 | len(bad)) + bad
            body = array_forms(len(parts))[0] + b"".join(parts)
            assert codec.fault(message, body) == "has a text that is not UTF-8"


@pytest.mark.parametrize("message", MESSAGES, ids=lambda m: m.name)
def test_too_few_too_many_and_left_over_are_refused(codec, message):
    values = [f.empty for f in message.fields]
    body = msgpack.packb(values, use_bin_type=True)
    assert codec.fault(message, msgpack.packb(values + [0])) == "has too many or too few fields"
    assert codec.fault(message, body + b"\x00") == "has bytes left over"
    assert codec.fault(message, msgpack.packb({})) == "is no array"
    assert codec.fault(message, b"\xdd\x00\x00\x00\x00" + body[1:]) == "is no array"  # array 32: not in our subset
    if values:
        assert codec.fault(message, msgpack.packb(values[:-1])) == "has too many or too few fields"
    for length in range(len(body)):
        assert codec.fault(message, body[:length]) == "ends too early"


def test_a_number_that_is_no_message_is_refused(codec):
    unknown = next(n for n in range(1, 65536) if n not in wire.BY_NUMBER)
    assert codec.ask(f"{unknown} 90") == ("fault", "is no message")


@pytest.mark.parametrize("message", MESSAGES, ids=lambda m: m.name)
def test_random_damage_is_either_refused_or_read_as_the_other_side_reads_it(codec, message):
    """Flip bits: where our codec still accepts, python3-msgpack reads the same values."""
    chance = random.Random(f"{SEED} damage {message.name}")
    for values in list(bodies_of(message, chance))[:100]:
        body = bytearray(msgpack.packb(values, use_bin_type=True))
        for _ in range(chance.randint(1, 3)):
            body[chance.randrange(len(body))] ^= 1 << chance.randrange(8)
        verdict, rest = codec.ask(f"{message.number} {body.hex()}")
        if verdict == "ok":
            assert msgpack.unpackb(bytes.fromhex(rest), raw=False) == msgpack.unpackb(bytes(body), raw=False)
