"""Names of tiles as C2SP tlog-tiles spells them, for example `tile/0/x001/x234/067.p/12`."""

from event_log.domain.merkle import TILE_WIDTH, TileId


def tile_path(tile_id: TileId, width: int) -> str:
    """Relative path of a tile that holds `width` hashes (tlog-tiles, "Merkle Tree")."""
    groups = [f"{tile_id.index % 1000:03d}"]
    rest = tile_id.index // 1000
    while rest:
        groups.append(f"x{rest % 1000:03d}")
        rest //= 1000
    path = f"tile/{tile_id.level}/" + "/".join(reversed(groups))
    return path if width == TILE_WIDTH else f"{path}.p/{width}"
