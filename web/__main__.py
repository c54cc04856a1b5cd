"""``python -m web`` is the ``concord`` command."""

from web.cli import main

main()
