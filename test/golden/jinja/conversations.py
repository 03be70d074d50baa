"""What each published template renders."""

WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather of a place, \"now\" & <here>.",
        "parameters": {
            "type": "object",
            "properties": {
                "place": {"type": "string", "description": "A town"},
                "days": {"type": "integer", "enum": [1, 3], "default": 1},
            },
            "required": ["place"],
        },
    },
}

BASE = {
    "bos_token": "<bos>",
    "eos_token": "<eos>",
    "add_generation_prompt": True,
    "tools": None,
    "documents": None,
}


def user(text):
    return {"role": "user", "content": text}


def assistant(text, **more):
    return {"role": "assistant", "content": text, **more}


def system(text):
    return {"role": "system", "content": text}


CALL = {
    "id": "call_00001",
    "type": "function",
    "function": {"name": "get_weather", "arguments": {"place": "Zürich", "days": 3}},
}
ANSWER = {
    "role": "tool",
    "name": "get_weather",
    "tool_call_id": "call_00001",
    "content": '{"sky": "clear", "°C": 21.5}',
}

CONVERSATIONS = {
    "one question": {**BASE, "messages": [user("Who was she? ")]},
    "system and turns": {
        **BASE,
        "messages": [
            system("Be brief."),
            user("Hello"),
            assistant("Good day."),
            user("Who was she?"),
        ],
    },
    "no generation prompt": {
        **BASE,
        "add_generation_prompt": False,
        "messages": [user("Hello"), assistant("Good day.\n\n")],
    },
    "white space and unicode": {
        **BASE,
        "messages": [
            system("  \n Sei höflich 😀 \n"),
            user("\n\n  日本語 \u200b👍🏽 'quotes' \"double\" \\n {{ 7 * 7 }} </think>"),
            assistant("\n\n <think> \n hm \n</think>\n\n\n  Antwort: é \n"),
            user("  weiter\t"),
        ],
    },
    "reasoning": {
        **BASE,
        "enable_thinking": False,
        "messages": [
            user("1 + 1?"),
            assistant("<think>\nEasy.\n</think>\n\n2"),
            user("2 + 2?"),
            assistant("4", reasoning_content="\nAlso easy.\n"),
            user("And 3 + 3?"),
        ],
    },
    "tools offered": {**BASE, "tools": [WEATHER], "messages": [user("Weather in Zürich?")]},
    "tools used": {
        **BASE,
        "tools": [WEATHER],
        "messages": [
            system("Use tools."),
            user("Weather in Zürich?"),
            assistant("", tool_calls=[CALL]),
            ANSWER,
            assistant("Clear."),
            user("Thanks"),
        ],
    },
    "parts": {
        **BASE,
        "messages": [
            {"role": "user", "content": [{"type": "text", "text": "part one"}, {"type": "text", "text": "two"}]}
        ],
    },
    "wrong order": {**BASE, "messages": [user("a"), user("b"), assistant("c")]},
    "unknown role": {**BASE, "messages": [{"role": "critic", "content": "Hm."}]},
}
