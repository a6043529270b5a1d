"""The API against its own OpenAPI document: requests that fit it, and those that do not."""

from __future__ import annotations

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, assume, given, settings
from schemathesis import Case, GenerationMode
from schemathesis.core.result import Ok

from bot.answers import fold_question
from tests.bot.shell import Shell

from .servers import served

pytestmark = pytest.mark.slow


# The same ones every time; a smaller counterexample would need as many questions again.
FEW = settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


def keeps_to_the_document(case: Case[Any]) -> None:
    # A document cannot tell that control characters alone ask nothing.
    question = case.body.get("question") if isinstance(case.body, dict) else None
    assume(not isinstance(question, str) or fold_question(question))
    case.call_and_validate()


def test_every_operation_keeps_to_the_document(seeds: Shell) -> None:
    with served(seeds, EXCERPTA_WEB__QUESTIONS_PER_MINUTE="1000") as server:
        schema = schemathesis.openapi.from_url(f"{server.url}/api/openapi.json")
        found = [*schema.get_all_operations()]
        operations = [one.ok() for one in found if isinstance(one, Ok)]
        assert len(operations) == len(found)
        assert {one.path for one in operations} >= {"/api/ask", "/api/feedback", "/api/articles"}
        for operation in operations:
            # Nothing can be wrong with a request that says nothing.
            says = [*operation.body, *operation.query]
            for mode in GenerationMode if says else [GenerationMode.POSITIVE]:
                cases = operation.as_strategy(generation_mode=mode)
                FEW(given(cases)(keeps_to_the_document))()
        assert server.ended() == 0
    assert "Traceback" not in "".join(server.lines)
