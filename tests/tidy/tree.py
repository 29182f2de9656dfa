"""The files under check, as text and as bare code, and what a rule reports."""

import dataclasses
import functools
import pathlib
import re
import subprocess

CPP = (".cpp", ".hpp")
# Besides C++, what is held to the limits of length and to the bans on unfinished words.
SCRIPTS = (".py", ".sh", ".cmake", "CMakeLists.txt")
TEXT = CPP + SCRIPTS + (".md", ".yaml", ".yml", ".json", ".script", ".txt", ".conf", ".html")
# Text without a telling name.
NAMED = ("dev", ".ci/run", ".clang-format", ".clang-tidy", ".editorconfig", ".gitignore")
# Left out when there is no git to say what belongs to the project.
SKIPPED_FOLDERS = ("build", ".git", "probate-out", "__pycache__", ".cache")


@dataclasses.dataclass(frozen=True)
class Finding:
    path: str
    line: int
    what: str
    remedy: str

    def __str__(self):
        return f"{self.path}:{self.line}: {self.what}; {self.remedy}"


class Tree:
    """Path (with /, relative to the root) to text. Line numbers count from 1."""

    def __init__(self, files):
        self.files = dict(sorted(files.items()))

    def paths(self, *suffixes, under=""):
        return [p for p in self.files if p.endswith(suffixes or "") and p.startswith(under)]

    def scripts(self):
        return [p for p in self.files if p.endswith(SCRIPTS) or p in ("dev", ".ci/run")]

    def lines(self, path):
        return self.files[path].split("\n")

    def code(self, path):
        return bare_code(self.files[path])

    def has(self, path):
        return path in self.files or any(p.startswith(path.rstrip("/") + "/") for p in self.files)

    @staticmethod
    def load(root):
        root = pathlib.Path(root)
        files = {}
        for path in _project_files(root):
            file = root / path
            if file.is_file() and (path.endswith(TEXT) or path in NAMED):
                files[path] = file.read_text(encoding="utf-8", errors="replace")
            elif file.is_file():
                files[path] = ""  # it exists: links may point at it
        return Tree(files)


def _project_files(root):
    if (root / ".git").exists():
        command = ["git", "-c", "safe.directory=*", "-C", str(root), "ls-files", "-z",
                   "--cached", "--others", "--exclude-standard"]
        listed = subprocess.run(command, capture_output=True, check=False)
        if listed.returncode == 0:
            return listed.stdout.decode().rstrip("\0").split("\0")
    return [str(p.relative_to(root)) for p in root.rglob("*")
            if not set(p.relative_to(root).parts) & set(SKIPPED_FOLDERS)]


_TOKEN = re.compile(
    r'(?P<line>//[^\n]*)'
    r'|(?P<block>/\*.*?\*/)'
    r'|(?P<raw>\bu?8?R"(?P<mark>[^()\s\\]{0,16})\(.*?\)(?P=mark)")'
    r'|(?P<string>"(?:\\.|[^"\\\n])*")'
    # Not the separator of 1'000: that one follows a digit.
    r"|(?P<char>(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])+')", re.S)


@functools.lru_cache(maxsize=None)
def bare_code(text):
    """The same text, line for line, with comments, strings and characters blanked out."""

    def blank(match):
        kept = match.group(0) if match.group("string") and _is_include(text, match) else None
        return kept or re.sub(r"[^\n]", " ", match.group(0))

    return _TOKEN.sub(blank, text)


def _is_include(text, match):
    line_start = text.rfind("\n", 0, match.start()) + 1
    return text[line_start:match.start()].replace(" ", "") == "#include"


def line_of(text, offset):
    return text.count("\n", 0, offset) + 1
