"""The C2SP tlog-proof file: index, inclusion proof and checkpoint in one text."""

from base64 import b64encode
from collections.abc import Sequence

MEDIA_TYPE = "text/plain; charset=utf-8"
_FIRST_LINE = "c2sp.org/tlog-proof@v1"


def render_proof(index: int, proof: Sequence[bytes], *, checkpoint: str) -> str:
    """Text that proves entry `index` under the signed note `checkpoint` (tlog-proof, "Format")."""
    lines = [_FIRST_LINE, f"index {index}", *(b64encode(node).decode() for node in proof)]
    return "\n".join(lines) + "\n\n" + checkpoint
