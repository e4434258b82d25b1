"""A client of Vouch for applications that embed it. It needs Python 3.11 and httpx, and nothing else of Vouch: it is
one file, long as it is, so that it can be taken along.

    with Vouch("https://vouch.company.example", key) as vouch:
        answer = vouch.acting_for("ana@company.example").answer("How long is the notice period?")
        print(answer.text)

``AsyncVouch`` has the same methods to be awaited. What goes wrong is raised:

    VouchError
    ├── Unreachable      no answer came
    ├── BadSignature     a webhook is not one of ours (``verified``)
    └── Problem          Vouch said no: ``status``, ``code``, ``detail``, ``hint``, ``trace_id``
        ├── NotSignedIn  401     ├── NotThere  404      ├── TooMany  429, ``retry_after``
        ├── NotAllowed   403     ├── InTheWay  409      └── NotNow   503 and other 5xx, ``retry_after``
        └── NotUsable    422
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
import hmac
import json
import random
import time
import types
import uuid
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass
from datetime import datetime
from typing import Any, Generic, Literal, Self, TypeVar, cast, get_args, get_origin, get_type_hints
from urllib.parse import quote

import httpx

T = TypeVar("T")
Json = dict[str, Any]
ACTING_FOR, IDEMPOTENCY = "X-Vouch-For", "Idempotency-Key"


class VouchError(Exception):
    """Base of everything that is raised here."""


class Unreachable(VouchError):
    pass


class BadSignature(VouchError):
    pass


class Problem(VouchError):
    """RFC 9457, as Vouch writes it."""

    def __init__(self, status: int, raw: Mapping[str, Any], retry_after: float | None = None) -> None:
        self.status, self.retry_after = status, retry_after
        self.code, self.detail = str(raw.get("code", "")), str(raw.get("detail", f"Vouch answered {status}."))
        self.hint, self.trace_id = str(raw.get("hint", "")), str(raw.get("trace_id", ""))
        super().__init__(f"{self.detail} {self.hint}".strip())


class NotSignedIn(Problem): ...


class NotAllowed(Problem): ...


class NotThere(Problem): ...


class InTheWay(Problem): ...


class NotUsable(Problem): ...


class TooMany(Problem): ...


class NotNow(Problem): ...


PROBLEMS: Mapping[int, type[Problem]] = {
    400: NotUsable, 401: NotSignedIn, 403: NotAllowed, 404: NotThere, 409: InTheWay, 422: NotUsable, 429: TooMany,
}  # fmt: skip
TRIED_AGAIN = (429, 502, 503, 504)


@dataclass(frozen=True, slots=True)
class Span:
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Document:
    id: str
    title: str
    uri: str
    source: str
    url: str | None = None
    modified_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Passage:
    """``stale``: its source is outside the ``bound`` that its owner declared."""

    rank: int
    document: Document
    version: str
    page: int | None
    headings: tuple[str, ...]
    spans: tuple[Span, ...]
    text: str = field(repr=False)
    score: float
    as_of: datetime
    stale: bool = False
    bound: str | None = None
    stale_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Found:
    passages: tuple[Passage, ...]
    left_out: tuple[Json, ...] = ()


@dataclass(frozen=True, slots=True)
class Citation:
    """``n``: the number of its source as shown; ``evidence``: its own number in the answer."""

    n: int
    evidence: int
    document: Document
    version: str
    page: int | None
    spans: tuple[Span, ...]
    quote: str = field(repr=False)
    support: float
    as_of: datetime


@dataclass(frozen=True, slots=True)
class Sentence:
    """Without a text where its reader may not read it any more. ``index`` is set in a stream."""

    text: str | None = field(repr=False)
    citations: tuple[Citation, ...]
    withheld: str | None = None
    index: int | None = None


@dataclass(frozen=True, slots=True)
class CitedSource:
    n: int
    document: Document
    version: str
    page: int | None
    as_of: datetime
    stale: bool = False
    bound: str | None = None
    stale_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Structured:
    value: Json | None = field(repr=False)
    leaves: tuple[Json, ...] = field(repr=False)
    outcome: Literal["filled", "nulls", "literal", "refused"]
    destination: str | None = None
    delivery: str | None = None
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    answer_id: str
    conversation_id: str
    question: str = field(repr=False)
    status: Literal["answered", "abstained", "refused"]
    sentences: tuple[Sentence, ...]
    sources: tuple[CitedSource, ...]
    nearest: tuple[Passage, ...]
    as_of: datetime | None
    model: str
    tier: str
    reason: str | None
    created_at: datetime
    structured: Structured | None = None
    conflicts: tuple[Json, ...] = field(default=(), repr=False)

    @property
    def text(self) -> str:
        """Its sentences with their marks: ``Notice is 12 weeks. [1]``; why there are none, where there are none."""
        shown = [each for each in self.sentences if each.text is not None]
        marked = [" ".join([str(each.text), _marks(each)]).strip() for each in shown]
        return " ".join(marked) or self.reason or ""


@dataclass(frozen=True, slots=True)
class Stage:
    """What Vouch is doing now."""

    stage: str
    detail: str
    count: int | None = None


@dataclass(frozen=True, slots=True)
class Evidence:
    """A citation in its version. ``context``: {start, end, segments}, the text around it."""

    document: Document
    version: str
    current: bool
    page: int | None
    spans: tuple[Span, ...]
    quote: str = field(repr=False)
    as_of: datetime
    context: Json = field(repr=False)

    @property
    def around(self) -> str:
        """The text around it, without what the reader may not see."""
        return "".join(each["text"] for each in self.context["segments"] if not each["hidden"])


@dataclass(frozen=True, slots=True)
class Trail:
    """How an answer came about, attempt by attempt, as ``GET /v1/answers/{id}/trail`` has it."""

    answer_id: str
    searched: str = field(repr=False)
    model: str
    tier: str
    attempts: tuple[Json, ...] = field(repr=False)
    timings: dict[str, float]


@dataclass(frozen=True, slots=True)
class Source:
    name: str
    kind: str
    documents: int
    last_confirmed_at: datetime | None = None
    owners: tuple[str, ...] = ()
    """The names of those who look after it."""


@dataclass(frozen=True, slots=True)
class Bound:
    """How a source stands against one bound of its owner; durations in seconds."""

    kind: Literal["content", "deletions", "permissions"]
    bound: float | None
    state: Literal["ok", "breach", "unknown"]
    confirmed_at: datetime | None
    staleness: float | None
    overdue_since: datetime | None


@dataclass(frozen=True, slots=True)
class Freshness:
    source: str
    state: Literal["ok", "breach", "unknown"]
    policy: Literal["warn", "refuse"]
    kinds: tuple[Bound, ...]


@dataclass(frozen=True, slots=True)
class Batch:
    id: str
    model: str
    state: str
    why: str
    total: int
    counts: dict[str, int]
    created_at: datetime
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class BatchItem:
    id: str
    question: str = field(repr=False)
    state: str
    why: str
    answer: Answer | None = None


@dataclass(frozen=True, slots=True)
class Fetched:
    batch: Batch
    items: tuple[BatchItem, ...]


Happening = Stage | Sentence | Answer
"""Of an answer as it comes: stages, then sentences, and the whole of it at the end."""


@dataclass(frozen=True, slots=True)
class Call(Generic[T]):
    """One request, described: what both clients send."""

    method: str
    path: str
    read: Callable[[Any], T]
    body: Json | None = field(default=None, repr=False)
    key: str | None = None


def _search(query: str, limit: int, source: Sequence[str]) -> Call[Found]:
    body = {"query": query, "limit": limit, "source": list(source)}
    return Call("POST", "/v1/search", lambda raw: _read(Found, raw), body)


def _ask(
    question: str, conversation_id: str | None, schema: Json | None, fallback: Any, destination: str | None,
    key: str | None,
) -> Call[Answer]:  # fmt: skip
    body: Json = {"question": question, "conversation_id": conversation_id}
    if schema is not None:
        body |= {"schema": schema, "fallback": fallback, "destination": destination}
    return Call("POST", "/v1/ask", lambda raw: _read(Answer, raw), body, key or str(uuid.uuid4()))


def _get(kind: type[T], *path: str | int) -> Call[T]:
    return Call("GET", "/v1/" + "/".join(quote(str(part), safe="") for part in path), lambda raw: _read(kind, raw))


def _page(kind: type[T], name: str, cursor: str) -> Call[tuple[tuple[T, ...], str | None]]:
    """A page of a list, and the cursor of the next one."""
    path = f"/v1/{name}?cursor={quote(cursor, safe='')}" if cursor else f"/v1/{name}"
    return Call("GET", path, lambda raw: (tuple(_read(kind, each) for each in raw[name]), raw.get("next")))


def _freshness() -> Call[tuple[Freshness, ...]]:
    return Call("GET", "/v1/freshness", lambda raw: tuple(_read(Freshness, each) for each in raw["sources"]))


def _open_batch(questions: Mapping[str, str], model: str | None, tier: str | None) -> Call[Batch]:
    asked = [{"id": name, "question": text} for name, text in questions.items()]
    # The same questions for the same model are one batch, so it can be opened twice.
    body = {"questions": asked, "model": model, "tier": tier}
    return Call("POST", "/v1/batches", lambda raw: _read(Batch, raw), body, str(uuid.uuid4()))


def _batch(kind: type[T], batch_id: str, verb: str) -> Call[T]:
    path = f"/v1/batches/{quote(batch_id, safe='')}/{verb}"
    return Call("POST", path, lambda raw: _read(kind, raw), key=str(uuid.uuid4()))


class _Wire:
    """What both clients know: where Vouch is, the key, for whom they act, and when something is tried again."""

    def __init__(
        self, url: str, key: str, *, person: str | None = None, attempts: int = 4, longest_wait: float = 60,
        timeout: float = 300,
    ) -> None:  # fmt: skip
        """``attempts`` for one call; a pause longer than ``longest_wait`` seconds is not waited for. ``timeout`` in
        seconds is for the next piece of a reply, not for the whole."""
        self.url, self.key, self.person = url.rstrip("/"), key, person
        self.attempts, self.longest_wait, self.timeout = attempts, longest_wait, timeout

    def options(self) -> dict[str, Any]:
        """For httpx. Neither a proxy nor a key of the environment is used, and no redirect is followed."""
        timeout = httpx.Timeout(self.timeout, connect=10)
        return {"base_url": self.url, "timeout": timeout, "trust_env": False, "follow_redirects": False}

    def headers(self, call: Call[Any], accept: str = "application/json") -> dict[str, str]:
        headers = {"Authorization": f"Bearer {self.key}", "Accept": accept}
        if self.person is not None:
            headers[ACTING_FOR] = self.person
        if call.key is not None:
            headers[IDEMPOTENCY] = call.key
        return headers

    def pause(
        self, call: Call[Any], attempt: int, failure: Problem | httpx.TransportError, *, begun: bool = False
    ) -> float:
        """Seconds until it is tried again. Raises the failure where it is not: what has ``begun`` to be shown is not
        asked for twice."""
        error = failure if isinstance(failure, Problem) else Unreachable(f"Vouch does not answer at {self.url}.")
        # A POST without a key may have been carried out although no answer came.
        again = failure.status in TRIED_AGAIN if isinstance(failure, Problem) else call.key or call.method == "GET"
        asked = failure.retry_after if isinstance(failure, Problem) else None
        wait = asked if asked is not None else 0.5 * 2 ** (attempt - 1) * random.uniform(0.5, 1)  # noqa: S311
        if begun or not again or attempt >= self.attempts or wait > self.longest_wait:
            raise error from (None if error is failure else failure)
        return wait


class Vouch:
    """Calls wait for their answer. Safe to use from many threads. ``http`` is for tests and special transports."""

    def __init__(self, url: str, key: str, *, http: httpx.Client | None = None, **more: Any) -> None:
        self._wire = _Wire(url, key, **more)
        self._http = http or httpx.Client(**self._wire.options())
        self._sleep = time.sleep

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *args: object) -> None:
        self.close()

    def close(self) -> None:
        self._http.close()

    def acting_for(self, person: str) -> Vouch:
        """The same client for a person (an address), on whose behalf the key's service account may act."""
        return cast("Vouch", _acting(self, person))

    def search(self, query: str, *, limit: int = 10, source: Sequence[str] = ()) -> Found:
        return self._send(_search(query, limit, source))

    def answer(
        self, question: str, *, conversation_id: str | None = None, schema: Json | None = None,
        fallback: Literal["refuse", "nulls"] | Json = "refuse", destination: str | None = None, key: str | None = None,
    ) -> Answer:  # fmt: skip
        """The whole answer; with a JSON ``schema`` a value of that shape. ``key`` makes it the same call when it is
        sent twice; one is made where none is given."""
        return self._send(_ask(question, conversation_id, schema, fallback, destination, key))

    def ask(self, question: str, *, conversation_id: str | None = None) -> Iterator[Happening]:
        """The answer as it comes: stages, verified sentences, and the whole of it."""
        call = _ask(question, conversation_id, None, None, None, None)
        attempt, begun = 0, False
        while True:
            attempt += 1
            try:
                headers = self._wire.headers(call, "text/event-stream")
                with self._http.stream(call.method, call.path, json=call.body, headers=headers) as reply:
                    if reply.is_error:
                        reply.read()
                        raise _problem(reply)
                    name, last = "", None
                    for line in reply.iter_lines():
                        name, data = _line(name, line)
                        if data is not None:
                            last = _happening(name, data)
                            begun = True
                            yield last
                    if not isinstance(last, Answer):
                        raise Unreachable("The answer ended before it was whole.")
                    return
            except (Problem, httpx.TransportError) as failure:
                self._sleep(self._wire.pause(call, attempt, failure, begun=begun))

    def read_answer(self, answer_id: str) -> Answer:
        return self._send(_get(Answer, "answers", answer_id))

    def evidence(self, answer_id: str, number: int) -> Evidence:
        """Citation ``number`` (its ``evidence``) of an answer."""
        return self._send(_get(Evidence, "answers", answer_id, "evidence", number))

    def trail(self, answer_id: str) -> Trail:
        return self._send(_get(Trail, "answers", answer_id, "trail"))

    def sources(self) -> tuple[Source, ...]:
        """What is indexed that the person may read something of, and when each source was last confirmed."""
        return self._all(Source, "sources")

    def freshness(self) -> tuple[Freshness, ...]:
        """For who looks after sources: how each of theirs stands against its bounds."""
        return self._send(_freshness())

    def open_batch(self, questions: Mapping[str, str], *, model: str | None = None, tier: str | None = None) -> Batch:
        """Questions by a name of yours. Nothing is sent before ``send_batch``."""
        return self._send(_open_batch(questions, model, tier))

    def send_batch(self, batch_id: str) -> Batch:
        return self._send(_batch(Batch, batch_id, "send"))

    def batch(self, batch_id: str) -> Batch:
        return self._send(_get(Batch, "batches", batch_id))

    def batches(self) -> tuple[Batch, ...]:
        """All of the person's, the latest first."""
        return self._all(Batch, "batches")

    def fetch_batch(self, batch_id: str) -> Fetched:
        """Raises ``InTheWay`` while the provider is not done."""
        return self._send(_batch(Fetched, batch_id, "fetch"))

    def cancel_batch(self, batch_id: str) -> Batch:
        return self._send(_batch(Batch, batch_id, "cancel"))

    def _all(self, kind: type[T], name: str) -> tuple[T, ...]:
        found: list[T] = []
        cursor: str | None = ""
        while cursor is not None:
            page, cursor = self._send(_page(kind, name, cursor))
            found += page
        return tuple(found)

    def _send(self, call: Call[T]) -> T:
        attempt = 0
        while True:
            attempt += 1
            try:
                reply = self._http.request(call.method, call.path, json=call.body, headers=self._wire.headers(call))
                return _checked(call, reply)
            except (Problem, httpx.TransportError) as failure:
                self._sleep(self._wire.pause(call, attempt, failure))


class AsyncVouch:
    """The same, to be awaited. ``ask`` is an asynchronous iterator."""

    def __init__(self, url: str, key: str, *, http: httpx.AsyncClient | None = None, **more: Any) -> None:
        self._wire = _Wire(url, key, **more)
        self._http = http or httpx.AsyncClient(**self._wire.options())
        self._sleep = asyncio.sleep

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *args: object) -> None:
        await self.close()

    async def close(self) -> None:
        await self._http.aclose()

    def acting_for(self, person: str) -> AsyncVouch:
        return cast("AsyncVouch", _acting(self, person))

    async def search(self, query: str, *, limit: int = 10, source: Sequence[str] = ()) -> Found:
        return await self._send(_search(query, limit, source))

    async def answer(
        self, question: str, *, conversation_id: str | None = None, schema: Json | None = None,
        fallback: Literal["refuse", "nulls"] | Json = "refuse", destination: str | None = None, key: str | None = None,
    ) -> Answer:  # fmt: skip
        return await self._send(_ask(question, conversation_id, schema, fallback, destination, key))

    async def ask(self, question: str, *, conversation_id: str | None = None) -> AsyncIterator[Happening]:
        call = _ask(question, conversation_id, None, None, None, None)
        attempt, begun = 0, False
        while True:
            attempt += 1
            try:
                headers = self._wire.headers(call, "text/event-stream")
                async with self._http.stream(call.method, call.path, json=call.body, headers=headers) as reply:
                    if reply.is_error:
                        await reply.aread()
                        raise _problem(reply)
                    name, last = "", None
                    async for line in reply.aiter_lines():
                        name, data = _line(name, line)
                        if data is not None:
                            last = _happening(name, data)
                            begun = True
                            yield last
                    if not isinstance(last, Answer):
                        raise Unreachable("The answer ended before it was whole.")
                    return
            except (Problem, httpx.TransportError) as failure:
                await self._sleep(self._wire.pause(call, attempt, failure, begun=begun))

    async def read_answer(self, answer_id: str) -> Answer:
        return await self._send(_get(Answer, "answers", answer_id))

    async def evidence(self, answer_id: str, number: int) -> Evidence:
        return await self._send(_get(Evidence, "answers", answer_id, "evidence", number))

    async def trail(self, answer_id: str) -> Trail:
        return await self._send(_get(Trail, "answers", answer_id, "trail"))

    async def sources(self) -> tuple[Source, ...]:
        return await self._all(Source, "sources")

    async def freshness(self) -> tuple[Freshness, ...]:
        return await self._send(_freshness())

    async def open_batch(
        self, questions: Mapping[str, str], *, model: str | None = None, tier: str | None = None
    ) -> Batch:
        return await self._send(_open_batch(questions, model, tier))

    async def send_batch(self, batch_id: str) -> Batch:
        return await self._send(_batch(Batch, batch_id, "send"))

    async def batch(self, batch_id: str) -> Batch:
        return await self._send(_get(Batch, "batches", batch_id))

    async def batches(self) -> tuple[Batch, ...]:
        return await self._all(Batch, "batches")

    async def fetch_batch(self, batch_id: str) -> Fetched:
        return await self._send(_batch(Fetched, batch_id, "fetch"))

    async def cancel_batch(self, batch_id: str) -> Batch:
        return await self._send(_batch(Batch, batch_id, "cancel"))

    async def _all(self, kind: type[T], name: str) -> tuple[T, ...]:
        found: list[T] = []
        cursor: str | None = ""
        while cursor is not None:
            page, cursor = await self._send(_page(kind, name, cursor))
            found += page
        return tuple(found)

    async def _send(self, call: Call[T]) -> T:
        attempt = 0
        while True:
            attempt += 1
            try:
                headers = self._wire.headers(call)
                return _checked(call, await self._http.request(call.method, call.path, json=call.body, headers=headers))
            except (Problem, httpx.TransportError) as failure:
                await self._sleep(self._wire.pause(call, attempt, failure))


def verified(
    secrets: str | Sequence[str], headers: Mapping[str, str], body: bytes, *, tolerance: float = 300,
    now: float | None = None,
) -> Json:  # fmt: skip
    """The event of a webhook, once it is sure that Vouch sent it within the last ``tolerance`` seconds (Standard
    Webhooks). ``secrets``: one, or several while they are changed. Pass over an id that you have seen. Raises
    ``BadSignature``."""
    given = {name.lower(): value for name, value in headers.items()}
    try:
        message, moment, sent = (given[f"webhook-{name}"] for name in ("id", "timestamp", "signature"))
        age = abs((time.time() if now is None else now) - int(moment))
        keys = [
            base64.b64decode(each.removeprefix("whsec_"), validate=True)
            for each in ([secrets] if isinstance(secrets, str) else secrets)
        ]
    except (KeyError, ValueError, binascii.Error):
        raise BadSignature("The headers or the secret of this webhook cannot be read.") from None
    if age > tolerance:
        raise BadSignature("This webhook was signed too long ago, or the clocks differ.")
    content = f"{message}.{moment}.".encode() + body
    made = [base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()) for key in keys]
    shown = [each.removeprefix("v1,").encode() for each in sent.split() if each.startswith("v1,")]
    # All of them are compared, so that the time it takes tells nothing.
    if not sum(hmac.compare_digest(ours, theirs) for ours in made for theirs in shown):
        raise BadSignature("The signature of this webhook does not hold.")
    try:
        event: Any = json.loads(body)
    except ValueError:
        event = None
    if not isinstance(event, dict):
        raise BadSignature("This webhook holds no event.")
    return cast("Json", event)


def _acting(client: Vouch | AsyncVouch, person: str) -> Vouch | AsyncVouch:
    wire = client._wire  # pyright: ignore[reportPrivateUsage]
    own = _Wire(
        wire.url, wire.key, person=person, attempts=wire.attempts, longest_wait=wire.longest_wait, timeout=wire.timeout
    )
    made = object.__new__(type(client))
    # Connections are shared: they belong to the client that this one was made of.
    made.__dict__ = {**client.__dict__, "_wire": own}
    return made


def _checked(call: Call[T], reply: httpx.Response) -> T:
    if not reply.is_success:
        raise _problem(reply)
    try:
        return call.read(reply.json())
    except (ValueError, KeyError, TypeError):
        raise Unreachable("What answers there is not Vouch.") from None


def _problem(reply: httpx.Response) -> Problem:
    try:
        raw: Any = reply.json()
    except ValueError:
        raw = {}
    wait = reply.headers.get("retry-after", "")
    kind = PROBLEMS.get(reply.status_code, NotNow if reply.status_code >= 500 else Problem)
    found = cast("Json", raw) if isinstance(raw, dict) else {}
    return kind(reply.status_code, found, float(wait) if wait.isdigit() else None)


def _line(name: str, line: str) -> tuple[str, Any]:
    """One line of server-sent events: the name of the event it belongs to, and its data where it has some."""
    if line.startswith("event: "):
        return line.removeprefix("event: "), None
    if line.startswith("data: "):
        try:
            return name, json.loads(line.removeprefix("data: "))
        except ValueError:
            raise Unreachable("What answers there is not Vouch.") from None
    return name, None


def _happening(name: str, data: Any) -> Happening:
    match name:
        case "stage":
            return _read(Stage, data)
        case "sentence":
            return _read(Sentence, data)
        case "final":
            return _read(Answer, data)
        case _:
            kind = PROBLEMS.get(int(data.get("status", 500)), NotNow)
            raise kind(int(data.get("status", 500)), data)


def _marks(sentence: Sentence) -> str:
    return "".join(f"[{n}]" for n in dict.fromkeys(citation.n for citation in sentence.citations))


def _read(kind: Any, raw: Any) -> Any:
    """``raw`` as ``kind``. What is not known of a newer Vouch is passed over."""
    if raw is None or kind is Any:
        return raw
    origin, inner = get_origin(kind), get_args(kind)
    if origin in (types.UnionType,) or str(origin) == "typing.Union":
        return _read(next(each for each in inner if each is not type(None)), raw)
    if origin is tuple:
        return tuple(_read(inner[0], each) for each in raw)
    if kind is datetime:
        return datetime.fromisoformat(raw)
    if is_dataclass(kind):
        hints = get_type_hints(kind)
        known = {each.name: each for each in fields(kind) if each.name in raw}
        return cast("Callable[..., Any]", kind)(**{name: _read(hints[name], raw[name]) for name in known})
    return raw
