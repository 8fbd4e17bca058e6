"""HTTP interface of the auditors."""
