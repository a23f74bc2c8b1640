"""A blackboard: members see what is written, and those who have most to add write next.

Source: Erman, Hayes-Roth, Lesser & Reddy (1980), ACM Computing Surveys 12, 213-253.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from nis_backend.asking import show
from nis_backend.capabilities.teams.shapes import Outcome, silent
from nis_backend.view import Text, verbatim

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nis_backend.capabilities.teams.answered import Contribution
    from nis_backend.capabilities.teams.asking import Asking
    from nis_backend.capabilities.teams.team import Member

_BID = re.compile(r"\b(10|\d)\b")
# On its line alone: over lines, each of very many empty ones would look through all that follow.
DONE = re.compile(r"^[^\S\n]*DONE:\s*(\S.*)", re.MULTILINE | re.DOTALL)
MOST_BID = 10


async def write_board(asking: Asking, message: str) -> Outcome:
    """Rounds in which whoever is triggered writes, and of the others who bids most; ends when nobody has more to add.

    A member is triggered by one of its words in what was written since it wrote last, the task included. A bid is the
    first whole number from 0 to 10 in the member's words; 0 is none, and of equal bids the first member's counts. Who
    writes `DONE:` has the team's answer behind it.

    Raises:
        NisError: nobody has written anything.
    """
    board: list[Contribution] = []
    seen = dict.fromkeys(asking.members, -1)
    """How much of the board each had before it when it wrote last; -1: it has never."""
    for turn in range(1, asking.team.rounds + 1):
        writers = [one for one in asking.team.members if _triggered(one, message, board, seen[one.name])]
        bidders = [one for one in asking.team.members if not one.triggers]
        highest = await _highest(asking, bidders, message, board, turn)
        writers += [] if highest is None else [highest]
        if not writers:
            break
        written = await asking.ask_all([(one, _task(asking, message, board)) for one in writers], turn)
        for one in writers:
            # What others write at the same time it has not seen.
            seen[one.name] = len(board)
        added = [one for one in written if one.problem is None]
        for one in added:
            board.append(one)
            await show(asking.ctx, [Text(text=f"{one.member}: {verbatim(one.text, lines=True)}")])
        done = next((found for one in added if (found := DONE.search(one.text))), None)
        if done is not None:
            return Outcome(response=done[1].strip())
    if not board:
        raise silent(asking.said)
    return Outcome(response=board[-1].text)


def _triggered(member: Member, message: str, board: Sequence[Contribution], seen: int) -> bool:
    """Whether what is new to it has one of its words; in any case, and in a word too."""
    new = [one.text for one in board[max(seen, 0) :] if one.member != member.name]
    if seen < 0:
        new.append(message)
    return any(word.casefold() in text.casefold() for word in member.triggers for text in new)


async def _highest(
    asking: Asking, bidders: Sequence[Member], message: str, board: Sequence[Contribution], turn: int
) -> Member | None:
    """Who bids most; None where nobody bids more than nothing. One bidder alone bids as well: it may have no more."""
    if not bidders:
        return None
    ask = (
        f"{_task(asking, message, board)}\n\nHow much have you to add that is not on the board? Answer with one whole "
        f"number from 0, nothing, to {MOST_BID}, and nothing else."
    )
    bids = [_bid(one) for one in await asking.ask_all([(one, ask) for one in bidders], turn)]
    most = max(bids)
    return bidders[bids.index(most)] if most > 0 else None


def _bid(said: Contribution) -> int:
    found = _BID.search(said.text)
    return int(found[1]) if found and said.problem is None else 0


def _task(asking: Asking, message: str, board: Sequence[Contribution]) -> str:
    written = asking.quoted(board) if board else "Nothing yet."
    return (
        f"The task:\n{message}\n\nThe board, on which all of the team write:\n\n{written}\n\n"
        "Add what brings the task on. If the answer stands, write DONE: and the answer."
    )
