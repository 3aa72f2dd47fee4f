"""The grammar: formulas to trees, and where a formula cannot be read."""

from __future__ import annotations

import pytest

from perfxl.errors import PerfxlError
from perfxl.rules.syntax import MAX_DEPTH, Binary, Call, Name, Node, Number, Text, Truth, Unary, parse
from perfxl.rules.values import plain
from tests.rules import formulas


def drawn(node: Node) -> str:
    """A tree with every bracket written out."""
    match node:
        case Number(value=value):
            return plain(value)
        case Text(value=value):
            return f"'{value}'"
        case Truth(value=value):
            return str(value)
        case Name(name=name):
            return name
        case Unary(operand=operand):
            return f"(-{drawn(operand)})"
        case Binary(operator=operator, left=left, right=right):
            return f"({drawn(left)} {operator} {drawn(right)})"
        case Call(function=function, arguments=arguments):
            return f"{function}[{', '.join(map(drawn, arguments))}]"


class DescribeParser:
    @pytest.mark.parametrize(
        ("formula", "tree"),
        [
            ("1+2*3", "(1 + (2 * 3))"),
            ("(1+2)*3", "((1 + 2) * 3)"),
            ("10-4-3", "((10 - 4) - 3)"),
            ("8/4/2", "((8 / 4) / 2)"),
            ("-a+b", "((-a) + b)"),
            ("-a*b", "((-a) * b)"),
            ("2*-a", "(2 * (-a))"),
            ("a-b=0", "((a - b) = 0)"),
            ("a&b=c", "((a & b) = c)"),
            ('a&"x"+1', "(a & ('x' + 1))"),
            ("a>=b", "(a >= b)"),
            ("a<>b", "(a <> b)"),
            ("a<=b", "(a <= b)"),
            ('"say ""yes"""', "'say \"yes\"'"),
            ('""', "''"),
            ("TRUE", "True"),
            ("false", "False"),
            ("0.85", "0.85"),
            ("round(a, 2)", "ROUND[a, 2]"),
            ("AND()", "AND[]"),
            ("IF(AND(a>0,b>0),1,2)", "IF[AND[(a > 0), (b > 0)], 1, 2]"),
            ("  a\n + b  ", "(a + b)"),
        ],
    )
    def it_binds_operators_as_excel_does(self, formula: str, tree: str) -> None:
        assert drawn(parse(formula)) == tree

    @pytest.mark.parametrize(
        ("formula", "column", "found"),
        [
            ("", 1, "公式不完整"),
            ("a +", 4, "公式不完整"),
            ("a + ", 5, "公式不完整"),
            ("(a", 3, "公式不完整"),
            ("a)", 2, "“)”"),
            ("ROUND(a,)", 9, "“)”"),
            ("ROUND(a b)", 9, "“b”"),
            ("a b", 3, "“b”"),
            ("a ^ 2", 3, "“^ 2”"),
            ("50%", 3, "“%”"),
            ("a = 'x'", 5, "“'x'”"),
            ("A1:B2", 3, "“:B2”"),
            ("{1,2}", 1, "“{1,2}”"),
            ('"open', 1, "“\"open”"),
            ("预算数 > 0", 1, "“预算数 > 0”"),
            ("=a", 1, "“=”"),
        ],
    )
    def it_names_the_place_of_what_it_cannot_read(self, formula: str, column: int, found: str) -> None:
        with pytest.raises(PerfxlError) as caught:
            parse(formula)
        assert (caught.value.code, caught.value.values) == ("L01", {"column": column, "found": found})

    @pytest.mark.parametrize("opening", ["(", "-", "ABS("])
    def it_refuses_nesting_that_excel_would_refuse(self, opening: str) -> None:
        closing = ")" if "(" in opening else ""
        with pytest.raises(PerfxlError) as caught:
            parse(opening * 3000 + "a" + closing * 3000)
        assert (caught.value.code, caught.value.values["limit"]) == ("L09", MAX_DEPTH)

    def it_reads_chains_of_two_hundred_operators_and_no_more(self) -> None:
        assert drawn(parse("+".join(["a"] * 201))).count("a") == 201
        with pytest.raises(PerfxlError) as caught:
            parse("+".join(["a"] * 202))
        assert (caught.value.code, caught.value.values["limit"]) == ("L09", 200)


class DescribeChains:
    """Python's own parser takes minutes over some fifty nested brackets in a call."""

    @pytest.mark.parametrize(
        ("formula", "shown"),
        [
            ('"甲" & t & "乙" & t', "甲x乙x"),
            ("t & (t & (t & u))", "xxxy"),
            (" & ".join(["t"] * 201), "x" * 201),
            ("ROUND(n - m - n * 2 * 3 - (m - n), 2)", "-14"),
            ("ROUND(n - (m - (n - m)), 2)", "-2"),
            ("ROUND((n + m) * (n - m) * 2, 2)", "-10"),
            ("ROUND(n / m / 2, 3)", "0.333"),
            ("ROUND(" + " + ".join(["n"] * 150) + ", 2)", "300"),
        ],
    )
    def it_compiles_to_the_same_value_without_needless_brackets(self, formula: str, shown: str) -> None:
        assert formulas.shown(formula, n=2.0, m=3.0, t="x", u="y") == shown
