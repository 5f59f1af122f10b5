"""What the stories about the whole of Fuse share: a Fuse to try things on (fuse.py), its wire spoken a
second time, independently (wire.py), planted secrets (secrets.py), looks at processes from outside
(procfs.py) and children that misbehave on purpose (rogue.py, with tests/rig/rogue.c)."""
