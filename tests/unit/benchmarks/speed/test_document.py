"""docs/PERFORMANCE.md: every benchmark writes its own section and nobody else's."""

from pathlib import Path

from benchmarks.speed.document import goal_row, goal_table, with_section, write_section


def test_a_section_written_again_takes_the_place_of_the_old_one() -> None:
    once = with_section("# Head\n", "replay", "## Replay\n\nold")

    twice = with_section(once, "replay", "## Replay\n\nnew")

    assert "new" in twice
    assert "old" not in twice
    assert twice.count("## Replay") == 1


def test_sections_stand_in_the_documents_order_whichever_is_written_first() -> None:
    document = with_section("# Head\n", "lake", "## Lake")
    document = with_section(document, "stream", "## Stream")
    document = with_section(document, "replay", "## Replay")

    places = [document.index(text) for text in ("# Head", "## Replay", "## Stream", "## Lake")]
    assert places == sorted(places)


def test_other_sections_and_notes_by_hand_are_kept() -> None:
    document = with_section("# Head\n", "replay", "## Replay\n\n1")
    document = with_section(document, "stream", "## Stream\n\n2")
    document = document.replace("<!-- replay notes -->", "<!-- replay notes -->\nwhere the time goes")

    again = with_section(document, "replay", "## Replay\n\n3")

    assert again == document.replace("## Replay\n\n1", "## Replay\n\n3")


def test_a_missing_document_is_begun_with_what_holds_for_all_sections(tmp_path: Path) -> None:
    path = tmp_path / "docs" / "PERFORMANCE.md"

    write_section(path, "replay", "## Replay")

    text = path.read_text(encoding="utf-8")
    assert text.startswith("# How fast it is\n")
    assert text.endswith("<!-- /replay notes -->\n")


def test_a_goal_that_was_missed_stands_out() -> None:
    table = goal_table([goal_row("a", "≥ 1", "1.2", True), goal_row("b", "≥ 1", "0.9", False)])

    assert "yes" in table.splitlines()[2]
    assert "**no**" in table.splitlines()[3]
