"""The commands about original pages: ``fetch``, ``extract`` and those of ``cache``."""
