"""An engine that makes no images: it writes down what it is asked, and saves one that is made of a few bytes.

Run as a program whose name says which engine it is; `engine.json` beside it says what fails, and takes what was asked.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import itertools
import json
import sys
import tarfile
from pathlib import Path
from typing import Any

LAYERS = (
    {"usr/bin/python3": b"p" * 5000},
    {"opt/nis/lib/package.py": b"q" * 3000},
    {"opt/nis/lib/nis_backend.py": b"r" * 2000},
    {"opt/nis/share/sbom.cdx.json": b"{}"},
)
BILL = ({"sbom.cdx.json": b'{"bomFormat": "CycloneDX"}'},)
PUSHED = f"sha256:{'ab' * 32}"
IDENTITY = f"sha256:{'0123456789abcdef' * 4}"


def packed(files: dict[str, bytes]) -> bytes:
    """Files as a tar."""
    whole = io.BytesIO()
    with tarfile.open(fileobj=whole, mode="w") as tar:
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    return whole.getvalue()


def digest(data: bytes) -> str:
    """Its digest."""
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def docker_archive(layers: list[bytes]) -> dict[str, bytes]:
    """Of Docker's older form: layers as they are."""
    config = json.dumps({"rootfs": {"diff_ids": [digest(one) for one in layers]}}).encode()
    name = f"{digest(config).removeprefix('sha256:')}.json"
    members = [f"{index}/layer.tar" for index in range(len(layers))]
    manifest = [{"Config": name, "RepoTags": [], "Layers": members}]
    return {"manifest.json": json.dumps(manifest).encode(), name: config, **dict(zip(members, layers, strict=True))}


def oci_archive(layers: list[bytes]) -> dict[str, bytes]:
    """Of OCI's form: layers packed, under an index of an index, beside an attestation."""
    files: dict[str, bytes] = {}

    def add(data: bytes) -> dict[str, Any]:  # Any: JSON
        files[f"blobs/{digest(data).replace(':', '/')}"] = data
        return {"digest": digest(data), "size": len(data)}

    config = add(json.dumps({"rootfs": {"diff_ids": [digest(one) for one in layers]}}).encode())
    entries = [add(gzip.compress(one, mtime=0)) for one in layers]
    manifest = add(json.dumps({"config": config, "layers": entries}).encode())
    seal = {**add(b"{}"), "annotations": {"vnd.docker.reference.type": "attestation-manifest"}}
    inner = add(json.dumps({"manifests": [seal, manifest]}).encode())
    return {"index.json": json.dumps({"manifests": [inner]}).encode(), **files}


def main(name: str, arguments: list[str]) -> None:
    """Do as it is asked."""
    notes = Path(sys.argv[0]).with_name("engine.json")
    state: dict[str, Any] = json.loads(notes.read_text("utf-8"))  # Any: JSON
    asked: dict[str, Any] = {"engine": name, "arguments": arguments}  # Any: as above
    if "--password-stdin" in arguments:
        asked["input"] = sys.stdin.read()
    asked["secrets"] = {
        one.partition(",src=")[0].removeprefix("id="): Path(one.partition(",src=")[2]).read_text("utf-8")
        for before, one in itertools.pairwise(arguments)
        if before == "--secret"
    }
    state["asked"].append(asked)
    notes.write_text(json.dumps(state), "utf-8")
    words = [word for word in arguments if word in state["fails"].get(name, [])]
    if words:
        print("step 1 of 2")  # noqa: T201 - a program speaks
        sys.exit(f"Error: {words[0]} does not work")
    tag = next((word for word in arguments if word.startswith("nis-bill-")), None)
    if "images" in arguments:
        built = [one["arguments"] for one in state["asked"] if "--tag" in one["arguments"]]
        print(*(one[one.index("--tag") + 1] for one in built), sep="\n")  # noqa: T201 - as above
    elif "inspect" in arguments:
        print(IDENTITY.removeprefix("sha256:") if name != "docker" else IDENTITY)  # noqa: T201 - as above
    elif "--digestfile" in arguments:
        Path(arguments[arguments.index("--digestfile") + 1]).write_text(PUSHED, "utf-8")
    elif "save" in arguments or any(word.startswith("oci-archive:") for word in arguments):
        layers = [packed(files) for files in (BILL if tag else LAYERS)]
        file = next((word.partition(":")[2] for word in arguments if word.startswith("oci-archive:")), None)
        file = file or arguments[arguments.index("--output") + 1]
        made = docker_archive(layers) if name == "docker" else oci_archive(layers)
        Path(file).write_bytes(packed(made))
    elif "push" in arguments:
        print(f"1234: Pushed\ntag: digest: {PUSHED} size: 1234")  # noqa: T201 - as above


if __name__ == "__main__":
    main(Path(sys.argv[0]).name, sys.argv[1:])
