"""The commands about feeds: ``add``, ``import``, ``sync`` and those of ``feeds``."""
