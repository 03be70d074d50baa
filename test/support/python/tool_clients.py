"""What a Python client makes of a server whose model calls tools: standard input names both, as JSON."""

import asyncio
import json
import os
import sys

given = json.load(sys.stdin)
URL = given["url"] + "/v1"
MODEL = "agent"
QUESTION = "Take three steps."
SCHEMA = {
    "type": "object",
    "properties": {"step": {"type": "integer"}},
    "required": ["step"],
    "additionalProperties": False,
}
TOOL = {"type": "function", "function": {"name": "look", "description": "Looks.", "parameters": SCHEMA}}
ANSWER = {
    "type": "object",
    "properties": {"answer": {"type": "integer"}},
    "required": ["answer"],
    "additionalProperties": False,
}
FORMAT = {"type": "json_schema", "json_schema": {"name": "answer", "schema": ANSWER}}
HELLO = [{"role": "user", "content": "Hello"}]
IN_JSON = [{"role": "user", "content": "Answer in JSON."}]


def rounds_of(complete):
    """A loop by hand, for clients that answer in OpenAI's shape."""
    messages, steps = [{"role": "user", "content": QUESTION}], []
    while True:
        message = complete(messages=messages, tools=[TOOL]).choices[0].message
        messages.append(message.model_dump(exclude_none=True))
        if not message.tool_calls:
            return {"rounds": steps, "answer": message.content}
        for call in message.tool_calls:
            steps.append(json.loads(call.function.arguments)["step"])
            messages.append({"role": "tool", "tool_call_id": call.id, "content": "seen"})


def in_openai_shape(complete):
    streamed = complete(messages=HELLO, stream=True)
    structured = complete(messages=IN_JSON, response_format=FORMAT).choices[0].message.content
    return {
        "chat": complete(messages=HELLO).choices[0].message.content,
        "stream": "".join(c.choices[0].delta.content or "" for c in streamed if c.choices),
        "structured": json.loads(structured)["answer"],
        **rounds_of(complete),
    }


def use_openai():
    from openai import OpenAI

    client = OpenAI(base_url=URL, api_key="none")
    return in_openai_shape(lambda **ask: client.chat.completions.create(model=MODEL, **ask))


def use_litellm():
    os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
    import litellm

    return in_openai_shape(
        lambda **ask: litellm.completion(
            model=f"openai/{MODEL}", api_base=URL, api_key="none", **ask
        )
    )


def use_langchain_openai():
    from langchain_core.messages import HumanMessage, ToolMessage
    from langchain_openai import ChatOpenAI

    model = ChatOpenAI(model=MODEL, base_url=URL, api_key="none")
    bound = model.bind_tools([TOOL])
    messages, steps = [HumanMessage(QUESTION)], []
    while True:
        message = bound.invoke(messages)
        messages.append(message)
        if not message.tool_calls:
            break
        for call in message.tool_calls:
            steps.append(call["args"]["step"])
            messages.append(ToolMessage("seen", tool_call_id=call["id"]))
    named = {"title": "answer", **ANSWER}
    structured = model.with_structured_output(named, method="json_schema")
    return {
        "chat": model.invoke("Hello").content,
        "stream": "".join(chunk.content for chunk in model.stream("Hello")),
        "structured": structured.invoke("Answer in JSON.")["answer"],
        "rounds": steps,
        "answer": messages[-1].content,
    }


def use_langchain():
    from langchain.agents import create_agent
    from langchain.agents.structured_output import ProviderStrategy, ToolStrategy
    from langchain_openai import ChatOpenAI
    from pydantic import BaseModel

    class Answer(BaseModel):
        answer: int

    model = ChatOpenAI(model=MODEL, base_url=URL, api_key="none")
    steps = []

    def look(step: int) -> str:
        """Looks."""
        steps.append(step)
        return "seen"

    def say(agent, text):
        return agent.invoke({"messages": [{"role": "user", "content": text}]})

    plain = create_agent(model, tools=[])
    parts = plain.stream({"messages": HELLO}, stream_mode="messages")
    structured = {
        say(create_agent(model, tools=[], response_format=way(Answer)), "Answer in JSON.")[
            "structured_response"
        ].answer
        for way in (ProviderStrategy, ToolStrategy)
    }
    answer = say(create_agent(model, tools=[look]), QUESTION)["messages"][-1].content
    return {
        "chat": say(plain, "Hello")["messages"][-1].content,
        "stream": "".join(chunk.content for chunk, _ in parts),
        "structured": structured.pop(),
        "rounds": steps,
        "answer": answer,
    }


def use_instructor():
    import instructor
    from openai import OpenAI
    from pydantic import BaseModel

    class Answer(BaseModel):
        answer: int

    def client(mode):
        return instructor.from_openai(OpenAI(base_url=URL, api_key="none"), mode=mode)

    def complete(**ask):
        return client(instructor.Mode.TOOLS).chat.completions.create(
            model=MODEL, response_model=None, **ask
        )

    modes = (
        instructor.Mode.TOOLS,
        instructor.Mode.TOOLS_STRICT,
        instructor.Mode.JSON_SCHEMA,
        instructor.Mode.MD_JSON,
    )
    asked = {"model": MODEL, "response_model": Answer, "messages": IN_JSON, "max_retries": 0}
    whole = [client(mode).chat.completions.create(**asked).answer for mode in modes]
    partial = [list(client(mode).chat.completions.create_partial(**asked))[-1].answer for mode in modes[:3]]
    assert len({*whole, *partial}) == 1, (whole, partial)
    return {**in_openai_shape(complete), "structured": whole[0]}


def use_llm():
    from llm.default_plugins.openai_models import Chat

    model = Chat(MODEL, model_name=MODEL, api_base=URL, supports_tools=True, supports_schema=True)
    model.key = "none"
    steps = []

    def look(step: int) -> str:
        """Looks."""
        steps.append(step)
        return "seen"

    structured = model.prompt("Answer in JSON.", schema=ANSWER, stream=False).text()
    chain = model.chain(QUESTION, tools=[look], stream=False)
    responses = [response.text() for response in chain.responses()]
    return {
        "chat": model.prompt("Hello", stream=False).text(),
        "stream": "".join(model.prompt("Hello", stream=True)),
        "structured": json.loads(structured)["answer"],
        "rounds": steps,
        "answer": responses[-1],
    }


def use_pydantic_ai():
    from pydantic import BaseModel
    from pydantic_ai import Agent
    from pydantic_ai.models.openai import OpenAIChatModel
    from pydantic_ai.providers.openai import OpenAIProvider

    class Answer(BaseModel):
        answer: int

    model = OpenAIChatModel(MODEL, provider=OpenAIProvider(base_url=URL, api_key="none"))
    steps = []
    agent = Agent(model)

    @agent.tool_plain
    def look(step: int) -> str:
        """Looks."""
        steps.append(step)
        return "seen"

    async def stream():
        async with Agent(model).run_stream("Hello") as result:
            return [text async for text in result.stream_text()][-1]

    answer = agent.run_sync(QUESTION).output
    return {
        "chat": Agent(model).run_sync("Hello").output,
        "stream": asyncio.run(stream()),
        "structured": Agent(model, output_type=Answer).run_sync("What is it?").output.answer,
        "rounds": steps,
        "answer": answer,
    }


# Not what clients say of themselves.
out, sys.stdout = sys.stdout, sys.stderr
json.dump(globals()[f"use_{given['client']}"](), out)
