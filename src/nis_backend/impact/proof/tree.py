"""The facts of a Python text, from its syntax tree: a walk that remembers what each node stands in."""

from __future__ import annotations

import ast
import gc
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from nis_backend.impact.proof.facts import Facts, Imported, Moment, Said
from nis_backend.impact.proof.literals import beginning, called, catches, last, shortened, strings, suppresses

IMPORTERS = frozenset(
    {
        *("import_module", "__import__", "find_spec", "resolve_name", "import_string", "importorskip", "find_loader"),
        "run_module",
    }
)
"""Functions that take a module's name. Others whose name says `import` count where it is written out."""
STARTERS = frozenset(
    {
        *("run", "Popen", "call", "check_call", "check_output", "system", "popen", "getoutput", "execvp", "execlp"),
        *("create_subprocess_exec", "create_subprocess_shell", "spawn", "which"),
    }
)
"""Functions that take a command."""
OPTIONS = frozenset({"-m", "-p", "-k", "--worker-class", "--plugin"})
LONGEST_STRING = 4000


@dataclass(frozen=True, kw_only=True)
class Around:
    """What a node stands in."""

    how: Moment = "import"
    fallback: str = ""
    to: str = ""

    def within(self, how: Moment, fallback: str = "") -> Around:
        """The same inside something more; what is for type checkers only stays so, and what is guarded too."""
        if self.how == "typing_import" or (self.how == "guarded_import" and how == "lazy_import"):
            return self
        return Around(how=how, fallback=fallback or self.fallback, to=self.to)

    def said_to(self, name: str) -> Around:
        """The same for strings that are said to a name."""
        if name == self.to:
            return self
        return Around(how=self.how, fallback=self.fallback, to=name)


HERE = re.compile(r"\b(?:sys\.version_info|sys\.platform|os\.name|platform\.system|sys\.implementation)\b")
"""What an import that depends on the machine or the version of Python asks for."""


def read_facts(text: str) -> Facts:
    """The facts of a Python text.

    Raises:
        SyntaxError, ValueError, RecursionError: it is none that this Python reads.
    """
    reading = _Reading()
    collects = gc.isenabled()
    gc.disable()  # a tree has no cycles: looking for them took a third of the time
    try:
        reading.statements(ast.parse(text).body, Around())
        reading.resolve()
    finally:
        if collects:
            gc.enable()
    return reading.facts


class _Reading:
    """The walk: one function for each kind of node that matters, one for all others."""

    def __init__(self) -> None:
        self.facts = Facts()
        self.constants: dict[str, list[str]] = {}
        self.computed: list[tuple[ast.expr, int, Around]] = []
        # Any: each takes its own kind of node.
        self.by_kind: Mapping[type[ast.AST], Callable[[Any, Around], None]] = {
            **dict.fromkeys((ast.FunctionDef, ast.AsyncFunctionDef), self._function),
            **dict.fromkeys((ast.Try, ast.TryStar), self._tried),
            **dict.fromkeys((ast.With, ast.AsyncWith), self._with),
            **dict.fromkeys((ast.For, ast.AsyncFor, ast.comprehension), self._each),
            **dict.fromkeys((ast.Assign, ast.AnnAssign, ast.AugAssign), self._assigned),
            **dict.fromkeys((ast.List, ast.Tuple), self._listed),
            **dict.fromkeys((ast.Subscript, ast.Compare), self._looked_up),
            **dict.fromkeys((ast.Name, ast.Pass, ast.Load, ast.Store, ast.arg), self._nothing),
            ast.Import: self._import,
            ast.ImportFrom: self._import_from,
            ast.If: self._either,
            ast.Constant: self._constant,
            ast.Call: self._called,
            ast.Dict: self._dictionary,
            ast.Lambda: self._lambda,
            ast.ClassDef: self._class,
        }

    def node(self, node: ast.AST, around: Around) -> None:
        self.by_kind.get(type(node), self._generic)(node, around)

    def nodes(self, some: Iterable[ast.AST | None], around: Around) -> None:
        for one in some:
            if one is not None:
                self.node(one, around)

    def statements(self, body: list[ast.stmt], around: Around) -> None:
        """A body, but for the string that documents it."""
        documented = bool(body) and isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant)
        self.nodes(body[documented:], around)

    def _generic(self, node: ast.AST, around: Around) -> None:
        for name in node._fields:  # as ast.iter_child_nodes, at half the cost
            value = getattr(node, name, None)
            if isinstance(value, ast.AST):
                self.node(value, around)
            elif isinstance(value, list):
                for one in cast("list[object]", value):
                    if isinstance(one, ast.AST):
                        self.node(one, around)

    def _nothing(self, node: ast.AST, around: Around) -> None:
        pass

    def _import(self, node: ast.Import, around: Around) -> None:
        for alias in node.names:
            self._imported(alias.name, node.lineno, around)

    def _import_from(self, node: ast.ImportFrom, around: Around) -> None:
        if not node.level and node.module:
            self._imported(node.module, node.lineno, around, names=tuple(alias.name for alias in node.names))

    def _imported(
        self, module: str, line: int, around: Around, *, how: Moment | None = None, names: tuple[str, ...] = ()
    ) -> None:
        self.facts.imports.append(
            Imported(module=module, names=names, line=line, how=how or around.how, fallback=around.fallback)
        )

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef, around: Around) -> None:
        self.nodes(node.decorator_list, around)
        self.node(node.args, around.said_to("default"))
        self.statements(node.body, around.within("lazy_import").said_to(""))

    def _lambda(self, node: ast.Lambda, around: Around) -> None:
        self.node(node.body, around.within("lazy_import"))

    def _class(self, node: ast.ClassDef, around: Around) -> None:
        self.nodes([*node.decorator_list, *node.bases, *node.keywords], around)
        self.statements(node.body, around.said_to(""))

    def _with(self, node: ast.With | ast.AsyncWith, around: Around) -> None:
        self.nodes(node.items, around)
        guards = [item.context_expr for item in node.items if suppresses(item.context_expr)]
        self.nodes(node.body, around.within("guarded_import", ast.unparse(guards[0])) if guards else around)

    def _tried(self, node: ast.Try | ast.TryStar, around: Around) -> None:
        caught = next((one for one in node.handlers if catches(one)), None)
        if caught is None:
            self.nodes(node.body, around)
        else:
            # What raises again can do nothing without the module: only a better message is guarded.
            raises = isinstance(caught.body[-1], ast.Raise)
            self.nodes(node.body, around.within(around.how if raises else "guarded_import", shortened(caught)))
        instead = around.within("guarded_import", "imported where another is not there")
        for handler in node.handlers:
            self.nodes(handler.body, instead if handler is caught else around)
        self.nodes([*node.orelse, *node.finalbody], around)

    def _either(self, node: ast.If, around: Around) -> None:
        test = ast.unparse(node.test) if _holds_imports(node) else ""
        typing, negated = test.endswith("TYPE_CHECKING"), test.startswith("not ")
        self.node(node.test, around)
        never = around.within("typing_import")
        here = there = around
        if HERE.search(test):
            here = around.within("guarded_import", f"imported only where {test}"[:200])
            there = around.within("guarded_import", f"imported only where not {test}"[:200])
        self.nodes(node.body, never if typing and not negated else here)
        self.nodes(node.orelse, never if typing and negated else there)

    def _each(self, node: ast.For | ast.AsyncFor | ast.comprehension, around: Around) -> None:
        self._bound(node.target, node.iter)
        self._generic(node, around)

    def _assigned(self, node: ast.Assign | ast.AnnAssign | ast.AugAssign, around: Around) -> None:
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        if node.value is None:
            return
        named = ""
        for target in targets:
            self._bound(target, node.value)
            key = target.slice if isinstance(target, ast.Subscript) else None
            named = named or "".join(strings(key)) or last(target)
        self.node(node.value, around.said_to(named))

    def _bound(self, target: ast.expr, value: ast.expr) -> None:
        """Remember the strings that a name may stand for."""
        if isinstance(target, ast.Name):
            held = self.constants.get(value.id, []) if isinstance(value, ast.Name) else strings(value)
            self.constants.setdefault(target.id, []).extend([*held])

    def _constant(self, node: ast.Constant, around: Around) -> None:
        if isinstance(node.value, str) and 1 < len(node.value) <= LONGEST_STRING:
            self.facts.said.append(Said(text=node.value, line=node.lineno, to=around.to))

    def _looked_up(self, node: ast.Subscript | ast.Compare, around: Around) -> None:
        of = node.value if isinstance(node, ast.Subscript) else node.comparators[-1]
        name = last(of.func) if isinstance(of, ast.Call) else last(of)
        to = {"modules": "sys.modules", "entry_points": "entry_points[]"}.get(name, "")
        self._generic(node, around.said_to(to) if to else around)

    def _dictionary(self, node: ast.Dict, around: Around) -> None:
        for key, value in zip(node.keys, node.values, strict=True):
            self.nodes([key], around.said_to(f"{around.to}[]"))
            self.node(value, around.said_to("".join(strings(key)) or around.to))

    def _listed(self, node: ast.List | ast.Tuple, around: Around) -> None:
        before = ""
        for place, one in enumerate(node.elts):
            to = "argument" if around.to == "command" and place else around.to
            self.node(one, around.said_to(before if before in OPTIONS else to))
            before = "".join(strings(one)) if isinstance(one, ast.Constant) else ""

    def _called(self, node: ast.Call, around: Around) -> None:
        name = last(node.func)
        first = node.args[0] if node.args else None
        if name in IMPORTERS and first is not None:
            self.computed.append((first, node.lineno, around))
        elif "import" in name.lower() and isinstance(first, ast.Constant) and isinstance(first.value, str):
            self._dynamic(first.value, node.lineno, around)
        self.node(node.func, around)
        to = "command" if name in STARTERS else called(node.func)
        for place, one in enumerate(node.args):
            whole = not place or isinstance(one, ast.List | ast.Tuple)
            self.node(one, around.said_to(to if whole or to != "command" else "argument"))
        for word in node.keywords:
            self.node(word.value, around.said_to(word.arg or ""))

    def _dynamic(self, module: str, line: int, around: Around) -> None:
        if not module.startswith("."):
            self._imported(module.partition(":")[0], line, around, how="dynamic_import")

    def resolve(self) -> None:
        """Tell names that are computed from those that are written elsewhere in the text."""
        for value, line, around in self.computed:
            known = [*strings(value)] or (self.constants.get(value.id, []) if isinstance(value, ast.Name) else [])
            begun = beginning(value)
            if known:
                for one in known:
                    self._dynamic(one, line, around)
            elif "." in begun:
                self._dynamic(begun.rpartition(".")[0] or ".", line, around)
            else:
                self.facts.open.append(line)


def _holds_imports(node: ast.If) -> bool:
    """Whether an import stands in it, so that what it asks for is worth reading."""
    return any(isinstance(one, ast.Import | ast.ImportFrom | ast.Try | ast.If) for one in (*node.body, *node.orelse))
