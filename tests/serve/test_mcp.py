"""MCP, asked by fastmcp's own client: over HTTP, and over standard input and output."""

import asyncio
import sys

import pytest
from fastmcp import Client as McpClient
from fastmcp.client.transports import StdioTransport
from fastmcp.exceptions import ToolError

from l0pyserini.serve.app import Choices
from l0pyserini.serve.shelf import Shelf
from tests.serve.served import served


@pytest.fixture(scope="module")
def speaking(indexes):
    with served(Shelf(indexes.places), Choices(mcp=True)) as client:
        yield client


async def tried(mcp, rest):
    """Ask every tool; where REST answers the same question, compare."""
    listed = {one.name: one for one in await mcp.list_tools()}
    assert set(listed) == {"search", "get_document", "explain", "list_indexes"}
    properties = listed["search"].input_schema["properties"]
    assert properties["hits"] == properties["hits"] | {
        **{"type": "integer", "minimum": 1, "maximum": 1000, "default": 10}
    }
    assert listed["search"].input_schema["required"] == ["query", "index"]
    indexes = (await mcp.call_tool("list_indexes", {})).data
    assert indexes["indexes"][0]["name"] == "hybrid"
    asked = {"query": "programming language", "index": "hybrid"}
    found = (await mcp.call_tool("search", {**asked, "hits": 3})).data
    assert len(found["candidates"]) == 3
    docids = [one["docid"] for one in found["candidates"]]
    given = {"docid": docids[0], "index": "hybrid", "max_doc_length": 20}
    shown = (await mcp.call_tool("get_document", given)).data
    assert shown["doc"] == found["candidates"][0]["doc"][:20]
    explained = (await mcp.call_tool("explain", {**asked, "docids": docids[:2]})).data
    assert [one["score"] for one in explained["documents"]] == [
        one["score"] for one in found["candidates"][:2]
    ]
    if rest is not None:
        assert found == rest.search("hybrid", asked["query"], hits=3).json
        assert (
            explained == rest.ask("/v1/hybrid/explain", query=asked["query"], docid=docids[:2]).json
        )
    for tool, wrong, said in (
        ("search", {**asked, "index": "../x"}, "No index is named"),
        ("search", {**asked, "query": " "}, "'query' is required"),
        ("search", {**asked, "hits": 100_000}, "less than or equal to 1000"),
        ("get_document", {"docid": "no", "index": "hybrid"}, "Document not found: no"),
        ("explain", {**asked, "docids": []}, "'docid' is required"),
    ):
        with pytest.raises(ToolError, match=said):
            await mcp.call_tool(tool, wrong)


def test_over_http(speaking):
    async def talk():
        async with McpClient(f"{speaking.address}/mcp") as mcp:
            await tried(mcp, speaking)

    asyncio.run(talk())


def test_keys_and_the_size_of_bodies_hold_for_it_too(speaking, indexes):
    assert speaking.ask("/mcp", "POST", b" " * (1 << 21)).status == 413
    with served(Shelf(indexes.places[:1]), Choices(keys=["secret"], mcp=True)) as client:
        assert client.ask("/mcp", "POST", {}).status == 401


def test_over_standard_input_and_output(indexes):
    words = ["-m", "l0pyserini.serve", "--mcp", "stdio", "--index", f"hybrid={indexes.hybrid}"]

    async def talk():
        async with McpClient(StdioTransport(sys.executable, words)) as mcp:
            await tried(mcp, None)

    asyncio.run(talk())
