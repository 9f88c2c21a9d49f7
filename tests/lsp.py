"""An editor without a window: it speaks with the YAML language server as VS Code and its kin do."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from conftest import PROJECT

SERVER = PROJECT / ".venv/language-server/node_modules/yaml-language-server/bin/yaml-language-server"
SETTINGS = {"yaml": {"validate": True, "hover": True, "completion": True, "schemaStore": {"enable": False}}}


@dataclass
class Editor:
    """A session with the server in a folder; a position is a line and a column, both counted from 1."""

    root: Path
    opened: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    number: int = 0

    def __enter__(self) -> Editor:
        node = shutil.which("node")
        assert node, "Node.js is not installed: `make test` does that"
        assert SERVER.is_file(), "the YAML language server is not installed: `make test` does that, with npm"
        command = [node, SERVER, "--stdio"]
        self.server = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=self.root)
        uri = self.root.as_uri()
        folders = [{"uri": uri, "name": "office"}]
        markdown = {"hover": {"contentFormat": ["markdown"]}, "completion": {"completionItem": {}}}
        capabilities = {"textDocument": markdown, "workspace": {"configuration": True}}
        setup = {"processId": None, "rootUri": uri, "workspaceFolders": folders, "capabilities": capabilities}
        self.ask("initialize", setup)
        self.tell("initialized", {})
        self.tell("workspace/didChangeConfiguration", {"settings": SETTINGS})
        return self

    def __exit__(self, *_: object) -> None:
        self.ask("shutdown", None)
        self.tell("exit", None)
        self.server.stdin.close()
        self.server.stdout.close()
        self.server.wait(10)

    def problems(self, path: str) -> list[tuple[int, str]]:
        """Open a file; return the line and the sentence of each problem that the server shows."""
        uri = self._open(path)
        while uri not in self.opened:
            self._receive()
        found = self.opened[uri]
        return sorted((problem["range"]["start"]["line"] + 1, problem["message"]) for problem in found)

    def hover(self, path: str, line: int, column: int) -> str:
        """Return what is shown when the mouse rests on a place."""
        answer = self.ask("textDocument/hover", self._at(path, line, column))
        return answer["contents"]["value"] if answer else ""

    def completions(self, path: str, line: int, column: int) -> dict[str, str]:
        """Return what is offered at a place, each with what is said of it."""
        answer = self.ask("textDocument/completion", self._at(path, line, column))
        return {item["label"]: _text(item.get("documentation", "")) for item in answer["items"]}

    def _at(self, path: str, line: int, column: int) -> dict[str, Any]:
        position = {"line": line - 1, "character": column - 1}
        return {"textDocument": {"uri": self._open(path)}, "position": position}

    def _open(self, path: str) -> str:
        file = self.root / path
        uri = file.as_uri()
        text = file.read_text(encoding="utf-8")
        document = {"uri": uri, "languageId": "yaml", "version": 1, "text": text}
        if uri not in self.opened:
            self.tell("textDocument/didOpen", {"textDocument": document})
        return uri

    # ---- the protocol: JSON-RPC 2.0 with a header of its length

    def tell(self, method: str, parameters: Any) -> None:
        self._send({"method": method, "params": parameters})

    def ask(self, method: str, parameters: Any) -> Any:
        """Return the answer to a request; what the server asks meanwhile is answered."""
        self.number += 1
        self._send({"id": self.number, "method": method, "params": parameters})
        while True:
            message = self._receive()
            if message.get("id") == self.number and "method" not in message:
                assert "error" not in message, message
                return message["result"]

    def _send(self, message: dict[str, Any]) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self.server.stdin.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
        self.server.stdin.flush()

    def _receive(self) -> dict[str, Any]:
        length = 0
        while line := self.server.stdout.readline().strip():
            name, _, value = line.partition(b":")
            length = int(value) if name == b"Content-Length" else length
        assert length, "the language server has ended"
        message = json.loads(self.server.stdout.read(length))
        match message:
            case {"method": "workspace/configuration", "id": number, "params": {"items": items}}:
                settings = [SETTINGS.get(item.get("section", "")) for item in items]
                self._send({"id": number, "result": settings})
            case {"method": str(), "id": number}:
                self._send({"id": number, "result": None})
            case {"method": "textDocument/publishDiagnostics", "params": {"uri": uri, "diagnostics": found}}:
                self.opened[uri] = found
        return message


def _text(documentation: Any) -> str:
    return documentation["value"] if isinstance(documentation, dict) else documentation
