"""The typed language of rules: check a text against a schema of facts, run it, explain it.

expression = check("channel.posts_28d < 3 && age(channel.last_post_at) > 7d", schema)
judge = compile_expression(expression)
judge(schema.facts({...}))             # True, False, or None for unknown
print(render(explain(expression, facts)))

Nothing here reads a clock, a file or the network: the instant of evaluation is the fact `now`.
"""

from rules.language.compiling import compile_changes, compile_expression, compile_together, python_source
from rules.language.errors import FactsError, Fault, LanguageError
from rules.language.explaining import Explanation, Part, explain
from rules.language.expression import Expression, check
from rules.language.flipping import Flip
from rules.language.parsing import parse
from rules.language.printing import write
from rules.language.rendering import render
from rules.language.schema import Field, Schema, show
from rules.language.syntax import Facts, Node, Value
from rules.language.walking import evaluate

__all__ = [
    "Explanation",
    "Expression",
    "Facts",
    "FactsError",
    "Fault",
    "Field",
    "Flip",
    "LanguageError",
    "Node",
    "Part",
    "Schema",
    "Value",
    "check",
    "compile_changes",
    "compile_expression",
    "compile_together",
    "evaluate",
    "explain",
    "parse",
    "python_source",
    "render",
    "show",
    "write",
]
