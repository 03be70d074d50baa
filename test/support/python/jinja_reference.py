"""jinja2, set up as transformers' apply_chat_template sets it up."""

import datetime
import json

import jinja2
import jinja2.ext
from jinja2.ext import Extension
from jinja2.sandbox import ImmutableSandboxedEnvironment

NOW = datetime.datetime(2026, 3, 7, 15, 4, 5)


class Generation(Extension):
    """`generation`, as transformers' AssistantTracker renders it."""

    tags = {"generation"}

    def parse(self, parser):
        line = next(parser.stream).lineno
        body = parser.parse_statements(["name:endgeneration"], drop_needle=True)
        call = self.call_method("_support")
        return jinja2.nodes.CallBlock(call, [], [], body).set_lineno(line)

    def _support(self, caller):
        return caller()


def raise_exception(message):
    raise jinja2.exceptions.TemplateError(message)


def to_json(x, ensure_ascii=False, indent=None, separators=None, sort_keys=False):
    return json.dumps(
        x, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys
    )


def environment():
    env = ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=[Generation, jinja2.ext.loopcontrols]
    )
    env.filters["tojson"] = to_json
    env.globals["raise_exception"] = raise_exception
    env.globals["strftime_now"] = lambda form: NOW.strftime(form)
    return env


def render(env, template, variables):
    """The text, or the error's type, message and line."""
    try:
        compiled = env.from_string(template)
    except jinja2.TemplateSyntaxError as error:
        return {"error": "syntax", "message": error.message, "line": error.lineno}
    try:
        return {"text": compiled.render(**variables)}
    except Exception as error:  # noqa: BLE001
        line = line_of(error)
        return {"error": type(error).__name__, "message": str(error), "line": line}


def line_of(error):
    """The template's line: the last frame of it in the traceback, which jinja2 rewrites."""
    line, trace = None, error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == "<template>":
            line = trace.tb_lineno
        trace = trace.tb_next
    return line
