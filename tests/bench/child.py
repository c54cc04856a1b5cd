"""One measurement in a process of its own: ``child.py MODULE FUNCTION``, arguments as JSON."""

import importlib
import json
import sys


def main() -> None:
    module, function = sys.argv[1:]
    arguments = json.load(sys.stdin)
    answer = getattr(importlib.import_module(module), function)(**arguments)
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    main()
