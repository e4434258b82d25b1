"""A fake of Jira Cloud's REST API v3, written from its documentation: creating issues, JQL for one label, who am I,
permissions. The index that JQL reads follows behind by ``lag`` issues until ``settle`` is called."""

from __future__ import annotations

import base64
import re
from typing import Any

from tests.fakes.loopback import Asked, LoopbackServer, Reply


class FakeJira(LoopbackServer):
    email = "vouch@company.example"
    token = "jira-token-7d1f"
    project = "OPS"

    def __init__(self) -> None:
        super().__init__()
        self.issues: list[dict[str, Any]] = []
        self.permissions = {"BROWSE_PROJECTS", "CREATE_ISSUES"}
        self.required = {"project", "issuetype", "summary"}
        self.ignores_jql = False
        self.index_stands = False
        self._indexed = 0

    def settle(self) -> None:
        """The index catches up."""
        self._indexed = len(self.issues)

    def answer(self, asked: Asked) -> Reply:
        signed_in = "Basic " + base64.b64encode(f"{self.email}:{self.token}".encode()).decode()
        if asked.headers.get("authorization") != signed_in:
            return Reply.of({"message": "Client must be authenticated to access this resource."}, 401)
        match asked.method, asked.path.removeprefix("/rest/api/3/"):
            case "GET", "myself":
                return Reply.of({"accountId": "5b10", "emailAddress": self.email})
            case "GET", "mypermissions":
                return self._permissions(asked)
            case "GET", "search/jql":
                return self._search(asked)
            case "POST", "issue":
                return self._create(asked.json())
            case _:
                return Reply.of({"errorMessages": ["No such resource."]}, 404)

    def _permissions(self, asked: Asked) -> Reply:
        if asked.query["projectKey"] != self.project:
            return Reply.of({"errorMessages": ["No project could be found with the key."]}, 404)
        names = asked.query["permissions"].split(",")
        held = {name: {"key": name, "havePermission": name in self.permissions} for name in names}
        return Reply.of({"permissions": held})

    def _search(self, asked: Asked) -> Reply:
        if not self.index_stands:
            self.settle()
        wanted = re.fullmatch(r'labels = "([^"]+)" ORDER BY created', asked.query["jql"])
        if wanted is None:
            return Reply.of({"errorMessages": ["The JQL cannot be read."]}, 400)
        known = self.issues[: self._indexed]
        found = known if self.ignores_jql else [i for i in known if wanted[1] in i["fields"]["labels"]]
        # Without ``fields`` the search returns ids only.
        shown = asked.query.get("fields", "").split(",")
        issues = [
            {**issue, "fields": {name: issue["fields"].get(name) for name in shown if name}}
            for issue in found[: int(asked.query.get("maxResults", "50"))]
        ]
        return Reply.of({"issues": issues, "isLast": True})

    def _create(self, body: dict[str, Any]) -> Reply:
        fields = body["fields"]
        errors = {name: f"{name} is required." for name in self.required if not fields.get(name)}
        if fields["project"]["key"] != self.project:
            errors["project"] = "valid project is required"
        if len(fields.get("summary", "")) > 255 or "\n" in fields.get("summary", ""):
            errors["summary"] = f"Summary can't be this: {fields['summary']}"
        if not valid_document(fields.get("description")):
            errors["description"] = "Operation value must be an Atlassian Document"
        if any(" " in label for label in fields.get("labels", [])):
            errors["labels"] = "The label contains spaces which is invalid."
        if errors:
            return Reply.of({"errorMessages": [], "errors": errors}, 400)
        number = len(self.issues) + 1
        issue = {"id": str(10_000 + number), "key": f"{self.project}-{number}", "fields": fields}
        self.issues.append(issue)
        return Reply.of({"id": issue["id"], "key": issue["key"], "self": f"{self.url}/rest/api/3/issue/1"}, 201)


def valid_document(node: Any) -> bool:
    """As the schema of the Atlassian Document Format says, for the nodes that Vouch writes."""
    return isinstance(node, dict) and node.get("type") == "doc" and node.get("version") == 1 and _content(node, BLOCKS)


BLOCKS = {"paragraph", "heading", "bulletList"}
INSIDE = {
    "paragraph": {"text", "hardBreak"},
    "heading": {"text", "hardBreak"},
    "bulletList": {"listItem"},
    "listItem": {"paragraph", "bulletList"},
}


def _content(node: dict[str, Any], allowed: set[str]) -> bool:
    return all(
        child["type"] in allowed
        and (child["type"] != "text" or len(child["text"]) > 0)
        and (child["type"] not in INSIDE or _content(child, INSIDE[child["type"]]))
        for child in node["content"]
    )
