"""What jinja2 renders: a JSON object of a template and an array of variables gives an array of texts, or errors."""

import json
import sys

from jinja_reference import environment, render

given = json.load(sys.stdin)
env = environment()
json.dump([render(env, given["template"], variables) for variables in given["variables"]], sys.stdout)
