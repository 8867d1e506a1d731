"""Agents that start their tools themselves: the protocol's own client, and `byline mcp` as a real process."""

import asyncio
import json
import os
import signal
import subprocess
from pathlib import Path

import pytest
from mcp import Client
from mcp.client.stdio import StdioServerParameters

from tests.service.cli_runs import BYLINE, QUESTION, byline, environment, refusal, run, succeeded

pytestmark = [pytest.mark.model, pytest.mark.server]
_SECONDS = 60


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library with the shipped articles."""
    made = tmp_path_factory.mktemp("home")
    succeeded(byline("add", "--shipped", home=made))
    return made


def test_a_question_is_answered_over_standard_input_and_output(home: Path) -> None:
    command, *arguments = (*BYLINE, "--home", str(home), "mcp")
    process = StdioServerParameters(command=command, args=arguments, env=environment())

    async def talk() -> None:
        async with Client(process, read_timeout_seconds=_SECONDS) as client:
            tools = await client.list_tools()
            assert {tool.name for tool in tools.tools} == {"search", "fetch", "ask"}
            reply = (await client.call_tool("ask", {"question": QUESTION, "k": 1})).structured_content
            assert reply is not None
            for cited in reply["answer"]["citations"]:
                document = (
                    await client.call_tool("fetch", {"id": f"passage/{cited['passage_id']}"})
                ).structured_content
                assert document is not None
                assert document["metadata"]["revision"] == cited["revision"]
                assert document["text"][cited["start"] : cited["end"]] == cited["quote"]
            wrong = await client.call_tool("ask", {"question": " "})
            assert wrong.is_error
            assert "question: it is empty" in str(wrong.content[0])
            listed = (await client.list_resources()).resources
            assert len(listed) == 5

    asyncio.run(talk())


@pytest.mark.parametrize("end", ["input", "interrupt", "terminate"])
def test_it_ends_with_its_input_or_a_signal_and_prints_nothing_that_is_not_of_the_protocol(
    tmp_path: Path, end: str
) -> None:
    command = [*BYLINE, "--home", str(tmp_path), "mcp"]
    hello = b'{"jsonrpc":"2.0","id":1,"method":"ping"}\nno message\n'
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment()
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdin.write(hello)
        process.stdin.flush()
        assert process.stdout.readline().startswith(b'{"jsonrpc":"2.0"')
        if end == "input":
            process.stdin.close()
        else:
            os.kill(process.pid, signal.SIGINT if end == "interrupt" else signal.SIGTERM)
        status = process.wait(_SECONDS)
        rest = process.stdout.read()
        assert b"Traceback" not in process.stderr.read()
    assert all(line.startswith(b'{"jsonrpc"') for line in rest.splitlines())
    assert status == {"input": 0, "interrupt": -signal.SIGINT, "terminate": -signal.SIGTERM}[end]


def test_a_broken_library_is_told_of_in_one_line_before_anything_is_served(tmp_path: Path) -> None:
    (tmp_path / "library.sqlite3").write_bytes(b"no database" * 100)
    assert "library" in refusal(byline("mcp", home=tmp_path))


def test_output_that_cannot_be_written_is_an_error_in_one_line(home: Path) -> None:
    shell = f"""echo '{{"jsonrpc":"2.0","id":1,"method":"ping"}}' | "$@" --home {home} mcp > /dev/full"""
    assert refusal(run(["sh", "-c", shell, "sh", *BYLINE], variables=environment())) == "No space left on device"


def test_what_is_no_message_is_answered_so_that_nobody_waits_for_ever(home: Path) -> None:
    call = '{"jsonrpc":"2.0","id":5,"method":"tools/call","params":{"name":"ask","arguments":{"question":"\\ud800"}}}'
    sent = ["{bad", call, '{"jsonrpc":"2.0","id":6}']
    answered = succeeded(byline("mcp", home=home, stdin="\n".join([*sent, ""]).encode()))
    replies = [json.loads(line) for line in answered.out.splitlines()]
    assert [(one["id"], one["error"]["code"]) for one in replies] == [
        (None, -32700),
        (None, -32700),
        (None, -32600),
    ]
