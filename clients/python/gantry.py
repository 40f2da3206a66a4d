"""A client of `gantry worker` in eighty lines: the second witness of docs/protocol.md.

    with Worker(["gantry", "worker"]) as w:
        print(w.run("function %f(i32) -> i32 { block0(v0: i32): return v0 }", "%f", ["42"]))
"""

import json
import struct
import subprocess
import threading


class GantryError(Exception):
    def __init__(self, error):
        super().__init__(f"{error['code']}: {error['message']}")
        self.code = error["code"]
        self.diagnostics = error.get("diagnostics", [])


class Trap(Exception):
    """The generated code trapped: code, function and offset."""


class Worker:
    def __init__(self, command):
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._lock = threading.Lock()
        self._next = 0
        self.hello, _ = self._receive()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.stdin.close()
        self._process.wait(timeout=10)

    def _exactly(self, n):
        data = self._process.stdout.read(n)
        if len(data) < n:
            raise EOFError("the worker has ended")
        return data

    def _receive(self):
        length, header_length = struct.unpack("<II", self._exactly(8))
        body = self._exactly(length - 4)
        return json.loads(body[:header_length]), body[header_length:]

    def _call(self, payload=b"", **header):
        with self._lock:
            self._next += 1
            text = json.dumps({"id": self._next, **header}).encode()
            self._process.stdin.write(struct.pack("<II", 4 + len(text) + len(payload), len(text)) + text + payload)
            self._process.stdin.flush()
            answer, data = self._receive()
        if not answer["ok"]:
            raise GantryError(answer["error"])
        return answer, data

    def compile(self, source, target=None, settings=(), output="object"):
        """The object, code or text that `source` becomes, and the list of its functions."""
        header = {"type": "compile", "set": list(settings), "output": output}
        if target is not None:
            header["target"] = target
        answer, data = self._call(source.encode(), **header)
        return data, answer["functions"]

    def run(self, source, function, args=(), settings=()):
        """The results of calling `function` of `source`, as (type, text) pairs."""
        answer, _ = self._call(source.encode(), type="run", function=function, args=list(args), set=list(settings))
        if "trap" in answer:
            raise Trap(answer["trap"])
        return [(r["type"], r["value"]) for r in answer["results"]]

    def stats(self):
        return self._call(type="stats")[0]["stats"]
