"""A request's body, read whole before somebody else reads the request."""

from starlette.types import Message, Receive


async def whole(receive: Receive) -> list[Message]:
    """What was received until the body ended; the last message tells if the client left instead."""
    received = [await receive()]
    while received[-1].get("more_body", False):
        received.append(await receive())
    return received


def joined(received: list[Message]) -> bytes:
    """The body's bytes."""
    return b"".join(message.get("body", b"") for message in received)


def again(received: list[Message], receive: Receive) -> Receive:
    """Gives what was received once more, and then goes on receiving."""
    waiting = iter(received)

    async def next_message() -> Message:
        message = next(waiting, None)
        return await receive() if message is None else message

    return next_message
