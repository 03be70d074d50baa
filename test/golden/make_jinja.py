"""Golden values for the template engine: what jinja2, set up as transformers sets it up, renders.

Run from the root of the repository: python3 test/golden/make_jinja.py
Needs jinja2 (3.1.6 was used). Writes test/golden/jinja.json.
"""

import json
import sys
from pathlib import Path

import jinja2

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE / "jinja"), str(HERE.parent / "support/python")]

from conversations import CONVERSATIONS  # noqa: E402
from jinja_reference import environment, render  # noqa: E402
from snippets import VARIABLES, snippets  # noqa: E402

def main():
    env = environment()
    cases = [
        {"group": group, "template": template, **render(env, template, VARIABLES)}
        for group, template in snippets()
    ]
    published = []
    for path in sorted((HERE / "templates").glob("*.jinja")):
        template = path.read_bytes().decode()
        published.append(
            {
                "template": path.name,
                "results": {
                    name: render(env, template, {**conversation})
                    for name, conversation in CONVERSATIONS.items()
                },
            }
        )
    result = {
        "format": "What jinja2 "
        + jinja2.__version__
        + " renders, set up as transformers' apply_chat_template sets it up; made by make_jinja.py.",
        "variables": VARIABLES,
        "cases": cases,
        "conversations": CONVERSATIONS,
        "published": published,
    }
    text = json.dumps(result, ensure_ascii=True, indent=1)
    (HERE / "jinja.json").write_text(text + "\n")
    texts = sum("text" in case for case in cases)
    print(f"{len(cases)} snippets ({len(cases) - texts} fail), {len(published)} templates")


main()
