"""`nis completion`: what a shell offers at Tab, written down once from the commands, so that Tab starts no process."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from nis_backend.errors import shorten
from nis_backend.surfaces.cli.derived import command as derived_command

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nis_backend.surfaces.cli.session import Session

    Words = Sequence[tuple[str, str]]
    """What may stand at a place, each with what it means."""
    Places = Mapping[tuple[str, ...], Words]
    """Places by the names they have: "nis runs", "nis runs list --state"."""

FILES = "@files"
"""The word that stands for the names of files."""

LONG = 60
"""Characters of a meaning."""


def command(root: click.Group, session: Session) -> click.Command:
    """The command."""

    def run(shell: str) -> None:
        click.echo(SHELLS[shell](places(root, session)))

    return click.Command(
        "completion",
        callback=run,
        short_help="Print what completes commands at Tab in bash, zsh or fish.",
        help="Print what completes commands at Tab in a shell.\n\n\b\n"
        "bash:  nis completion bash > ~/.local/share/bash-completion/completions/nis\n"
        "zsh:   nis completion zsh > ~/.nis-completion; echo source ~/.nis-completion >> ~/.zshrc\n"
        "fish:  nis completion fish > ~/.config/fish/completions/nis.fish",
        params=[click.Argument(["shell"], type=click.Choice(list(SHELLS)))],
    )


def places(root: click.Group, session: Session) -> Places:
    """Every place of the command line where something can be completed."""
    found = _of(root, ("nis",), None)
    entries = session.catalog.entries()
    found["nis call",] = [(entry.name, shorten(entry.summary, LONG)) for entry in entries]
    for entry in entries:
        found |= _of(derived_command(session, entry, entry.name), (f"nis call {entry.name}",), None)
    return _joined(found)


def _joined(found: Mapping[tuple[str, ...], Words]) -> Places:
    """Places where the same may stand, as one: an operation is reached by two names."""
    by_words: dict[str, list[str]] = {}
    kept: dict[str, Words] = {}
    for names, words in found.items():
        if words:
            by_words.setdefault(repr(words), []).extend(names)
            kept[repr(words)] = words
    return {tuple(names): kept[key] for key, names in by_words.items()}


def _of(one: click.Command, names: tuple[str, ...], parent: click.Context | None) -> dict[tuple[str, ...], Words]:
    ctx = click.Context(one, parent=parent, info_name=one.name)
    found: dict[tuple[str, ...], Words] = {names: _words(one, ctx)}
    for param in one.params:
        values = _values(param, ctx)
        if isinstance(param, click.Option):
            found |= {(f"{name} {option}",): values for name in names for option in param.opts if values}
        elif values:
            found[names] = [*values, *found[names]]
    for name, inner in _commands(one, ctx):
        found |= _of(inner, tuple(f"{outer} {name}" for outer in names), ctx)
    return found


def _commands(one: click.Command, ctx: click.Context) -> list[tuple[str, click.Command]]:
    """The commands of a group, by name."""
    if not isinstance(one, click.Group):
        return []
    return [(name, inner) for name in one.list_commands(ctx) if (inner := one.get_command(ctx, name)) is not None]


def _words(one: click.Command, ctx: click.Context) -> Words:
    """Its commands, then its options by their first names."""
    commands = [(name, inner.get_short_help_str(LONG)) for name, inner in _commands(one, ctx)]
    options = [
        (param.opts[0], shorten(param.help or "", LONG))
        for param in one.get_params(ctx)
        if isinstance(param, click.Option)
    ]
    return [*commands, *options]


def _values(param: click.Parameter, ctx: click.Context) -> Words:
    """What an option's value, or an argument, may be, where that is known."""
    items = param.shell_complete(ctx, "")
    if any(item.type in {"file", "dir"} for item in items):
        return [(FILES, "")]
    return [(str(item.value), "") for item in items if re.fullmatch(r"[\w./+-]+", str(item.value))]


# -- the shells --------------------------------------------------------------------------------------------------------


def _cases(found: Places) -> Iterator[tuple[str, Words]]:
    """Each place as alternatives of a shell's `case`, which bash and zsh share."""
    for names, words in found.items():
        yield "|".join(f"'{name}'" for name in names), words


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


def bash(found: Places) -> str:
    """For bash from 3.2 on, which knows no arrays by name."""
    cases = "\n".join(
        f"    {names}) words='{' '.join(word for word, _ in words)}' ;;" for names, words in _cases(found)
    )
    return f"""# bash completion for nis
_nis_at() {{
  case "$1" in
{cases}
    *) return 1 ;;
  esac
}}
_nis() {{
  local at=nis words='' word i cur="${{COMP_WORDS[COMP_CWORD]}}" prev="${{COMP_WORDS[COMP_CWORD-1]}}"
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    word="${{COMP_WORDS[i]}}"
    [[ $word != -* ]] && _nis_at "$at $word" && at="$at $word"
  done
  [[ $prev == -* ]] && _nis_at "$at $prev" || _nis_at "$at"
  if [[ $words == {FILES} ]]; then
    compopt -o filenames 2>/dev/null
    while IFS= read -r word; do COMPREPLY+=("$word"); done < <(compgen -f -- "$cur")
  else
    while IFS= read -r word; do COMPREPLY+=("$word"); done < <(compgen -W "$words" -- "$cur")
  fi
}}
complete -F _nis nis"""


def zsh(found: Places) -> str:
    """With what each word means beside it."""
    cases = "\n".join(
        f"    {names}) items=({' '.join(_quoted(f'{word}:{told}' if told else word) for word, told in words)}) ;;"
        for names, words in _cases(found)
    )
    return f"""#compdef nis
_nis_at() {{
  case "$1" in
{cases}
    *) return 1 ;;
  esac
}}
_nis() {{
  local at=nis word i
  local -a items
  for ((i = 2; i < CURRENT; i++)); do
    word="${{words[i]}}"
    [[ $word != -* ]] && _nis_at "$at $word" && at="$at $word"
  done
  [[ ${{words[CURRENT-1]}} == -* ]] && _nis_at "$at ${{words[CURRENT-1]}}" || _nis_at "$at"
  if [[ $items == '{FILES}' ]]; then _files; else _describe -o nis items; fi
}}
(( $+functions[compdef] )) || {{ autoload -Uz compinit && compinit; }}
compdef _nis nis"""


def fish(found: Places) -> str:
    """With what each word means beside it."""
    cases = "\n".join(
        "    case {}\n      printf '%s\\t%s\\n' {}".format(
            " ".join(_for_fish(name) for name in names),
            " ".join(f"{_for_fish(word)} {_for_fish(told)}" for word, told in words),
        )
        for names, words in found.items()
    )
    return f"""# fish completion for nis
function __nis_at
  switch "$argv[1]"
{cases}
    case '*'
      return 1
  end
end
function __nis_complete
  set -l words (commandline -opc)
  set -l at nis
  for word in $words[2..]
    if not string match -q -- '-*' $word; and __nis_at "$at $word" >/dev/null
      set at "$at $word"
    end
  end
  set -l offered
  if string match -q -- '-*' $words[-1]
    set offered (__nis_at "$at $words[-1]")
  end
  if test -z "$offered"
    set offered (__nis_at "$at")
  end
  if string match -q '{FILES}*' -- $offered[1]
    __fish_complete_path (commandline -ct)
  else
    printf '%s\\n' $offered
  end
end
complete -c nis -f -a '(__nis_complete)'"""


def _for_fish(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


SHELLS = {"bash": bash, "zsh": zsh, "fish": fish}
