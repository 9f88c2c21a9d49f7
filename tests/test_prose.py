"""What a careful colleague would notice in the texts, told with the words at fault; honest texts pass in silence."""

from __future__ import annotations

import datetime

import pytest
from conftest import PROJECT
from hypothesis import given
from hypothesis import strategies as st
from noticing import TH, VI, changed, library, names, notice, said, words_at, written

from reportgen.calendars import format_date, format_span
from reportgen.crosschecks import CROSS_CHECKS, cross_check, make_rules
from reportgen.diagnostics import Severity, catalogue
from reportgen.inspection import read_inspection
from reportgen.numbers import format_count, format_decimal, to_digits
from reportgen.office import read_office
from reportgen.yamlfile import read_yaml

THAI_DIGITS = "๐๑๒๓๔๕๖๗๘๙"

# ---- honest texts

HONEST = [
    ("Nghị quyết số 76/NQ-CP ngày 15 tháng 7 năm 2021", "มติ เลขที่ 76/NQ-CP ลงวันที่ 15 กรกฎาคม 2564"),
    ("Nghị quyết số 76/NQ-CP ngày 15/7/2021", "มติ เลขที่ 76/NQ-CP ลงวันที่ ๑๕ กรกฎาคม ๒๕๖๔"),
    ("Nghị quyết số 1660/NQ-UBTVQH15, 202/2025/QH15", "มติเลขที่ 1660/NQ-UBTVQH15 และ 202/2025/QH15"),
    ("Nghị định 30/2020/NĐ-CP, Thông tư 01/2021/TT-BNV", "รัฐกฤษฎีกา 30/2020/NĐ-CP และหนังสือเวียน ๐๑/2021/TT-BNV"),
    ("Văn bản số 123/UBND-NV, 45-KH/HU", "หนังสือเลขที่ 123/UBND-NV, 45-KH/HU"),
    ("Đoàn kiểm tra 611 theo Điều 5, khoản 2", "คณะผู้ตรวจที่ 611 ตามข้อ 5 วรรค 2"),
    ("6 tháng đầu năm 2023", "6 เดือนแรกของปี 2566"),
    ("6 tháng đầu năm 2023 đạt 45%", "ครึ่งปีแรกของปี 2566 ทำได้ร้อยละ 45"),
    ("hoàn thành 100% nhiệm vụ", "ดำเนินภารกิจทั้งหมดแล้วเสร็จ"),
    ("ba xã chưa hoàn thành", "3 ตำบลยังไม่แล้วเสร็จ"),
    ("Có 3 xã, 02 thị trấn", "มีสามตำบลและสองเมือง"),
    ("Có 01 cán bộ", "มีเจ้าหน้าที่หนึ่งคน"),
    ("Điện thoại 0262.3852.345", "โทรศัพท์ 0262 3852345"),
    ("lúc 8h30 ngày 18/8/2023", "เวลา 08.30 น. วันที่ 18 สิงหาคม 2566"),
    ("lúc 14 giờ ngày 18/8", "เวลา 14.00 น. วันที่ 18 เดือน 8"),
    ("lúc 2 giờ chiều", "เวลา 14.00 น."),
    ("từ 08:30 đến 11:30", "เวลา 08.30 - 11.30 น."),
    ("Kinh phí 1,5 tỷ đồng", "งบประมาณ 1,500 ล้านด่ง"),
    ("Kinh phí 2.000.000 đồng", "งบประมาณ 2 ล้านด่ง"),
    ("Kinh phí 21 995 đồng", "งบประมาณ 21,995 ด่ง"),
    ("Giải quyết 21.995 hồ sơ", "ดำเนินการ ๒๑,๙๙๕ รายการ"),
    ("Năm 2022 và 2023", "ปี 2565 และ 2566"),
    ("Năm 2022 và 1500 hồ sơ", "ปี 2565 และ 1500 รายการ"),
    ("Giai đoạn 2021-2030, năm học 2022 - 2023", "ช่วงปี 2564-2573 ปีการศึกษา 2565-2566"),
    ("Quý III năm 2023, lần thứ nhất", "ไตรมาสที่ 3 ปี 2566 ครั้งที่ 1"),
    ("Kỳ họp thứ 10 Quốc hội khóa XV", "การประชุมสมัยที่ 10 สภาแห่งชาติชุดที่ 15"),
    ("Hằng tuần vào thứ 6", "ทุกวันศุกร์"),
    ("đứng thứ 5/63 tỉnh", "อันดับที่ 5 จาก 63 จังหวัด"),
    ("12/180 hồ sơ (6,67%)", "12/180 รายการ (ร้อยละ 6.67)"),
    ("12/180 hồ sơ, đạt 6,7%", "12/180 รายการ คิดเป็นร้อยละ 6.7"),
    ("12/180 hồ sơ, tăng 5% so với năm 2022", "12/180 รายการ เพิ่มขึ้นร้อยละ 5 จากปี 2565"),
    ("12 trên 180 hồ sơ, đạt 6%", "12 จาก 180 รายการ คิดเป็นร้อยละ 6"),
    ("Đạt mức 96,7% (chỉ tiêu 90%)", "ได้ร้อยละ 96.7 (เป้าหมายร้อยละ 90)"),
    ("ISO 9001:2015, mức độ 4, mạng 4G", "ISO 9001:2015 ระดับ 4 เครือข่าย 4G"),
    ("Diện tích 100 m2", "พื้นที่ 100 ตร.ม."),
    ("Tháng Tám năm 2023", "เดือนสิงหาคม พ.ศ. 2566"),
    ("tháng 7/2023", "ก.ค. 66"),
    ("Luật năm 2015", "กฎหมาย ค.ศ. 2015"),
    ("Luật năm 2015", "กฎหมายปี 2558"),
    ("Phật lịch 2566, năm 2566 Phật lịch", "พ.ศ. 2566"),
    ("a) Có 2 xã; b) có 3 xã; 1) khác", "ก) มี 2 ตำบล ข) มี 3 ตำบล 1) อื่น ๆ"),
    ('cuộc thi “Tìm hiểu” (năm 2022), "một cửa"', "การแข่งขัน “เรียนรู้” (ปี 2565)"),
    ("https://daklak.gov.vn/2023/08/bai-12", "https://daklak.gov.vn/2023/08/bai-12"),
    ("còn hạn chế... và v.v.", "ยังมีข้อจำกัด..."),
    ("Ea R'bin, M'Drắk, Krông Pắc, Buôn Kôp, Đăk Pơt", "ก"),
    ("hoàn thành, quý vị, thuỷ lợi, quyết định, ngoặc, internet, rôbôt, cát-xét, được việc", "ก"),
    ("ông Nguyễn Văn Hùng và ông Trần Văn Hưng", "ก"),
    ("Huyện Lắk, uỷ ban nhân dân huyện Lắk, xã Nam Ka, xã Nam Hà", "คณะกรรมการประชาชนอำเภอลัก"),
    ("Sở Nội vụ", "สำนักงาน ก.พ. สามารถดำเนินการได้"),
]


@pytest.mark.parametrize(("vi", "th"), HONEST)
def test_an_honest_pair_of_texts_is_not_spoken_of(vi: str, th: str) -> None:
    assert said(vi, th) == []


def test_the_right_inspection_has_no_finding() -> None:
    assert notice(changed()) == []


FORMS = library().locales["vi"].dates, library().locales["th"].dates
DAYS = st.dates(datetime.date(1941, 1, 1), datetime.date(2150, 12, 31))


@given(DAYS, st.sampled_from(["long", "short"]), st.sampled_from(["long", "plain", "short"]), st.booleans())
def test_a_day_in_any_form_of_both_languages_is_one_day(day: datetime.date, vi: str, th: str, native: bool) -> None:
    thai = format_date(day, th, FORMS[1])
    assert said(format_date(day, vi, FORMS[0]), to_digits(thai, THAI_DIGITS) if native else thai) == []


@given(DAYS, st.integers(0, 800))
def test_a_span_in_the_forms_of_both_languages_is_one_span(first: datetime.date, length: int) -> None:
    last = first + datetime.timedelta(days=length)
    assert said(*(format_span(first, last, "long", forms) for forms in FORMS)) == []


@given(DAYS, DAYS)
def test_two_days_are_told_apart(one: datetime.date, other: datetime.date) -> None:
    if {one.day, one.month, one.year} != {other.day, other.month, other.year}:
        assert said(format_date(one, "long", FORMS[0]), format_date(other, "long", FORMS[1]))


@given(st.integers(0, 10**9), st.decimals(0, 1000, places=2), st.booleans())
def test_a_count_and_a_rate_in_the_forms_of_both_languages_agree(count: int, rate: object, native: bool) -> None:
    vi, th = (library().locales[language].numbers() for language in ("vi", "th"))
    vietnamese = f"{format_count(count, vi)} hồ sơ, {format_decimal(rate, vi)}%"
    thai = f"{format_count(count, th)} รายการ ร้อยละ {format_decimal(rate, th)}"
    assert said(vietnamese, to_digits(thai, THAI_DIGITS) if native else thai) == []


@given(st.text(max_size=60), st.text(max_size=60))
def test_any_text_can_be_checked(vi: str, th: str) -> None:
    letters = (str.isprintable, str.strip)
    if all(letter(text) for letter in letters for text in (vi, th)):
        try:
            said("a" + vi, "b" + th)
        except ValueError:
            pytest.fail("a text that cannot be checked")


# ---- numbers in two languages

DIFFERENT = [
    ("Năm 2023", "ปี 2567", "number-differs", "2567", "2566"),
    ("Năm 2023", "ปี ๒๕๖๗", "number-differs", "๒๕๖๗", "๒๕๖๖"),
    ("Có 12 hồ sơ", "มี 21 รายการ", "number-differs", "21", "12"),
    ("Giải quyết 21.995 hồ sơ", "ดำเนินการ 21,959 รายการ", "number-differs", "21,959", "21,995"),
    ("đạt 96,7%", "คิดเป็นร้อยละ 97.6", "number-differs", "97.6", "96.7"),
    ("ngày 18 tháng 8 năm 2023", "วันที่ 18 กรกฎาคม 2566", "number-differs", "กรกฎาคม", "สิงหาคม"),
    ("Có 12 trên 180 hồ sơ", "มี 12 รายการ", "number-in-one-language", "180", "180"),
    ("Có 12 hồ sơ", "มี 12 จาก 21,995 รายการ", "number-in-one-language", "21,995", "21.995"),
    ("Kết quả năm nay", "ผลปี 2566", "number-in-one-language", "2566", "2023"),
    ("Kết quả năm 2023", "ผลการดำเนินงาน", "number-in-one-language", "2023", "2566"),
    ("họp lúc 8h30", "เวลา 09.30 น.", "number-differs", "09.30 น.", "8h30"),
]


@pytest.mark.parametrize(("vi", "th", "name", "found", "right"), DIFFERENT)
def test_a_number_that_differs_is_told_with_the_right_one(vi: str, th: str, name: str, found: str, right: str) -> None:
    assert said(vi, th) == [(name, found, right)]


def test_a_number_that_a_language_repeats_is_told_once() -> None:
    assert said("Có 7 và 7 và 7", "มี") == [("number-in-one-language", "7", "7")]


def test_a_finding_points_to_the_words_through_folded_lines_and_marks() -> None:
    folded = "th: >-\n        " + TH + "\n        ในปี ๒๕๖๖ มี ๒๑,๙๙๕ รายการ"
    text = changed((VI, "Năm 2023 có 21.959 hồ sơ."), ("th: " + TH, folded))
    (finding,) = notice(text)
    assert words_at(finding, text) == "๒๑,๙๙๕"
    assert finding.values["line"] == 31


# ---- one text alone

ALONE = [
    ("Năm 2566", "ปี 2566", "year-of-other-era", "2566", "2023"),
    ("Năm 2023", "ปี 2023", "year-of-other-era", "2023", "2566"),
    ("Năm 2022 và 2023", "ปี 2565 และ 2023", "year-of-other-era", "2023", "2566"),
    ("Năm 2022 và 2566", "ปี 2565 และ 2566", "year-of-other-era", "2566", "2023"),
    ("Ngày 15/7/2021", "วันที่ 15/7/2021", "year-of-other-era", "2021", "2564"),
    ("Ngày 15/7/2021", "วันที่ ๑๕/๗/๒๐๒๑", "year-of-other-era", "๒๐๒๑", "๒๕๖๔"),
    ("12, 13, 14", "๑๒ และ ๑๓ และ 14", "digits-mixed", "14", "๑๔"),
    ("2566", "2๕66", "digits-mixed", "2๕66", "2566"),
    ("12/180 hồ sơ (6,76%)", "12/180 (ร้อยละ 6.67), 6.76", "rate-contradicts", "6,76", "6,67"),
    ("20/400 hồ sơ, đạt 5,5%", "20/400, 5.5", "rate-contradicts", "5,5", "5"),
    ("12 trên tổng số 180, đạt 7,5%", "12, 180, 7.5", "rate-contradicts", "7,5", "6,67"),
    ("Hồ sơ trực tuyến đạt 7,6%", "7.6", "rate-contradicts", "7,6", "6,67"),
    ("kết quả là 6,76%", "6.76", "rate-contradicts", "6,76", "6,67"),
    ("xã Nam Ca", "ก", "name-nearly-known", "xã Nam Ca", ""),
    ("xã Đăk Nuê", "ก", "name-nearly-known", "xã Đăk Nuê", ""),
    ("ông Hoàng Mạnh Hừng", "ก", "name-nearly-known", "Hoàng Mạnh Hừng", ""),
    ("ông Lê Văn Bá", "ก", "name-nearly-known", "Lê Văn Bá", ""),
    ("ก", "ณ ตำบลดักเนือ", "name-nearly-known", "ตำบลดักเนือ", ""),
    ("ก", "ฮวง มานห์ หุง", "name-nearly-known", "ฮวง มานห์ หุง", ""),
    ("Buôn Hồ và Buôn Hố", "ก", "name-spelt-twice", "Buôn Hố", ""),
    ("Tại Buôn Hồ và gần Buôn Hố", "ก", "name-spelt-twice", "Buôn Hố", ""),
    ("hòa nhập, hoà giải", "ก", "tone-mark-moved", "hoà", ""),
    ("hoăc là", "ก", "word-impossible", "hoăc", ""),
    ("công viêc", "ก", "word-impossible", "viêc", ""),
    ("có ngưòi", "ก", "word-misspelt", "ngưòi", "người"),
    ("cả nứơc", "ก", "word-misspelt", "nứơc", "nước"),
    ("có (một", "ก", "bracket-alone", "(", ""),
    ("một) hai", "ก", "bracket-alone", ")", ""),
    ("“một", "ก", "bracket-alone", "“", ""),
    ("“một (hai”)", "ก", "bracket-alone", "”", ""),
    ("tốt;; rất tốt", "ก", "sign-doubled", ";;", ";"),
    ("rất tốt..", "ก", "sign-doubled", "..", "."),
    ("Kết quả tốt./.", "ก", "end-sign-repeated", "./.", ""),
]


@pytest.mark.parametrize(("vi", "th", "name", "found", "right"), ALONE)
def test_what_is_wrong_in_a_text_is_told_at_its_words(vi: str, th: str, name: str, found: str, right: str) -> None:
    assert (name, found, right) in said(vi, th)
    text = written(vi, th)
    assert found in {words_at(finding, text) for finding in notice(text) if finding.name == name}


def test_a_name_that_the_file_gives_itself_is_known() -> None:
    inside = "attendees: [{name: {vi: Hoàng Mạnh Hưng, th: ฮวง มานห์ ฮึง}}]\nunits:"
    text = changed(("units:", inside), (VI, "ông Hoàng Mạnh Hưng"))
    assert [finding.place.line for finding in notice(text)] == [23]  # only where it is given


# ---- what the wording says too

REPEATED = [
    ("{vi: Kiểm tra cải cách hành chính,", "{vi: Kiểm tra cải cách hành chính.,", "sign-repeated", "."),
    ("{vi: Kiểm tra cải cách hành chính,", "{vi: 'Nội dung: Kiểm tra',", "words-repeated", "Nội dung:"),
    ("th: การตรวจการปฏิรูประบบราชการ}", "th: เรื่องที่ตรวจ การตรวจ}", "words-repeated", "เรื่องที่ตรวจ"),
    ("vi: Trụ sở xã", "vi: Hình 1. Trụ sở xã", "words-repeated", "Hình 1."),
    ("vi: Trụ sở xã", "vi: 'ảnh 12: Trụ sở xã'", "words-repeated", "ảnh 12:"),
    ("th: ที่ทำการตำบล", "th: รูปที่ ๑ ที่ทำการตำบล", "words-repeated", "รูปที่ ๑"),
    ("th: ที่ทำการตำบล", "th: ภาพที่ 1 ที่ทำการตำบล", "words-repeated", "ภาพที่ 1"),
    ("vi: Tổ chức đối thoại với", "vi: 1. Tổ chức đối thoại với", "words-repeated", "1."),
    ("vi: Tổ chức đối thoại với", "vi: đ) Tổ chức đối thoại với", "words-repeated", "đ)"),
    ("th: ให้จัดการ", "th: (๑) ให้จัดการ", "words-repeated", "(๑)"),
    ("th: ให้จัดการ", "th: ก) ให้จัดการ", "words-repeated", "ก)"),
    ("vi: Chưa tổ chức đối thoại", "vi: II. Chưa tổ chức", "words-repeated", "II."),
]


@pytest.mark.parametrize(("there", "instead", "name", "found"), REPEATED)
def test_what_the_paper_prints_anyway_is_told(there: str, instead: str, name: str, found: str) -> None:
    (finding,) = notice(changed((there, instead)))
    assert (finding.name, finding.values["found"]) == (name, found)


@pytest.mark.parametrize(
    ("there", "instead"),
    [
        ("vi: Kiểm tra cải cách", "vi: Nội dung kiểm tra cải cách"),
        ("vi: Trụ sở xã", "vi: Hình ảnh trụ sở xã"),
        ("vi: Trụ sở xã", "vi: Đoàn chụp ảnh tại trụ sở xã"),
        ("vi: Tổ chức đối thoại với", "vi: A. Tổ chức đối thoại với"),
        ("th: ให้จัดการ", "th: ก.พ. ให้จัดการ"),
        ("th: ที่ทำการตำบล", "th: ภาพรวมที่ทำการตำบล"),
        ("place: lak-dpc", "place: {vi: Tại trụ sở xã, th: ณรงค์}\nlegal_bases: [{vi: Nghị quyết, th: มติ}]"),
    ],
)
def test_words_that_only_resemble_the_wording_are_left(there: str, instead: str) -> None:
    assert set(names((there, instead))) <= {"words-repeated"} if "Tại" in instead else not names((there, instead))


def test_the_bases_repeat_neither_their_lead_in_nor_their_sign() -> None:
    bases = "place: lak-dpc\nlegal_bases: [{vi: Căn cứ Nghị quyết;, th: อาศัยอำนาจตามมติ}]"
    found = [(finding.name, finding.values["found"]) for finding in notice(changed(("place: lak-dpc", bases)))]
    assert found == [("words-repeated", "Căn cứ"), ("sign-repeated", ";"), ("words-repeated", "อาศัยอำนาจตาม")]


# ---- all of them


def test_every_cross_check_is_a_warning() -> None:
    for name in CROSS_CHECKS:
        assert catalogue("en")[name]["severity"] == Severity.WARNING, name


# ---- a name of the office changes


def office_text() -> str:
    return (PROJECT / "templates" / "office.yaml").read_text(encoding="utf-8")


def noticed_with(office: str, text: str) -> list[tuple[str, str, str]]:
    """Return what is noticed of names in a text with another office file: finding, words, the name of the office."""
    there = read_office(read_yaml(office.encode(), "office.yaml"), library().date_forms)
    file = read_yaml(text.encode(), "visit.yaml")
    inspection = read_inspection(file, library().date_forms)
    found = cross_check(inspection, file, there, make_rules(library().locales, there), datetime.date(2023, 9, 1))
    return [
        (each.name, str(each.values["found"]), str(each.values["known"]))
        for each in found
        if each.name == "name-nearly-known"
    ]


def test_a_text_with_the_old_spelling_is_noticed_when_the_office_corrects_a_name() -> None:
    text = written("Gặp ông Hoàng Mạnh Hùng tại xã.", TH)
    assert not noticed_with(office_text(), text)
    corrected = office_text().replace("Hoàng Mạnh Hùng", "Hoàng Mạnh Hưng")
    assert corrected != office_text()
    assert noticed_with(corrected, text) == [("name-nearly-known", "Hoàng Mạnh Hùng", "Hoàng Mạnh Hưng")]


@pytest.mark.parametrize("section", ["people", "units", "agencies"])
def test_a_misspelt_name_is_noticed_whether_a_person_or_a_place_bears_it(section: str) -> None:
    entry = "  bears-it:\n    name: {vi: Y Wang Krông, th: อี วัง กรอง}\n"
    office = office_text().replace(f"\n{section}:\n", f"\n{section}:\n{entry}")
    assert office != office_text()
    told = noticed_with(office, written("Gặp Y Wàng Krông.", TH))
    assert told == [("name-nearly-known", "Y Wàng Krông", "Y Wang Krông")]
