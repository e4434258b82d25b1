"""A model writes in the chat: what holds is shown, the rest is told of. As in ``test_web_client``, every journey also
fails on an error in the console, on a violation of the content security policy, and on a request that leaves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import yaml

from tests.browser.conftest import Server, serving
from tests.fakes.author import Author
from tests.fakes.model_vendor import KEY, Script, Told

pytestmark = pytest.mark.browser

Journey = Callable[..., None]
AGREED = {"agreement": "C-1", "training_prohibited": True, "retention_days": 0, "legal_basis": "contract"}


def writes(model: str, text: str) -> Told:
    """Two inventions about the seal kit, and sentences that hold."""
    if "rewrite the last question" in text:
        return Script(("Which seal kit fits the AV-520?",))
    lines = [line for line in text.splitlines() if line.startswith("[")]
    question = text.splitlines()[-1]
    if "report" in question:
        person = question.partition("[")[2].partition(".")[0]
        mark, _, said = next(line for line in lines if "reports to" in line and person in line).partition(" ")
        return Script((f"{said.rstrip('.')} {mark}.",))
    if "AV-520" in question:
        mark, _, said = next(line for line in lines if "The AV-520 has" in line).partition(" ")
        return Script((f"The AV-520 takes {said.rpartition(', ')[2].rstrip('.')} {mark}.",))
    # Detection takes some of these for names; the model copies what stands in their place.
    mark, _, said = next(line for line in lines if "Seal kits:" in line).partition(" ")
    kit = said.rpartition(" for the AV-240")[0].rpartition(", ")[2]
    return Script(
        (
            f"The AV-240 takes seal kit {kit} {mark}. ",
            f"Averholt has sold 97 of them on the moon {mark}. ",
            f"They are best fitted under a full moon by a choir {mark}.",
        )
    )


@pytest.fixture(scope="module")
def server(web_client: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The demo company, and a model that writes as above."""
    folder = tmp_path_factory.mktemp("modelled")
    with Author() as author:
        assert isinstance(author, Author)
        author.writes = writes
        entry = author.entry(
            name="scribe", tier="small", model="scribe-2026-01-01", place="external", region="eu",
            handling=AGREED, sensitivity="confidential", prices={"input": 0.25, "output": 2.0},
        )  # fmt: skip
        egress = {"hosts": ["127.0.0.1"], "private": ["127.0.0.1/32"]}
        config = folder / "vouch.yaml"
        # Each journey asks the same: no answer is given from before.
        settings = {"models": [entry.model_dump(mode="json")], "egress": egress, "answer": {"cache_hours": 0}}
        config.write_text(yaml.safe_dump(settings), "utf-8")
        with serving(folder, {"VOUCH_CONFIG": str(config), "MODEL_KEY": KEY}) as running:
            yield running


@pytest.mark.parametrize(("scheme", "width"), [("light", "1360"), ("dark", "1360"), ("light", "320")])
def test_what_a_model_wrote_is_shown_as_far_as_it_holds(journey: Journey, scheme: str, width: str) -> None:
    journey("reads_what_a_model_wrote", VOUCH_SCHEME=scheme, VOUCH_WIDTH=width)
