"""The models of an installation: register, budgets and gateway, wired. Each is made when it is first asked for; the
package of a provider is imported when a model of it is first called."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from threading import RLock
from typing import TYPE_CHECKING

from answer.budget import BudgetSettings
from answer.models.entries import narrowed
from answer.models.entry import ModelEntry
from api.parts.services import Resolve
from core.audit import AuditLog
from core.clock import Clock
from core.database import Database
from core.egress import Egress, EgressSettings
from core.policy import Policy

if TYPE_CHECKING:
    from answer.budgets import Budgets
    from answer.gateway import Gateway
    from answer.models.base import ChatModel
    from answer.models.batches import BatchModel
    from answer.models.register import Register


class Models:
    """``resolve`` reads a secret by its reference."""

    def __init__(
        self, database: Database, audit: AuditLog, clock: Clock, resolve: Resolve, egress: EgressSettings,
        entries: Sequence[ModelEntry], budgets: BudgetSettings,
    ) -> None:  # fmt: skip
        self._database, self._audit, self._clock = database, audit, clock
        self._resolve, self._egress = resolve, egress
        self._entries, self._budgets = entries, budgets
        self._lock = RLock()

    @property
    def register(self) -> Register:
        with self._lock:
            return self._register

    @property
    def budgets(self) -> Budgets:
        with self._lock:
            return self._accounts

    @property
    def gateway(self) -> Gateway:
        with self._lock:
            return self._gateway

    def narrowed(self, policy: Policy) -> Policy:
        """The data policy with what the register says of each model."""
        return narrowed(policy, self.register.entries())

    def batches(self, entry: ModelEntry) -> BatchModel:
        """What speaks with the batch interface of a model's provider; whoever asks closes it."""
        from answer.models.open import open_batches

        return open_batches(entry, self._resolve, Egress(self._egress))

    def close(self) -> None:
        if "_gateway" in self.__dict__:
            self._gateway.close()

    @cached_property
    def _register(self) -> Register:
        from answer.models.register import Register

        return Register(self._database, self._audit, self._clock, self._entries)

    @cached_property
    def _accounts(self) -> Budgets:
        from answer.budgets import Budgets

        return Budgets(self._database, self._audit, self._clock, self._budgets)

    @cached_property
    def _gateway(self) -> Gateway:
        from answer.gateway import Gateway

        return Gateway(
            self._open, self._accounts, self._register.confirm,
            lambda entry, call: self._register.stop(entry, call.why_strayed),
        )  # fmt: skip

    def _open(self, entry: ModelEntry) -> ChatModel:
        from answer.models.open import open_model

        return open_model(entry, self._resolve, Egress(self._egress))
