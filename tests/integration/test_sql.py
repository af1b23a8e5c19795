"""`groundswell sql` as a person uses it."""

import subprocess
import sys

from groundswell.settings import Settings


def sql(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "groundswell.cli", "sql", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_a_question_is_answered_in_the_read_only_role(stack: Settings) -> None:
    done = sql("-At", "-c", "SELECT current_user, current_schema(), current_setting('TimeZone')")
    assert done.stdout.strip() == f"{stack.postgres.reader_user}|{stack.postgres.db_schema}|UTC"
    assert done.returncode == 0


def test_a_write_fails_and_says_so(stack: Settings) -> None:
    done = sql("-c", "DELETE FROM posts")
    assert "read-only transaction" in done.stderr
    assert done.returncode != 0


def test_the_password_is_in_no_argument(stack: Settings) -> None:
    # psql shows its own command line through the server's shell escape
    done = sql("-c", r"\! tr '\0' ' ' < /proc/$PPID/cmdline")
    assert "psql" in done.stdout
    assert stack.postgres.reader_password.get_secret_value() not in done.stdout


def test_csv_has_no_formula_in_it(stack: Settings) -> None:
    done = sql("--csv", "-c", """SELECT '=HYPERLINK("x")' AS text, -1.5 AS score, E'two\\nlines' AS more""")
    assert done.stdout == """text,score,more\n"'=HYPERLINK(""x"")",-1.5,"two\nlines"\n"""
    assert done.returncode == 0


def test_a_wrong_question_ends_with_psqls_own_code(stack: Settings) -> None:
    assert sql("--csv", "-c", "SELECT nothing").returncode == 1
