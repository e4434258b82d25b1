"""``make check``, the part that looks for what should not be here: secrets in files, packages with known advisories.

``python -m api.scan --accept`` takes what is found now as looked at: after a person has looked at it.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
BASELINE = ".secrets-looked-at"
LEFT_OUT = (".lock", "package-lock.json", "openapi.json", BASELINE, ".pdf", ".docx", ".xlsx", ".pptx", ".png", ".webp")
SECONDS = 240


def main(arguments: list[str]) -> int:
    found = _secrets()
    if "--accept" in arguments:
        lines = [f"{name}: {digest}" for name, digest in sorted(found)]
        (ROOT / BASELINE).write_text("\n".join(lines) + "\n")
        return 0
    accepted = set((ROOT / BASELINE).read_text().splitlines())
    new = {each: said for each, said in found.items() if f"{each[0]}: {each[1]}" not in accepted}
    for (name, _), said in sorted(new.items()):
        sys.stderr.write(f"{name}:{said}. If it is no secret: python -m api.scan --accept\n")
    return max(int(bool(new)), _advisories())


def _secrets() -> dict[tuple[str, str], str]:
    """What looks like a secret: file and SHA-1 of it, to line and kind."""
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    files = [name for name in listed.splitlines() if not name.endswith(LEFT_OUT)]
    scan = [_tool("detect-secrets"), "scan", "--no-verify", *files]
    found = json.loads(subprocess.run(scan, cwd=ROOT, check=True, capture_output=True, text=True).stdout)
    return {
        (name, each["hashed_secret"]): f"{each['line_number']}: {each['type']}"
        for name, several in found["results"].items()
        for each in several
    }


def _advisories() -> int:
    """Advisories come from a service on the network: where it cannot be reached, that is said, and nothing else."""
    command = [
        _tool("pip-audit"), "--requirement", "requirements.lock", "--no-deps", "--disable-pip", "--timeout", "5",
        "--progress-spinner", "off", "--format", "json",
    ]  # fmt: skip
    try:
        found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=SECONDS)
        packages = json.loads(found.stdout)["dependencies"]
    except (subprocess.TimeoutExpired, ValueError, KeyError):
        sys.stdout.write("Advisories: none were looked up, the service does not answer.\n")
        return 0
    known = [each for each in packages if "skip_reason" not in each]
    bad = [each for each in known if each["vulns"]]
    for each in bad:
        sys.stderr.write(f"{each['name']} {each['version']}: {', '.join(one['id'] for one in each['vulns'])}\n")
    sys.stdout.write(f"Advisories: {len(known)} of {len(packages)} packages could be looked up, {len(bad)} have one.\n")
    return int(bool(bad))


def _tool(name: str) -> str:
    return str(Path(sys.executable).with_name(name))


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
