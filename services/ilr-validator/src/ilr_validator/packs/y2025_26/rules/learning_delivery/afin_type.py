"""AFinType: which financial records an aim must and must not have."""

from ilr_validator.packs.pack import carried

KEPT = carried(
    "2020-21",
    "AFinType_01",
    "AFinType_02",
    "AFinType_04",
    "AFinType_07",
    "AFinType_08",
    "AFinType_10",
    "AFinType_11",
    "AFinType_12",
    "AFinType_13",
    "AFinType_14",
)
