"""A pytest plugin: the names of the tests that failed, a line each, go to the file that FUSE_FAILURES names.

With several processes that run tests it writes in the one that gathers what they say.
"""
import os


def pytest_configure(config):
    path = os.environ.get("FUSE_FAILURES")
    if path and not hasattr(config, "workerinput"):
        config.pluginmanager.register(Failures(path))


class Failures:
    def __init__(self, path: str):
        self.path, self.told = path, set()

    def pytest_runtest_logreport(self, report):
        if report.failed and report.nodeid not in self.told:
            self.told.add(report.nodeid)
            with open(self.path, "a", encoding="utf-8") as out:
                out.write(report.nodeid + "\n")
