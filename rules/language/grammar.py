"""The grammar, for Lark's LALR parser with its contextual lexer. The reference shows it as it stands here."""

from __future__ import annotations

KEYWORDS = ("and", "or", "not", "in", "true", "false", "null")

GRAMMAR = r"""
start: expression

?expression: disjunction
           | disjunction "?" expression ":" expression     -> conditional

?disjunction: conjunction
            | conjunction (OR conjunction)+                -> disjunction

?conjunction: negation
            | negation (AND negation)+                     -> conjunction

?negation: comparison
         | NOT negation                                    -> prefixed

?comparison: sum
           | sum (COMPARE sum | IN sum | NOT_IN sum)+      -> comparison

?sum: product
    | sum (PLUS | MINUS) product                           -> arithmetic

?product: sign
        | product (TIMES | DIVIDE | REMAINDER) sign        -> arithmetic

?sign: value
     | (BANG | MINUS) sign                                 -> prefixed

?value: PERCENT                                            -> percent
      | DURATION                                           -> duration
      | NUMBER                                             -> number
      | STRING                                             -> string
      | TRUE                                               -> word
      | FALSE                                              -> word
      | NULL                                               -> word
      | PATH                                               -> fact
      | PATH OPEN [expression ("," expression)*] CLOSE     -> call
      | LIST_OPEN [expression ("," expression)*] LIST_CLOSE -> listed
      | OPEN expression CLOSE                              -> parenthesised

OR.3: /\|\||or\b/
AND.3: /&&|and\b/
NOT_IN.4: /not\s+in\b/
NOT.3: /not\b/
IN.3: /in\b/
TRUE.3: /true\b/
FALSE.3: /false\b/
NULL.3: /null\b/
COMPARE.3: /==|!=|<=|>=|<|>/
BANG.2: /!/
PLUS: "+"
MINUS: "-"
TIMES: "*"
DIVIDE: "/"
REMAINDER: "%"
OPEN: "("
CLOSE: ")"
LIST_OPEN: "["
LIST_CLOSE: "]"

DURATION.3: /(?:[0-9]+(?:\.[0-9]+)?[wdhms])+(?![A-Za-z0-9_])/
PERCENT.3: /[0-9]+(?:\.[0-9]+)?%/
NUMBER.2: /[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/
STRING: /"(?:[^"\\\n]|\\["'\\nt])*"|'(?:[^'\\\n]|\\["'\\nt])*'/
PATH: /(?!(?:and|or|not|in|true|false|null)\b)[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*|\["[^"\\\n]*"\])*/

%ignore /[ \t\r\n]+/
"""
