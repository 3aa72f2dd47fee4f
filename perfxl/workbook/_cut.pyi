from collections.abc import Callable
from typing import final

from ..rules.types import Raw

source: str

@final
class Stretches:
    def __init__(
        self,
        learn: Callable[[bytes, int, int], tuple[tuple[object, ...], bool]],
        number: Callable[[str], Raw],
        most: int,
        seed: int,
    ) -> None: ...
    def __len__(self) -> int: ...
    def cells(
        self, content: bytes, begin: int, end: int, texts: list[str]
    ) -> (
        tuple[
            dict[str, Raw],
            dict[str, Raw],
            list[tuple[str, tuple[Callable[[str], Raw], bool], bytes]],
            list[tuple[tuple[str, str, str], ...]],
            int,
        ]
        | None
    ): ...

def texts(
    content: bytes, begin: int, marked: Callable[[bytes], str | None], item: Callable[[bytes], str | None]
) -> list[str] | None: ...
def rows(
    values: dict[str, Raw], slots: tuple[tuple[tuple[str, int, int], tuple[str, ...], tuple[str, ...]], ...], blanks: str
) -> list[tuple[int, int, dict[str, Raw]]]: ...
