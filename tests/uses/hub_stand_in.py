"""Answers the requests of ``huggingface_hub`` as the hub does, in memory: no network, no port."""

import base64
import hashlib
import json
from dataclasses import dataclass, field
from typing import Any

import httpx2

SHA = "0" * 39 + "1"  # of every commit


@dataclass
class Hub:
    """Repositories by name, each with its files; requests are kept in ``asked``."""

    files: dict[str, dict[str, bytes]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    status: int = 200  # of every answer, if it is another

    def client(self) -> httpx2.Client:
        return httpx2.Client(transport=httpx2.MockTransport(self.answer), follow_redirects=True)

    def answer(self, request: httpx2.Request) -> httpx2.Response:
        path = request.url.path
        self.asked.append(f"{request.method} {path}")
        if self.status != 200:
            return httpx2.Response(self.status, json={"error": "no"}, request=request)
        if path == "/api/repos/create":
            said = json.loads(request.content)
            name = f"{said.get('organization') or 'maria'}/{said['name']}"
            self.files.setdefault(name, {})
            return _json(request, {"url": f"https://huggingface.co/{name}", "name": name, "id": name})
        if path.startswith("/api/models/"):
            owner, repo, what, *_ = path.removeprefix("/api/models/").split("/")
            return self._of_model(request, f"{owner}/{repo}", what)
        if path.startswith("/api/"):
            return _json(request, {"errors": [], "warnings": [], "name": "maria", "type": "user"})
        owner, repo, _, _, *rest = path.strip("/").split("/")
        content = self.files[f"{owner}/{repo}"]["/".join(rest)]
        headers = {"etag": f'"{hashlib.sha1(content).hexdigest()}"', "x-repo-commit": SHA}
        return httpx2.Response(200, content=content, headers=headers, request=request)

    def _of_model(self, request: httpx2.Request, name: str, what: str) -> httpx2.Response:
        if name not in self.files:
            headers = {"x-error-code": "RepoNotFound"}
            return httpx2.Response(
                404, json={"error": "Repository not found"}, headers=headers, request=request
            )
        files = self.files[name]
        if what == "preupload":
            listed = json.loads(request.content)["files"]
            modes = [{"path": f["path"], "uploadMode": "regular", "shouldIgnore": False} for f in listed]
            return _json(request, {"files": modes})
        if what == "commit":
            for line in request.content.decode().splitlines():
                said = json.loads(line)
                if said["key"] == "file":
                    files[said["value"]["path"]] = base64.b64decode(said["value"]["content"])
            return _json(
                request, {"commitUrl": f"https://huggingface.co/{name}/commit/{SHA}", "commitOid": SHA}
            )
        if what == "tree":
            sizes = [
                {"type": "file", "path": path, "size": len(content), "oid": hashlib.sha1(content).hexdigest()}
                for path, content in files.items()
            ]
            return _json(request, sizes)
        siblings = [{"rfilename": path} for path in files]
        return _json(request, {"id": name, "sha": SHA, "siblings": siblings, "private": False, "tags": []})


def _json(request: httpx2.Request, value: Any) -> httpx2.Response:
    return httpx2.Response(200, json=value, request=request)
