"""One file as the rules see it: its place in the repository, its text, its tree.

Decides nothing. The tree is walked once; rules ask for the nodes they want.
"""

import ast
from collections import defaultdict
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Final, TypeAlias, TypeVar

ROOT: Final = Path(__file__).resolve().parents[2]
Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef
FUNCTIONS: Final = (ast.FunctionDef, ast.AsyncFunctionDef)
N = TypeVar("N", bound=ast.AST)


class Source:
    """A Python or SQL file. `path` is relative to the root of the repository.

    A file that is no Python has an empty tree, so that every rule may look at every file.
    """

    def __init__(self, path: str, text: str, *, root: Path = ROOT) -> None:
        self.path = PurePosixPath(path)
        self.text = text
        self.lines = text.splitlines()
        self.root = root
        self.tree = ast.parse(text if self.path.suffix == ".py" else "", filename=path)

    @property
    def is_test(self) -> bool:
        """Whether it is a test, a fixture, or lies beside them."""
        return "tests" in self.path.parts or self.path.name == "conftest.py"

    @property
    def package(self) -> str:
        """The package below a `src` folder that the file belongs to; "" for all others."""
        parts = self.path.parts
        place = parts.index("src") if "src" in parts else len(parts)
        return parts[place + 1] if len(parts) > place + 2 else ""

    @property
    def module(self) -> str:
        """The dotted name of a module of a package; "" for all other files."""
        if not self.package or self.path.suffix != ".py":
            return ""
        dotted = ".".join(self.path.with_suffix("").parts)
        name = dotted[dotted.index(f"src.{self.package}") + len("src.") :]
        return name.removesuffix(".__init__")

    @property
    def is_service(self) -> bool:
        """Whether it belongs to the code of a service or of the gateway."""
        return bool(self.package) and self.path.parts[0] in {"services", "gateway"}

    @property
    def is_migration(self) -> bool:
        """Whether it is a step of a database's history."""
        return self.path.parent.name == "versions"

    @property
    def is_generated(self) -> bool:
        """Whether a tool wrote it: its name begins with _ and its first lines say so."""
        head = self.lines[:3]
        return self.path.name.startswith("_") and any("generated" in one.lower() for one in head)

    @cached_property
    def _index(self) -> dict[type[ast.AST], list[ast.AST]]:
        found: dict[type[ast.AST], list[ast.AST]] = defaultdict(list)
        for node in nodes_of(self.tree):
            found[type(node)].append(node)
        return found

    @cached_property
    def _parents(self) -> dict[ast.AST, ast.AST]:
        return {
            child: node
            for nodes in self._index.values()
            for node in nodes
            for child in ast.iter_child_nodes(node)
        }

    @cached_property
    def _docstrings(self) -> set[ast.AST]:
        holders = (self.tree, *self.of(ast.ClassDef), *self.functions())
        return {
            node.body[0].value
            for node in holders
            if node.body and isinstance(node.body[0], ast.Expr)
        }

    def of(self, kind: type[N]) -> list[N]:
        """Return all nodes of exactly this type."""
        return self._index[kind]  # type: ignore[return-value]  # the index is by type

    def functions(self) -> Iterator[Function]:
        """Yield all functions and methods."""
        yield from self.of(ast.FunctionDef)
        yield from self.of(ast.AsyncFunctionDef)

    def parents(self, node: ast.AST) -> Iterator[ast.AST]:
        """Yield what the node stands in, from the inside outwards."""
        while (above := self._parents.get(node)) is not None:
            yield above
            node = above

    def function_of(self, node: ast.AST) -> Function | None:
        """Return the innermost function that the node stands in."""
        return next((one for one in self.parents(node) if isinstance(one, FUNCTIONS)), None)

    def strings(self) -> Iterator[tuple[ast.Constant, str]]:
        """Yield the text constants, pieces of f-strings included and docstrings left out."""
        for node in self.of(ast.Constant):
            if isinstance(node.value, str) and node not in self._docstrings:
                yield node, node.value

    def texts(self) -> Iterator[tuple[int, str]]:
        """Yield (line, text) of everything that may be SQL: text constants, or an SQL file."""
        if self.path.suffix == ".sql":
            yield 1, self.text
        else:
            for node, value in self.strings():
                yield node.lineno, value

    def imports(self) -> Iterator[tuple[ast.AST, str]]:
        """Yield what is imported absolutely, names of modules and of their members alike.

        An import by name, `import_module("jose.jwt")`, counts too.
        """
        for node in self.of(ast.Import):
            for name in node.names:
                yield node, name.name
        for origin in self.of(ast.ImportFrom):
            if origin.module and not origin.level:
                for name in origin.names:
                    yield origin, f"{origin.module}.{name.name}"
        for call in self.of(ast.Call):
            if dotted(call.func).rpartition(".")[2] == "import_module" and call.args:
                wanted = call.args[0]
                if isinstance(wanted, ast.Constant) and isinstance(wanted.value, str):
                    yield call, wanted.value


def nodes_of(root: ast.AST) -> Iterator[ast.AST]:
    """Yield a tree's nodes but for contexts and operators: ast.walk at half the price."""
    waiting = [root]
    while waiting:
        node = waiting.pop()
        yield node
        for name in node._fields:
            value = getattr(node, name, None)
            if type(value) is list:
                waiting.extend(one for one in value if isinstance(one, ast.AST))
            elif isinstance(value, ast.AST) and value._fields:
                waiting.append(value)


def dotted(node: ast.AST) -> str:
    """Return the name `a.b.c` that an expression spells; "" in front of what is no name."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return ""


def keywords(call: ast.Call) -> dict[str, ast.expr]:
    """Return the arguments that a call names."""
    return {one.arg: one.value for one in call.keywords if one.arg is not None}
