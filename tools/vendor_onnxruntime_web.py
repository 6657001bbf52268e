"""Fetch the browser's ONNX runtime through npm and lay it into the package, compressed.

    python tools/vendor_onnxruntime_web.py

Run it to go to another version: change VERSION and INTEGRITY (`npm view onnxruntime-web@VERSION
dist.integrity`). It lies in the repository so that `pip install` alone is enough for an exported
page to work, without npm and without a host of scripts that may vanish.
"""

import base64
import gzip
import hashlib
import importlib.util
import io
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path

VERSION = "1.30.0"
INTEGRITY = "sha512-q0y+JrrtukXSzsBWEMccVfqX25LRmosXHF+CaRJmg8pZClzcV7svNc4rKY3jL02Vb7QmRMDs1SigqR4CXAfKYQ=="  # noqa: E501
# WebAssembly with SIMD on the CPU; the variants for WebGPU and WebNN are twice as large.
FILES = ("ort.wasm.min.js", "ort-wasm-simd-threaded.mjs", "ort-wasm-simd-threaded.wasm")
VENDOR = Path(__file__).parent.parent / "src/impasto/export/vendor"


def fetch() -> bytes:
    """The package as npm serves it, checked."""
    npm = shutil.which("npm")
    if npm is None:
        raise SystemExit("npm is not installed.")
    with tempfile.TemporaryDirectory() as folder:
        command = [npm, "pack", "--silent", f"onnxruntime-web@{VERSION}"]
        subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)
        content = next(Path(folder).glob("*.tgz")).read_bytes()
    kind, _, expected = INTEGRITY.partition("-")
    found = base64.b64encode(hashlib.new(kind, content).digest()).decode()
    if found != expected:
        raise SystemExit(f"onnxruntime-web {VERSION} is not what it should be: {kind}-{found}")
    return content


def write(name: str, content: bytes) -> None:
    """Lay a file into the package; the same content always gives the same bytes."""
    path = VENDOR / f"{name}.gz"
    path.write_bytes(gzip.compress(content, 9, mtime=0))
    print(f"{path.name}: {len(content):,} → {path.stat().st_size:,} bytes")


def main() -> None:
    """Fetch, check, compress."""
    VENDOR.mkdir(exist_ok=True)
    with tarfile.open(fileobj=io.BytesIO(fetch())) as package:
        for name in FILES:
            file = package.extractfile(f"package/dist/{name}")
            if file is None:
                raise SystemExit(f"onnxruntime-web {VERSION} has no dist/{name}.")
            write(name, file.read())
    # The npm package names its licence but does not carry it; pip's of the same source does.
    found = importlib.util.find_spec("onnxruntime")
    if found is None or found.origin is None:
        raise SystemExit("pip install onnxruntime first: its licence is copied.")
    home = Path(found.origin).parent
    parts = (home / "LICENSE", home / "ThirdPartyNotices.txt")
    text = f"ONNX Runtime Web {VERSION}\n\n" + "\n\n".join(
        part.read_text(encoding="utf-8", errors="replace") for part in parts
    )
    write("onnxruntime-licences.txt", text.encode())


if __name__ == "__main__":
    main()
