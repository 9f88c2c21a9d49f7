"""The two papers say what the news text of the inspection says: every fact of it, and nothing that it does not say."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pytest
from conftest import REAL, PrintedEdition
from reading import poppler_text

from reportgen.parity import squeeze


@dataclass(frozen=True)
class Fact:
    """A fact of the source, as each paper must say it; `` | `` parts neighbouring cells of a table."""

    name: str
    vi: str
    th: str

    def words(self, language: str) -> str:
        return {"vi": self.vi, "th": self.th}[language]


FACTS = [
    # ---- who, when, where
    Fact("day", "ngày 18 tháng 8 năm 2023", "วันที่ ๑๘ สิงหาคม พ.ศ. ๒๕๖๖"),
    Fact("team", "Đoàn kiểm tra 611", "คณะผู้ตรวจที่ ๖๑๑"),
    Fact("team of the province", "Ủy ban nhân dân tỉnh Đắk Lắk", "คณะกรรมการประชาชนจังหวัดดั๊กลัก"),
    Fact("team's year", "công tác cải cách hành chính của tỉnh năm 2023", "การปฏิรูประบบราชการของจังหวัด ประจำปี ๒๕๖๖"),
    Fact("lead", "Ông Hoàng Mạnh Hùng", "นายฮวง มานห์ หุ่ง"),
    Fact("lead's post", "Phó Giám đốc Sở Nội vụ", "รองผู้อำนวยการสำนักงานกิจการภายใน"),
    Fact("lead's role", "Trưởng đoàn", "หัวหน้าคณะ"),
    Fact(
        "subject", "Kiểm tra công tác cải cách hành chính năm 2023", "การตรวจการดำเนินงานการปฏิรูประบบราชการ ประจำปี ๒๕๖๖"
    ),
    Fact("first commune", "xã Nam Ka", "ตำบลนามกา"),
    Fact("second commune", "xã Đắk Nuê", "ตำบลดั๊กเนือ"),
    Fact("district committee", "Ủy ban nhân dân huyện Lắk", "คณะกรรมการประชาชนอำเภอลัก"),
    Fact(
        "two communes and the committee",
        "xã Nam Ka, xã Đắk Nuê và Ủy ban nhân dân huyện Lắk",
        "ตำบลนามกา (xã Nam Ka) ตำบลดั๊กเนือ (xã Đắk Nuê) และคณะกรรมการประชาชนอำเภอลัก",
    ),
    Fact(
        "method",
        "Kiểm tra thực tế và kiểm tra hồ sơ, tài liệu tại các cơ quan, đơn vị, địa phương trên địa bàn huyện",
        "ตรวจสถานที่ ตรวจบันทึกและเอกสาร ณ หน่วยงานและท้องถิ่นในอำเภอ",
    ),
    # ---- results
    Fact("regular and orderly", "được triển khai thường xuyên, nền nếp", "ดำเนินไปอย่างสม่ำเสมอและเป็นระเบียบเรียบร้อย"),
    Fact(
        "plans issued",
        "nghiêm túc ban hành các kế hoạch thực hiện nhiệm vụ được Ủy ban nhân dân tỉnh giao",
        "ออกแผนดำเนินการตามภารกิจด้านการปฏิรูประบบราชการที่คณะกรรมการประชาชนจังหวัดมอบหมายอย่างจริงจัง",
    ),
    Fact("orders in time", "được ban hành kịp thời", "ออกคำสั่งด้านการปฏิรูประบบราชการอย่างทันท่วงที"),
    Fact("procedures reviewed", "rà soát, đánh giá thủ tục hành chính", "ทบทวนและประเมินผลขั้นตอนการให้บริการของทางราชการ"),
    Fact("procedures public", "niêm yết công khai đầy đủ", "เปิดเผยขั้นตอนดังกล่าวต่อสาธารณะอย่างครบถ้วน"),
    Fact(
        "organisation",
        "cải cách tổ chức bộ máy được triển khai nghiêm túc, đúng quy định",
        "การปฏิรูปโครงสร้างองค์กรดำเนินการอย่างจริงจังและเป็นไปตามระเบียบข้อบังคับ",
    ),
    Fact(
        "civil service",
        "cải cách chế độ công vụ được triển khai nghiêm túc, đúng quy định",
        "การปฏิรูประบบข้าราชการดำเนินการอย่างจริงจังและเป็นไปตามระเบียบข้อบังคับ",
    ),
    Fact(
        "public finance",
        "cải cách tài chính công được triển khai nghiêm túc, đúng quy định",
        "การปฏิรูปการคลังภาครัฐดำเนินการอย่างจริงจังและเป็นไปตามระเบียบข้อบังคับ",
    ),
    Fact(
        "electronic government",
        "Xây dựng và phát triển chính quyền điện tử, chính quyền số",
        "การสร้างและพัฒนารัฐบาลอิเล็กทรอนิกส์และรัฐบาลดิจิทัล",
    ),
    Fact("digital plan", "ban hành kế hoạch chuyển đổi số", "การออกแผนการเปลี่ยนผ่านสู่ดิจิทัล"),
    Fact(
        "network security",
        "bảo đảm an toàn thông tin mạng năm 2023",
        "การรักษาความมั่นคงปลอดภัยของข้อมูลเครือข่ายในปี ๒๕๖๖",
    ),
    Fact(
        "certificates 96.7 %",
        "lãnh đạo Ủy ban nhân dân và các phòng, ban cấp huyện, cấp xã | – | – | 96,7%",
        "ผู้นำคณะกรรมการประชาชนและแผนกต่าง ๆ ระดับอำเภอและตำบล | – | – | 96.7",
    ),
    Fact("period's first day", "từ ngày 01 tháng 01 năm 2022", "ตั้งแต่วันที่ ๑ มกราคม ๒๕๖๕"),
    Fact("period's last day", "đến ngày 31 tháng 7 năm 2023", "ถึงวันที่ ๓๑ กรกฎาคม ๒๕๖๖"),
    Fact(
        "iGate 21995 of 21995 is 100 %",
        "cập nhật trên hệ thống iGate | 21.995 | 21.995 | 100%",
        "ปรับปรุงข้อมูลในระบบ iGate | 21,995 | 21,995 | 100",
    ),
    Fact(
        "online payment 12 of 180 is 6.67 %",
        "Hồ sơ thanh toán trực tuyến | 12 | 180 | 6,67%",
        "รายการชำระเงินออนไลน์ | 12 | 180 | 6.67",
    ),
    Fact(
        "investment",
        "cải thiện môi trường đầu tư tại các cơ quan, đơn vị, địa phương",
        "ปรับปรุงสภาพแวดล้อมการลงทุนในหน่วยงานและท้องถิ่น",
    ),
    Fact(
        "targets of the plan",
        "đạt các chỉ tiêu của kế hoạch phát triển kinh tế - xã hội",
        "บรรลุเป้าหมายของแผนพัฒนาเศรษฐกิจและสังคม",
    ),
    Fact("calls for investment", "xúc tiến, kêu gọi đầu tư", "ส่งเสริมและเชิญชวนการลงทุน"),
    Fact(
        "enterprises come",
        "nhiều doanh nghiệp quan tâm đến tìm hiểu, khảo sát, lập dự án",
        "เข้ามาศึกษา สำรวจ และจัดตั้งโครงการลงทุน",
    ),
    Fact("lake", "khu vực quanh hồ Lắk", "พื้นที่รอบทะเลสาบลัก"),
    Fact("tourism", "phát triển du lịch của huyện", "พัฒนาการท่องเที่ยวของอำเภอ"),
    # ---- limitations
    Fact(
        "contest of 2022",
        "Chưa tham gia đầy đủ cuộc thi trực tuyến tìm hiểu về cải cách hành chính năm 2022",
        "ไม่ได้เข้าร่วมการแข่งขันออนไลน์เพื่อเรียนรู้เกี่ยวกับการปฏิรูประบบราชการ ปี ๒๕๖๕ อย่างเต็มที่",
    ),
    Fact(
        "no dialogue",
        "Lãnh đạo huyện chưa tổ chức đối thoại với người dân, doanh nghiệp và các tổ chức",
        "ผู้นำอำเภอยังไม่ได้จัดให้มีการพูดคุยหารือกับประชาชน ผู้ประกอบการ และองค์กรต่าง ๆ",
    ),
    Fact(
        "low completion",
        "Tỷ lệ hoàn thành kế hoạch cải cách hành chính năm 2022 và 6 tháng đầu năm 2023 đạt thấp",
        "อัตราความสำเร็จของแผนปฏิรูประบบราชการ ปี ๒๕๖๕ และ ๖ เดือนแรกของปี ๒๕๖๖ อยู่ในระดับต่ำ",
    ),
    Fact(
        "tasks undone",
        "còn nhiều nhiệm vụ phải thực hiện nhưng chưa hoàn thành",
        "ยังมีงานอีกมากที่ต้องดำเนินการแต่ยังไม่แล้วเสร็จ",
    ),
    Fact(
        "queue machine",
        "Bộ phận Tiếp nhận và Trả kết quả chưa được bố trí máy lấy số thứ tự",
        "ฝ่ายรับเรื่องและส่งมอบผลงานยังไม่ได้จัดให้มีเครื่องออกบัตรคิว",
    ),
    Fact("look-up device", "thiết bị tra cứu hồ sơ", "เครื่องสืบค้นข้อมูลคำขอ"),
    Fact("help with applications", "hỗ trợ nộp hồ sơ trực tuyến", "จุดสนับสนุนการยื่นคำขอออนไลน์"),
    # ---- conclusions
    Fact(
        "remedies",
        "Xây dựng giải pháp khắc phục các tồn tại, hạn chế nêu trên",
        "จัดทำแนวทางแก้ไขเพื่อขจัดข้อบกพร่องและข้อจำกัดที่กล่าวไว้ข้างต้น",
    ),
    Fact(
        "plan of 2023",
        "Thường xuyên theo dõi, triển khai thực hiện kế hoạch cải cách hành chính năm 2023",
        "ติดตามและดำเนินการตามแผนปฏิรูประบบราชการ ปี ๒๕๖๖ อย่างสม่ำเสมอ",
    ),
    Fact(
        "all tasks of 2023",
        "hoàn thành 100% nhiệm vụ do Ủy ban nhân dân tỉnh, Chủ tịch Ủy ban nhân dân tỉnh giao trong năm 2023",
        "คณะกรรมการประชาชนจังหวัดและประธานคณะกรรมการประชาชนจังหวัดมอบหมายในปี ๒๕๖๖ ให้แล้วเสร็จร้อยละ ๑๐๐",
    ),
    Fact(
        "initiatives",
        "tìm kiếm, triển khai các sáng kiến, giải pháp cải cách hành chính",
        "การแสวงหาและการดำเนินการตามข้อริเริ่มและแนวทางแก้ไข",
    ),
    Fact(
        "publicity",
        "đa dạng hóa hình thức tuyên truyền cải cách hành chính",
        "ประชาสัมพันธ์การปฏิรูประบบราชการในรูปแบบที่หลากหลายยิ่งขึ้น",
    ),
    Fact(
        "contest of 2023",
        "tham gia cuộc thi trực tuyến tìm hiểu cải cách hành chính năm 2023 của tỉnh",
        "เข้าร่วมการแข่งขันออนไลน์เพื่อเรียนรู้การปฏิรูประบบราชการ ปี ๒๕๖๖ ของจังหวัด",
    ),
    Fact(
        "applications watched",
        "theo dõi, đôn đốc, kiểm tra việc tiếp nhận và trả kết quả thủ tục hành chính",
        "เฝ้าระวัง เร่งรัด และตรวจสอบการรับเรื่องและการส่งมอบผล",
    ),
    Fact(
        "communes and towns",
        "Ủy ban nhân dân các xã, thị trấn trên địa bàn",
        "คณะกรรมการประชาชนของตำบลและเมืองต่าง ๆ ในพื้นที่",
    ),
    Fact(
        "quality and satisfaction",
        "nâng cao chất lượng giải quyết thủ tục hành chính và sự hài lòng",
        "ปรับปรุงคุณภาพการให้บริการและความพึงพอใจขององค์กรและบุคคล",
    ),
    Fact(
        "digital signatures",
        "sử dụng chữ ký số trên phần mềm quản lý văn bản và điều hành tại các xã, thị trấn",
        "นำลายมือชื่อดิจิทัลมาใช้ในซอฟต์แวร์การจัดการและบริหารเอกสารในตำบลและเมืองต่าง ๆ",
    ),
    # ---- the district's answer, photographs
    Fact("vice-chair", "Vo Thanh Hue", "นายหวอ ทานห์ เว้"),
    Fact("vice-chair's post", "Phó Chủ tịch Ủy ban nhân dân huyện Lắk", "รองประธานคณะกรรมการประชาชนอำเภอลัก"),
    Fact("explanation", "Giải trình một số nội dung liên quan", "ชี้แจงเนื้อหาที่เกี่ยวข้องบางส่วน"),
    Fact(
        "first caption",
        "Hình 1. Thành viên Đoàn kiểm tra việc niêm yết công khai thủ tục hành chính tại Ủy ban nhân dân xã Đắk Nuê",
        "ภาพที่ ๑ สมาชิกคณะผู้ตรวจตรวจสอบการเปิดเผยขั้นตอนการให้บริการของทางราชการต่อสาธารณะ ณ คณะกรรมการประชาชนตำบลดั๊กเนือ",
    ),
    Fact(
        "second caption",
        "Hình 2. Đoàn kiểm tra làm việc tại Ủy ban nhân dân huyện",
        "ภาพที่ ๒ คณะผู้ตรวจปฏิบัติงาน ณ คณะกรรมการประชาชนอำเภอ",
    ),
    Fact(
        "third caption",
        "Hình 3. Phó Chủ tịch Ủy ban nhân dân huyện Lắk giải trình một số nội dung liên quan",
        "ภาพที่ ๓ รองประธานคณะกรรมการประชาชนอำเภอลักชี้แจงเนื้อหาที่เกี่ยวข้องบางส่วน",
    ),
    Fact(
        "fourth caption",
        "Hình 4. Phó Giám đốc Sở Nội vụ, Trưởng Đoàn kiểm tra 611 Hoàng Mạnh Hùng phát biểu kết luận buổi làm việc",
        "ภาพที่ ๔ รองผู้อำนวยการสำนักงานกิจการภายใน หัวหน้าคณะผู้ตรวจที่ ๖๑๑ นายฮวง มานห์ หุ่ง กล่าวปิดการประชุม",
    ),
]

READERS = ("docx", "poppler", "pdfium")
# Numbers of the source, years in the era of the paper: days, months, percentages, counts, the team.
NUMBERS = {1, 6, 7, 8, 12, 18, 31, 100, 180, 611, 667, 967, 21995}
YEARS = {"vi": {2022, 2023}, "th": {2565, 2566}}
_MARK = re.compile(r"^([IVX]+\.|\d+(\.\d+)?\.?(?=\s)|\(?[a-zđ\d]\)|Hình \d+\.|ภาพที่ \d+)\s*")


def text_of(edition: PrintedEdition, reader: str) -> str:
    """Return the words of a printed file as one of its readers tells them."""
    match reader:
        case "docx":
            return edition.docx.text
        case "poppler":
            return poppler_text(edition.pdf_path)
        case _:
            return edition.pdf.text


def test_there_are_thirty_facts_and_more() -> None:
    assert len({fact.name for fact in FACTS}) == len(FACTS) > 30
    assert all(fact.vi and fact.th for fact in FACTS)


@pytest.mark.parametrize("reader", READERS)
def test_every_fact_of_the_source_is_in_the_paper(real: PrintedEdition, reader: str) -> None:
    text = squeeze(text_of(real, reader))
    said = {fact.name: squeeze(fact.words(real.language).replace(" | ", "")) in text for fact in FACTS}
    assert [name for name, is_said in said.items() if not is_said] == []


def test_every_fact_stands_word_for_word_in_one_block(real: PrintedEdition) -> None:
    blocks = real.docx.blocks
    pieces = [piece for fact in FACTS for piece in fact.words(real.language).split(" | ")]
    assert [piece for piece in pieces if not any(piece in block for block in blocks)] == []


def test_a_fact_that_is_not_there_is_missed(real: PrintedEdition) -> None:
    assert "21.996" not in text_of(real, "docx")
    assert squeeze("xã Đắk Phơi") not in squeeze(text_of(real, "poppler"))


# ---- what must not be there -----------------------------------------------------------------------------------------

LEFTOVERS = ("19:36", "19.36", "ลาน อันห์", "Lan Anh", "แหล่งที่มา", "การแสดงความคิดเห็น", "Nguồn:", "ฯพณฯ", "(AP)", "|")
OTHER_SPELLINGS = ("ดักเนือ", "ดั๊กเนว", "อำเภอหลัก", "ทะเลสาบหลัก", "Hoang Manh Hung", "Đăk", "Lăk", "ชุดตรวจ", "ทีมตรวจสอบ")


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("words", LEFTOVERS + OTHER_SPELLINGS)
def test_nothing_of_the_web_page_and_no_second_spelling_is_left(real: PrintedEdition, reader: str, words: str) -> None:
    assert squeeze(words) not in squeeze(text_of(real, reader))


def western(text: str) -> str:
    """Return a text with the digits 0-9."""
    return text.translate({ord(thai): str(value) for value, thai in enumerate("๐๑๒๓๔๕๖๗๘๙")})


@pytest.mark.parametrize("reader", READERS)
def test_years_are_of_one_era(real: PrintedEdition, reader: str) -> None:
    text = western(text_of(real, reader))
    years = {int(year) for year in re.findall(r"(?<![\d.,])(?:19|2[0-6])\d\d(?![\d.,]*\d)", text)}
    assert years == YEARS[real.language]


@pytest.mark.parametrize("reader", READERS)
def test_the_period_is_never_a_year_later(real: PrintedEdition, reader: str) -> None:
    text = squeeze(western(text_of(real, reader)))
    wrong = {"vi": "01tháng01năm2023", "th": "1มกราคม2566"}[real.language]
    assert wrong not in text
    assert {"vi": "01tháng01năm2022", "th": "1มกราคมพ.ศ.2565"}[real.language] in text


def test_no_number_is_invented(real: PrintedEdition) -> None:
    for block in real.docx.blocks:
        words = _MARK.sub("", western(block))
        found = {int(re.sub(r"[.,]", "", number)) for number in re.findall(r"\d+(?:[.,]\d+)*", words)}
        # The order of rows: 1, 2, 3.
        assert found <= NUMBERS | YEARS[real.language] or block in ("1", "2", "3"), block


INVENTED = [
    r"Quyết định số[^…]*\d",
    r"\d\s*/\s*(QĐ|BB)",
    r"\d+ giờ",
    r"\d+ phút",
    r"lập thành \d",
    r"คำสั่งเลขที่ *\d",
    r"เลขที่ *\d",
    r"เวลา *\d",
    r"\d\d?[.:]\d\d *น\.",
    r"ทำขึ้น *\d",
]


@pytest.mark.parametrize("pattern", INVENTED)
def test_what_the_source_does_not_tell_stays_open(real: PrintedEdition, pattern: str) -> None:
    assert not re.search(pattern, western(real.docx.text))


OPEN = {
    "vi": (
        r"Số: …+/BB-ĐKT",
        r"Quyết định số …+ ngày …+ tháng …+ năm …+ của",
        r"Thời gian bắt đầu: …+ giờ …+ phút, ngày 18",
        r"kết thúc vào …+ giờ …+ phút, ngày 18",
        r"Thư ký \(người ghi biên bản\): …+",
        r"Các thành viên khác: …+",
        r"lập thành …+ bản",
    ),
    "th": (
        r"เลขที่ \.+/BB-ĐKT",
        r"คำสั่งเลขที่ \.+ ลงวันที่ \.+ เดือน \.+ พ\.ศ\. \.+ ของ",
        r"เริ่มการตรวจเวลา \.+ น\. วันที่ ๑๘",
        r"เสร็จสิ้นการตรวจเวลา \.+ น\. วันที่ ๑๘",
        r"เลขานุการ ผู้จดบันทึก \.+",
        r"กรรมการอื่น \.+",
        r"ทำขึ้น \.+ ฉบับ",
    ),
}


def test_there_is_a_line_for_each_fact_that_must_be_written_by_hand(real: PrintedEdition) -> None:
    assert [pattern for pattern in OPEN[real.language] if not re.search(pattern, real.docx.text)] == []


def test_only_the_two_people_of_the_source_are_named(printed: dict[tuple[str, str], PrintedEdition]) -> None:
    vietnamese = {
        name.strip() for name in re.findall(r"(?:Ông|Bà) ((?:[^\W\d_]\w* ?){3})", printed[REAL, "vi"].docx.text)
    }
    assert vietnamese == {"Hoàng Mạnh Hùng", "Vo Thanh Hue"}
    thai = printed[REAL, "th"].docx.text
    titles = re.findall(r"(?<![\u0e00-\u0e7f])(?:นาย|นางสาว|นาง)(\S+ \S+ \S+)", thai)
    assert titles
    assert all(name.startswith(("ฮวง มานห์ หุ่ง", "หวอ ทานห์ เว้")) for name in titles)


def test_a_name_that_is_not_confirmed_is_marked_wherever_it_stands(real: PrintedEdition) -> None:
    name = {"vi": "Vo Thanh Hue", "th": "หวอ ทานห์ เว้"}[real.language]
    mark = {"vi": "[chưa xác nhận]", "th": "[ยังไม่ยืนยัน]"}[real.language]
    named = [block for block in real.docx.blocks if name in block]
    assert len(named) >= 3
    assert all(f"{name} {mark}" in block for block in named)


def test_a_caption_ends_with_a_letter(real: PrintedEdition) -> None:
    captions = [leaf.text for leaf in real.leaves if leaf.tag == "figcaption"]
    assert len(captions) == 4
    assert all(caption[-1].isalpha() or caption[-1] in "ะาิีึืุู็่้๊๋์" for caption in captions)
