"""An inspection in one language: names, order of areas, computed percentages, who signs."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
import yaml
from conftest import Office
from desk import REAL, SMALLEST, SMALLEST_FILE, Desk
from lxml import html

from reportgen.edition import Edition, Issuance
from reportgen.model import Unknown
from reportgen.workspace import Workspace, load_inspection, read_library


@pytest.fixture
def desk(office: Office, tmp_path: Path) -> Desk:
    return Desk(office.copy_workspace(tmp_path), office.cache)


def smallest(desk: Desk, **changes: object) -> Edition:
    data = yaml.load(desk.read(SMALLEST_FILE), Loader=yaml.BaseLoader) | changes
    desk.write(SMALLEST_FILE, yaml.safe_dump(data, allow_unicode=True, sort_keys=False))
    return desk.loaded(SMALLEST).editions["vi"]


def test_a_name_has_its_original_in_the_other_language_only(desk: Desk) -> None:
    editions = desk.loaded(REAL).editions
    lead = editions["th"].inspection.team.lead
    assert (lead.name, lead.original, lead.title) == ("ฮวง มานห์ หุ่ง", "Hoàng Mạnh Hùng", "นาย")
    assert (lead.position, lead.agency) == ("รองผู้อำนวยการ", "สำนักงานกิจการภายในจังหวัดดั๊กลัก")
    assert editions["vi"].inspection.team.lead.original is None


def test_a_percentage_is_computed_and_a_rate_is_kept(desk: Desk) -> None:
    figures = desk.loaded(REAL).editions["vi"].inspection.areas[6].results[0].figures
    assert [figure.rate for figure in figures] == [Decimal("96.7"), Decimal("100.00"), Decimal("6.67")]
    assert [(figure.done, figure.total) for figure in figures] == [(None, None), (21995, 21995), (12, 180)]


def test_the_seven_areas_are_in_order_and_each_stands_once(desk: Desk) -> None:
    results = [
        {"area": {"vi": "Khác"}, "text": "0"},
        {"area": "procedures", "text": "1"},
        {"area": {"vi": "Riêng"}, "text": "2"},
        {"area": "direction", "text": "3"},
        {"area": "procedures", "text": "4"},
    ]
    areas = smallest(desk, results=results).inspection.areas
    assert [(area.title, [result.text for result in area.results]) for area in areas] == [
        ("Khác", ["0"]),
        ("Công tác chỉ đạo, điều hành", ["3"]),
        ("Cải cách thủ tục hành chính", ["1", "4"]),
        ("Riêng", ["2"]),
    ]


def test_conclusions_are_grouped_by_whom_they_go_to(desk: Desk) -> None:
    conclusions = [{"text": "1", "unit": "dak-lak"}, {"text": "2", "unit": "dak-lak"}, {"text": "3"}]
    groups = smallest(desk, conclusions=conclusions).inspection.addressed
    assert [(group.unit and group.unit.name, [item.text for item in group.conclusions]) for group in groups] == [
        ("tỉnh Đắk Lắk", ["1", "2"]),
        (None, ["3"]),
    ]


def test_the_teams_own_people_sign_without_being_named_again(desk: Desk) -> None:
    signatories = desk.loaded(REAL).editions["vi"].inspection.signatories
    assert [signatory.role for signatory in signatories] == ["secretary", "lead", "unit-head"]
    assert signatories[0].person == Unknown()
    assert str(signatories[1].person) == "Hoàng Mạnh Hùng"


def test_a_paper_with_an_unconfirmed_entry_is_a_draft(desk: Desk) -> None:
    assert desk.loaded(REAL).editions["vi"].is_draft
    assert not smallest(desk).is_draft


def test_the_inspection_chooses_the_digits_before_the_locale(desk: Desk) -> None:
    assert desk.loaded(REAL).editions["th"].native_digits
    assert not desk.loaded(REAL).editions["vi"].native_digits
    assert smallest(desk, digits="native").native_digits


# ---- issued


def issued(desk: Desk, issuance: Issuance) -> dict[str, str]:
    workspace = Workspace(desk.root)
    loaded = load_inspection(workspace, read_library(workspace), REAL, None, issuance)
    return {
        language: " ".join(html.fromstring(page.html).text_content().split()) for language, page in loaded.pages.items()
    }


def test_issued_minutes_have_the_number_that_the_register_gave(desk: Desk) -> None:
    words = issued(desk, Issuance(2023, 5))
    assert "Số: 05/BB-ĐKT" in words["vi"]  # Decree 30/2020, Annex I, II.3.c: two digits
    assert "เลขที่ 5/BB-ĐKT" in words["th"]
    assert "thay thế" not in words["vi"]
    assert "ใช้แทน" not in words["th"]


def test_a_revision_says_what_it_replaces_and_why(desk: Desk) -> None:
    words = issued(desk, Issuance(2023, 12, 2, {"vi": "ghi sai chức vụ.", "th": "ระบุตำแหน่งผิด"}))
    assert "Biên bản này (phát hành lần 2) thay thế Biên bản số 12/BB-ĐKT đã phát hành lần 1." in words["vi"]
    assert "Lý do thay thế: ghi sai chức vụ. Biên bản được lập" in words["vi"]
    assert "บันทึกฉบับนี้ (ออกครั้งที่ ๒) ใช้แทนบันทึกเลขที่ 12/BB-ĐKT ที่ออกครั้งที่ ๑ เหตุที่ออกแทน: ระบุตำแหน่งผิด" in words["th"]
