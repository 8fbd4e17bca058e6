"""Which aims are community learning: less is asked of their learners."""

from ilr_validator.engine.batch import Batch, derived
from ilr_validator.engine.values import Mask
from ilr_validator.packs.queries.fams import has_fam


@derived
def is_community_aim(b: Batch) -> Mask:
    """Tell for each aim whether it is community learning, or paid by a local authority alone."""
    return (b.aims.FundModel == 10) | ((b.aims.FundModel == 99) & has_fam(b, "SOF", "108"))


@derived
def has_community_aims_alone(b: Batch) -> Mask:
    """Tell for each learner whether all its aims are community learning of either sort."""
    return b.aims.all(is_community_aim(b))


@derived
def has_one_sort_alone(b: Batch) -> Mask:
    """Tell for each learner whether all its aims are community learning of one and the same sort.

    Learners with both sorts are not among them: so the official engine asks it for most rules.
    """
    return b.aims.all(b.aims.FundModel == 10) | b.aims.all(
        is_community_aim(b) & (b.aims.FundModel == 99)
    )
