"""What the openai package makes of POST /v1/responses of the server that standard input names, as JSON."""

import json
import sys

from openai import BadRequestError, NotFoundError, OpenAI
from pydantic import BaseModel, Field

given = json.load(sys.stdin)
client = OpenAI(base_url=given["url"] + "/v1", api_key="none", max_retries=0)
ask = {"model": "atlas-chat", "input": given["question"]}


class Birth(BaseModel):
    place: str = Field(max_length=20)
    year: int = Field(ge=1, le=2100)


def refusal(kind, call):
    try:
        call()
    except kind as error:
        return [error.status_code, error.param]
    return None


first = client.responses.create(**ask, max_output_tokens=8, instructions="Be brief.")
streamed = {}
with client.responses.stream(**ask) as stream:
    streamed["text"] = "".join(e.delta for e in stream if e.type == "response.output_text.delta")
    final = stream.get_final_response()
    streamed["final"] = [final.status, final.output_text == streamed["text"]]
parsed = client.responses.parse(**ask, max_output_tokens=100, text_format=Birth)
tool = {"type": "function", "name": "note", "parameters": Birth.model_json_schema()}
called = client.responses.create(
    **ask,
    max_output_tokens=100,
    tools=[tool],
    tool_choice="required",
    parallel_tool_calls=False,
).output[0]
history = [
    {"role": "user", "content": given["question"]},
    called.model_dump(exclude_none=True),
    {"type": "function_call_output", "call_id": called.call_id, "output": "Stoneford"},
]
after = client.responses.create(
    model="atlas-chat",
    input=history,
    tools=[tool],
    tool_choice="none",
    max_output_tokens=8,
    extra_body={"trimtab": {"seed": 1}},
)
counted = client.responses.input_tokens.count(**ask, instructions="Be brief.")
json.dump(
    {
        "created": [first.status, first.output_text, first.usage.input_tokens],
        "streamed": streamed,
        "parsed": Birth.model_validate(parsed.output_parsed.model_dump()).model_dump(),
        "called": [called.type, called.name, called.arguments],
        "after": len(after.output_text) > 0,
        "counted": counted.input_tokens,
        "refused": refusal(
            BadRequestError, lambda: client.responses.create(**ask, previous_response_id="resp_1")
        ),
        "missing": refusal(NotFoundError, lambda: client.responses.retrieve("resp_1")),
    },
    sys.stdout,
)
