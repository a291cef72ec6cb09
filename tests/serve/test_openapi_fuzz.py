"""Requests made from /openapi.json, good ones and bad: every answer is one that it promises."""

import pytest
from hypothesis import HealthCheck, given, seed, settings

pytest.importorskip("schemathesis")

import schemathesis
from schemathesis import GenerationMode, checks

CASES = 25
"""Requests of each test."""

ROUTES = [
    ("/v1/{index}/search", "GET"),
    ("/v1/{index}/search", "POST"),
    ("/v1/{index}/doc/{docid}", "GET"),
    ("/v1/{index}/explain", "GET"),
]
INDEXES = ["hybrid", "bm25", None]
"""None: names as they come, of no index."""

PROMISES = [
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
]


@pytest.fixture(scope="module")
def described(client):
    checks.load_all_checks()
    return schemathesis.openapi.from_url(f"{client.address}/openapi.json")


def ask(operation, mode, **given_path):
    """Send so many requests, always the same ones, and look at every answer."""
    promised = checks.CHECKS.get_by_names(PROMISES)

    @seed(1)
    @settings(max_examples=CASES, deadline=None, database=None, suppress_health_check=HealthCheck)
    @given(case=operation.as_strategy(mode, **given_path))
    def answers(case):
        case.call_and_validate(checks=promised)

    answers()


@pytest.mark.parametrize("mode", GenerationMode, ids=lambda mode: mode.value)
@pytest.mark.parametrize("index", INDEXES)
@pytest.mark.parametrize(("path", "method"), ROUTES)
def test_answers_are_those_that_are_described(described, path, method, index, mode):
    path_parameters = {} if index is None else {"path_parameters": {"index": index}}
    ask(described[path][method], mode, **path_parameters)


@pytest.mark.parametrize("path", ["/v1/indexes", "/healthz"])
def test_routes_without_parameters(described, path):
    ask(described[path]["GET"], GenerationMode.POSITIVE)
