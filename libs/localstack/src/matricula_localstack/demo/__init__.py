"""The demonstration: a partner's file goes through the platform to an auditor's proof."""
