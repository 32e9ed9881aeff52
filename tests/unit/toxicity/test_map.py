from __future__ import annotations

import re
from pathlib import Path

from triptych import toxicity


def test_the_package_lists_every_module_once():
    listed = re.findall(r"^- ``(\w+)``: ", toxicity.__doc__, flags=re.MULTILINE)
    modules = {path.stem for path in Path(toxicity.__file__).parent.glob("*.py")}
    assert sorted(listed) == sorted(modules - {"__init__"})
