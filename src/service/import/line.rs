//! One line of a file of orders as values, or in Chinese what is wrong with it.

use csv::ByteRecord;
use time::macros::format_description;
use time::{Date, OffsetDateTime, Time, UtcOffset};
use types::{Phone, SHANGHAI_OFFSET_S, Timestamp};
use work_order::{
    Channel, Demand, DemandType, ImportedProgress, Intake, Petitioner, Place, Rating, Source,
    Urgency,
};

/// Columns of the file: the name for machines, the one that people write, whether it must be there.
pub(super) const COLUMNS: [(&str, &str, bool); 20] = [
    ("external_no", "原工单编号", true),
    ("registered_at", "登记时间", true),
    ("channel", "渠道", false),
    ("name", "姓名", false),
    ("phones", "联系电话", false),
    ("anonymous", "匿名", false),
    ("confidential", "保密", false),
    ("demand_type", "诉求类型", true),
    ("category", "分类编码", true),
    ("title", "标题", true),
    ("content", "诉求内容", true),
    ("town", "乡镇编码", false),
    ("address", "地址", false),
    ("urgency", "紧急程度", false),
    ("upstream_due_at", "上级时限", false),
    ("status", "状态", true),
    ("unit", "承办单位编码", false),
    ("closed_at", "办结时间", false),
    ("reply", "答复内容", false),
    ("rating", "满意度", false),
];
/// Longest number of another system, in characters.
const EXTERNAL_NO_MAX: usize = 64;
/// Longest text of one field, in characters: beyond it a quotation mark is missing somewhere.
const FIELD_MAX: usize = 20_000;

/// What the file says of one order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct OrderLine {
    pub(super) external_no: String,
    pub(super) registered_at: Timestamp,
    pub(super) intake: Intake,
    pub(super) progress: ImportedProgress,
}

/// Where the columns stand in this file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Heading {
    places: [Option<usize>; COLUMNS.len()],
    width: usize,
}

impl Heading {
    /// # Errors
    /// Every column that is missing, unknown or there twice, in Chinese.
    pub(super) fn read(record: &ByteRecord) -> Result<Self, String> {
        let mut places = [None; COLUMNS.len()];
        let mut faults = Vec::new();
        for (at, name) in record.iter().enumerate() {
            let name = std::str::from_utf8(name).map_err(|_| {
                "文件不是 UTF-8 编码：请在表格软件中另存为“CSV UTF-8”后再导入".to_owned()
            })?;
            let name = name.trim_start_matches('\u{feff}').trim();
            let known = COLUMNS.iter().position(|(code, label, _)| name == *code || name == *label);
            match known.and_then(|known| places.get_mut(known)) {
                Some(place @ None) => *place = Some(at),
                Some(_) => faults.push(format!("“{name}”一列出现两次")),
                None => faults.push(format!("不认识“{name}”这一列")),
            }
        }
        let missing =
            COLUMNS.iter().zip(&places).filter(|((.., needed), at)| *needed && at.is_none());
        faults.extend(missing.map(|((code, label, _), _)| format!("缺少“{label}”（{code}）一列")));
        if faults.is_empty() {
            return Ok(Self { places, width: record.len() });
        }
        let known: Vec<String> =
            COLUMNS.iter().map(|(code, label, _)| format!("{label}（{code}）")).collect();
        Err(format!("表头不对：{}。可用的列：{}", faults.join("；"), known.join("、")))
    }

    fn field<'a>(&self, record: &'a ByteRecord, column: &str) -> Result<&'a str, String> {
        let place = COLUMNS.iter().position(|(code, ..)| *code == column);
        let place = place.and_then(|place| self.places.get(place).copied().flatten());
        let bytes = place.and_then(|place| record.get(place)).unwrap_or_default();
        let text = std::str::from_utf8(bytes)
            .map_err(|_| format!("“{}”不是 UTF-8 编码的文字", label(column)))?
            .trim();
        if text.contains('\0') {
            return Err(format!("“{}”含有无法保存的字符（NUL），请删去", label(column)));
        }
        if text.chars().nth(FIELD_MAX).is_some() {
            return Err(format!("“{}”超过 {FIELD_MAX} 字，请检查引号是否成对", label(column)));
        }
        Ok(text)
    }

    /// The foreign number of a line that may be broken otherwise, for the list of refused lines.
    pub(super) fn number_of(&self, record: &ByteRecord) -> String {
        let text = self.field(record, "external_no").unwrap_or_default();
        text.chars().take(EXTERNAL_NO_MAX).collect()
    }

    /// The order of a line.
    ///
    /// # Errors
    /// What is wrong and what to write, in Chinese.
    pub(super) fn order(&self, record: &ByteRecord, system: &str) -> Result<OrderLine, String> {
        if record.len() != self.width {
            return Err(format!(
                "有 {} 列，表头有 {} 列：请检查逗号与引号",
                record.len(),
                self.width
            ));
        }
        let line = Line { heading: self, record };
        let external_no = line.needed("external_no")?.to_owned();
        if external_no.chars().nth(EXTERNAL_NO_MAX).is_some() {
            return Err(format!("“原工单编号”超过 {EXTERNAL_NO_MAX} 字"));
        }
        let source = Source {
            channel: line
                .word("channel", Channel::ALL, Channel::as_str, Channel::label)?
                .unwrap_or(Channel::Phone),
            call_id: None,
            dialled_no: None,
            upstream_no: Some(external_no.clone()),
            upstream_system: Some(system.to_owned()),
            upstream_due_at: line.moment("upstream_due_at")?,
        };
        let intake = Intake { source, petitioner: line.petitioner()?, demand: line.demand()? };
        let registered_at = line.moment("registered_at")?.ok_or("“登记时间”必须填写")?;
        Ok(OrderLine { external_no, registered_at, intake, progress: line.progress()? })
    }
}

struct Line<'a> {
    heading: &'a Heading,
    record: &'a ByteRecord,
}

impl<'a> Line<'a> {
    fn text(&self, column: &str) -> Result<&'a str, String> {
        self.heading.field(self.record, column)
    }

    fn needed(&self, column: &str) -> Result<&'a str, String> {
        let text = self.text(column)?;
        if text.is_empty() {
            return Err(format!("“{}”必须填写", label(column)));
        }
        Ok(text)
    }

    /// A word of a vocabulary, by its code or by its Chinese label; empty: none.
    fn word<T: Copy>(
        &self,
        column: &str,
        all: &[T],
        code: fn(T) -> &'static str,
        name: fn(T) -> &'static str,
    ) -> Result<Option<T>, String> {
        let text = self.text(column)?;
        if text.is_empty() {
            return Ok(None);
        }
        let known = all.iter().find(|word| code(**word) == text || name(**word) == text);
        known.copied().map(Some).ok_or_else(|| {
            let known: Vec<&str> = all.iter().map(|word| name(*word)).collect();
            format!("“{}”为“{text}”，应为其中之一：{}", label(column), known.join("、"))
        })
    }

    fn flag(&self, column: &str) -> Result<bool, String> {
        match self.text(column)? {
            "是" | "1" | "true" => Ok(true),
            "" | "否" | "0" | "false" => Ok(false),
            other => Err(format!("“{}”为“{other}”，应为“是”或“否”", label(column))),
        }
    }

    fn moment(&self, column: &str) -> Result<Option<Timestamp>, String> {
        let text = self.text(column)?;
        if text.is_empty() {
            return Ok(None);
        }
        moment_of(text).map(Some).ok_or_else(|| {
            format!("“{}”为“{text}”，应写成 2026-03-02 08:15:00（北京时间）", label(column))
        })
    }

    /// A code, parsed by its own type.
    fn code<T: std::str::FromStr>(&self, column: &str) -> Result<Option<T>, String> {
        let text = self.text(column)?;
        if text.is_empty() {
            return Ok(None);
        }
        text.parse().map(Some).map_err(|_| format!("“{}”不是有效的编码：“{text}”", label(column)))
    }

    fn petitioner(&self) -> Result<Petitioner, String> {
        let phones = self.text("phones")?.split(['|', '、', ';', '；']).map(str::trim);
        let phones = phones.filter(|phone| !phone.is_empty()).map(|phone| {
            // What is wrong with the number is said without the number: the list of refused lines is passed on.
            phone
                .parse::<Phone>()
                .map_err(|_| "“联系电话”只能是数字（可带区号与横线），多个号码用 | 分开".to_owned())
        });
        Ok(Petitioner {
            name: self.text("name")?.to_owned(),
            phones: phones.collect::<Result<_, _>>()?,
            anonymous: self.flag("anonymous")?,
            confidential: self.flag("confidential")?,
            ..Petitioner::default()
        })
    }

    fn demand(&self) -> Result<Demand, String> {
        let (types, urgencies) = (DemandType::ALL, Urgency::ALL);
        Ok(Demand {
            demand_type: self.word("demand_type", types, DemandType::as_str, DemandType::label)?,
            category: self.code("category")?,
            title: self.text("title")?.to_owned(),
            content: self.text("content")?.to_owned(),
            place: Place { town: self.code("town")?, address: self.text("address")?.to_owned() },
            urgency: self.word("urgency", urgencies, Urgency::as_str, Urgency::label)?,
            ..Demand::default()
        })
    }

    fn progress(&self) -> Result<ImportedProgress, String> {
        match self.needed("status")? {
            "open" | "未办结" => Ok(ImportedProgress::Open),
            "closed" | "办结" | "已办结" => Ok(ImportedProgress::Closed {
                closed_at: self.moment("closed_at")?.ok_or("状态为办结时，“办结时间”必须填写")?,
                reply: self.text("reply")?.to_owned(),
                unit: self.code("unit")?,
                rating: self.word("rating", Rating::ALL, Rating::as_str, Rating::label)?,
            }),
            other => Err(format!("“状态”为“{other}”，应为“未办结”或“办结”")),
        }
    }
}

fn label(column: &str) -> &'static str {
    COLUMNS.iter().find(|(code, ..)| *code == column).map_or("", |(_, label, _)| label)
}

/// RFC 3339, or a civil time of Shanghai: `2026-03-02 08:15:00`, `2026/3/2 8:15`.
fn moment_of(text: &str) -> Option<Timestamp> {
    if let Ok(moment) = text.parse() {
        return Some(moment);
    }
    let (date, time) = text.split_once([' ', 'T'])?;
    let date = date.replace('/', "-");
    let date =
        Date::parse(&date, format_description!("[year]-[month padding:none]-[day padding:none]"))
            .ok()?;
    let mut parts = time.trim().split(':').map(|part| part.parse::<u8>().ok());
    let (hour, minute) = (parts.next()??, parts.next()??);
    let second = parts.next().unwrap_or(Some(0))?;
    if parts.next().is_some() {
        return None;
    }
    let time = Time::from_hms(hour, minute, second).ok()?;
    let offset = UtcOffset::from_whole_seconds(SHANGHAI_OFFSET_S).ok()?;
    Some(Timestamp::from_local(OffsetDateTime::new_in_offset(date, time, offset)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: [&str; 9] = [
        "原工单编号",
        "登记时间",
        "诉求类型",
        "category",
        "标题",
        "诉求内容",
        "状态",
        "联系电话",
        "办结时间",
    ];

    fn read(fields: [&str; 9]) -> Result<OrderLine, String> {
        let heading = Heading::read(&ByteRecord::from(HEAD.to_vec())).unwrap();
        heading.order(&ByteRecord::from(fields.to_vec()), "旧平台")
    }

    #[test]
    fn a_line_is_read_by_labels_and_by_codes() {
        let line = read([
            "A-1",
            "2025/3/2 8:15",
            "投诉",
            "010201",
            "态度差",
            "窗口人员态度差",
            "closed",
            "0791-8888 7777|13800138000",
            "2025-03-04T00:00:00Z",
        ]);
        // Closed without a reply: the rules refuse it later, the line itself is whole.
        let line = line.unwrap();
        assert_eq!(line.registered_at, "2025-03-02T08:15:00+08:00".parse().unwrap());
        assert_eq!(line.intake.demand.demand_type, Some(DemandType::Complaint));
        assert_eq!(line.intake.petitioner.phones.len(), 2);
        assert_eq!(line.intake.source.upstream_no.as_deref(), Some("A-1"));
        let ImportedProgress::Closed { closed_at, .. } = line.progress else { panic!("closed") };
        assert_eq!(closed_at, "2025-03-04T08:00:00+08:00".parse().unwrap());
    }

    #[test]
    fn what_is_wrong_is_said_with_the_name_of_the_column() {
        let good = ["A-1", "2025-03-02 08:15", "投诉", "010201", "t", "c", "未办结", "", ""];
        assert!(read(good).is_ok());
        for (at, text, said) in [
            (0, "", "“原工单编号”必须填写"),
            (1, "昨天", "“登记时间”为“昨天”"),
            (1, "2025-02-30 08:00", "“登记时间”"),
            (2, "抱怨", "应为其中之一：咨询、求助"),
            (3, "一类", "“分类编码”不是有效的编码"),
            (6, "在办", "应为“未办结”或“办结”"),
            (6, "办结", "“办结时间”必须填写"),
            (7, "138-CALL", "“联系电话”只能是数字"),
            (4, "a\0b", "NUL"),
        ] {
            let mut fields = good;
            fields[at] = text;
            let error = read(fields).unwrap_err();
            assert!(error.contains(said), "{text}: {error}");
            assert!(at != 7 || !error.contains("138"), "a number is not repeated: {error}");
        }
    }

    #[test]
    fn a_heading_names_all_its_faults() {
        let error = Heading::read(&ByteRecord::from(vec!["标题", "标题", "颜色"])).unwrap_err();
        for said in ["“标题”一列出现两次", "不认识“颜色”", "缺少“原工单编号”（external_no）"]
        {
            assert!(error.contains(said), "{error}");
        }
        let gbk = Heading::read(&ByteRecord::from(vec![&[0xb1, 0xea, 0xcc, 0xe2][..]]));
        assert!(gbk.unwrap_err().contains("UTF-8"));
    }
}
