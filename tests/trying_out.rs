//! `hotline simulate`, `hotline replay --against`, `hotline import orders`, as a person at a terminal has them.

#![expect(clippy::unwrap_used, reason = "helpers of tests read what the test itself has made")]

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use flate2::Compression;
use flate2::write::GzEncoder;

const PASSWORD: &str = "a password of the tests";

fn root(below: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(below)
}

fn hotline(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_hotline"))
        .args(arguments)
        .current_dir(folder)
        .env("HOTLINE_DATA", folder.join("data"))
        .env("HOTLINE_SAMPLE_PASSWORD", PASSWORD)
        .output()
        .unwrap()
}

/// What a command that succeeds prints.
fn told(folder: &Path, arguments: &[&str]) -> String {
    let output = hotline(folder, arguments);
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {complaint}");
    String::from_utf8(output.stdout).unwrap()
}

/// What a command that fails says.
fn complaint(folder: &Path, arguments: &[&str]) -> String {
    let output = hotline(folder, arguments);
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && !text.contains("panicked"), "{arguments:?}: {text}");
    text
}

fn read(folder: &Path, name: &str) -> String {
    std::fs::read_to_string(folder.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

#[test]
fn two_days_of_a_county_give_a_report_with_pictures() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let text = told(folder, &["simulate", "county", "--days", "2", "--out", "r"]);
    assert!(text.contains("接通率") && text.contains("用时"), "{text}");
    assert!(text.contains("2026-03-01 00:00 至 2026-03-03 00:00"), "{text}");
    let page = read(folder, "r/report.html");
    assert!(page.contains("<svg") && page.contains("lang=\"zh-CN\""));
    for name in ["report.md", "report.json", "calls.svg", "rates.svg", "staff.svg"] {
        assert!(!read(folder, &format!("r/{name}")).is_empty(), "{name}");
    }
    let again = told(folder, &["simulate", "county", "--days", "2", "--out", "again"]);
    assert_eq!(read(folder, "again/report.md"), read(folder, "r/report.md"), "{again}");
    let other = ["simulate", "county", "--days", "2", "--seed", "9", "--out", "other"];
    told(folder, &other);
    assert_ne!(read(folder, "other/report.md"), read(folder, "r/report.md"));
}

#[test]
fn a_scenario_of_ones_own_begins_as_a_copy() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let copy = told(folder, &["simulate", "city", "--show"]);
    assert!(copy.contains("[demand]") && copy.contains("per_day"));
    let own = told(folder, &["simulate", "county", "--show"]).replace("days = 31", "days = 1");
    let own = own.replace("day = 11", "day = 1").replace("day = 18", "day = 1");
    std::fs::write(folder.join("own.toml"), own).unwrap();
    assert!(told(folder, &["simulate", "own.toml"]).contains("接通率"));
    assert!(folder.join("simulation/report.html").exists());
}

#[test]
fn a_mistake_is_told_with_its_line() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let county = told(folder, &["simulate", "county", "--show"]);
    for (from, to, said) in [
        ("per_day = 230.0", "per_day = -3.0", "`demand.per_day` 应为大于 0"),
        ("days = 31", "dayz = 31", "dayz"),
        ("minutes = 45", "minutes = 4500", "`from` 至 `until`"),
    ] {
        let wrong = county.replacen(from, to, 1);
        let line = wrong.lines().position(|line| line.contains(to)).unwrap() + 1;
        std::fs::write(folder.join("wrong.toml"), wrong).unwrap();
        let text = complaint(folder, &["simulate", "wrong.toml"]);
        assert!(text.contains(&format!("wrong.toml 第 {line} 行")), "line {line}: {text}");
        assert!(text.contains(said), "{text}");
    }
    let text = complaint(folder, &["simulate", "nowhere.toml"]);
    assert!(text.contains("找不到情景") && text.contains("county、city、beijing"), "{text}");
    let text = complaint(folder, &["simulate", "county", "--days", "0"]);
    assert!(text.contains("`days` 应为 1 至 366"), "{text}");
}

fn packed(text: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn the_calls_of_a_log_are_played_packed_or_not() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let sample = std::fs::read(root("crates/simulation/scenarios/sample_calls.csv")).unwrap();
    std::fs::write(folder.join("log.csv"), &sample).unwrap();
    std::fs::write(folder.join("log.csv.gz"), packed(&sample)).unwrap();
    told(folder, &["simulate", "county", "--log", "log.csv", "--out", "plain"]);
    told(folder, &["simulate", "county", "--log", "log.csv.gz", "--out", "packed"]);
    let report = read(folder, "plain/report.md");
    assert!(report.contains("来电取自话务记录") && report.contains("| 全部 | 400 |"), "{report}");
    assert_eq!(read(folder, "packed/report.md"), report);

    // As a telephone system of 1999 writes it; the county's seats are enough for three calls.
    let bank = "vru+line,date,vru_entry,vru_exit,outcome,ser_time\n\
        AA0101,990201,7:02:47,7:02:56,AGENT,166\nAA0101,990201,7:31:45,7:31:55,PHANTOM,5\n\
        AA0101,990201,8:09:16,8:09:22,HANG,0\nAA0101,990201,soon,later,AGENT,1\n";
    std::fs::write(folder.join("bank.csv.gz"), packed(bank.as_bytes())).unwrap();
    let output = hotline(folder, &["simulate", "county", "--log", "bank.csv.gz", "--out", "bank"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    assert!(said.contains("话务记录：2 个来电") && said.contains("1 行是测试记录"), "{said}");
    assert!(said.contains("1 行读不懂") && said.contains("第 5 行"), "{said}");
}

#[test]
fn a_log_that_is_none_is_told_so() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let said = |name: &str, bytes: &[u8]| {
        std::fs::write(folder.join(name), bytes).unwrap();
        complaint(folder, &["simulate", "county", "--log", name])
    };
    assert!(said("a.csv.gz", b"no gzip at all").contains("不是有效的 gzip"));
    let half = packed(&vec![b'x'; 100_000]);
    assert!(said("half.csv.gz", &half[..half.len() / 2]).contains("gzip"));
    assert!(said("b.csv", b"when,talk\n1,2\n").contains("没有“arrived_at”一列"));
    assert!(said("c.csv", b"arrived_at\nnoon\n").contains("第 2 行"));
    assert!(said("d.csv", b"arrived_at\n").contains("没有来电"));
    assert!(complaint(folder, &["simulate", "--log", "nowhere.csv"]).contains("打不开"));
}

/// A bank's calls of 1 to 14 February 1999: may be read, not shipped.
#[test]
fn a_real_log_of_a_fortnight_is_played() {
    let log = root("../shared/data/call_log_1999_02_first_half.csv.gz");
    if !log.exists() {
        eprintln!("skipped: {} is not there", log.display());
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let text = told(folder.path(), &["simulate", "county", "--log", log.to_str().unwrap()]);
    assert!(text.contains("1999-02-01 00:00 至 1999-02-15 00:00"), "{text}");
}

#[test]
fn two_policies_stand_side_by_side_with_the_same_callers() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    std::fs::write(
        folder.join("new.toml"),
        "[acd]\nring_limit_ms = 25000\nsecond_agent_after_ms = 60000\n",
    )
    .unwrap();
    let arguments = [
        "simulate",
        "county",
        "--days",
        "3",
        "--against",
        "new.toml",
        "--repeat",
        "2",
        "--out",
        "r",
    ];
    // The county's storm and outage are on later days.
    let own = told(folder, &["simulate", "county", "--show"]);
    let own = own.replace("day = 11", "day = 1").replace("day = 18", "day = 2");
    std::fs::write(folder.join("own.toml"), &own).unwrap();
    let arguments = arguments.map(|word| if word == "county" { "own.toml" } else { word });
    let text = told(folder, &arguments);
    assert!(text.contains("ring_limit_ms：6000 → 25000"), "{text}");
    assert!(text.contains("| 指标 | 现行配置 | 新配置 |"), "{text}");
    let requests = text.lines().find(|line| line.starts_with("| 来电 R |")).unwrap();
    let counts: Vec<&str> = requests.split('|').map(str::trim).collect();
    assert_eq!(counts[2], counts[3], "the same callers: {requests}");
    assert!(text.contains("95 % 置信区间"), "{text}");
    assert!(read(folder, "r/comparison.html").contains("<svg"));
    for name in ["r/current/report.html", "r/against/report.html", "r/comparison.md"] {
        assert!(folder.join(name).exists(), "{name}");
    }
    std::fs::write(
        folder.join("own.toml"),
        format!("{own}\n[distributor]\nring_limit_ms = 9000\n"),
    )
    .unwrap();
    let text = complaint(folder, &arguments);
    assert!(text.contains("[distributor] 已写定 ring_limit_ms"), "{text}");
    std::fs::write(folder.join("new.toml"), "[acd]\nring_limit = 1\n").unwrap();
    let text = complaint(folder, &arguments);
    assert!(text.contains("new.toml 不能使用") && text.contains("acd.ring_limit"), "{text}");
}

#[test]
fn a_journal_is_replayed_under_another_configuration() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    std::fs::write(folder.join("new.toml"), "[acd]\nring_limit_ms = 9000\n").unwrap();
    let journal = root("tests/journals/waiting-over-a-restart-2.jsonl");
    let journal = journal.to_str().unwrap();
    let text = told(folder, &["replay", journal]);
    assert!(text.contains("no difference"), "{text}");
    let text = complaint(folder, &["replay", folder.to_str().unwrap(), "--against", "new.toml"]);
    assert!(text.contains("没有来电"), "{text}");
    let first = root("tests/journals/waiting-over-a-restart-1.jsonl");
    let first = first.to_str().unwrap();
    let text = told(folder, &["replay", first, "--against", "new.toml", "--out", "r"]);
    assert!(text.contains("| 指标 | 实录 | 旧配置·推演 | 新配置·推演 |"), "{text}");
    assert!(text.contains("ring_limit_ms：6000 → 9000") && text.contains("Kaplan–Meier"), "{text}");
    assert!(text.contains("无从知道"), "what cannot be known is said: {text}");
    assert!(text.trim_end().ends_with("replay.md") && folder.join("r/replay.md").exists());
}

#[test]
fn orders_of_another_system_are_taken_over_and_what_is_wrong_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    told(folder, &["init", "--sample"]);
    let heading = "原工单编号,登记时间,诉求类型,分类编码,标题,诉求内容,乡镇编码,联系电话,状态,承办单位编码,办结时间,答复内容";
    let good = "A-1,2025-03-02 08:15,投诉,060401,路灯不亮,主街,T03,13800138000,办结,U14,2025-03-05 10:00,已修好";
    let bad = "A-2,2025-03-02 08:15,抱怨,060401,路灯不亮,主街,T03,13800138000,未办结,,,";
    std::fs::write(folder.join("old.csv"), format!("{heading}\n{good}\n{bad}\n")).unwrap();
    let import = ["import", "orders", "old.csv", "--system", "旧平台", "--by", "supervisor01"];
    let text = told(folder, &import);
    assert!(text.contains("新增 1 件，先前已导入 0 件，未导入 1 行"), "{text}");
    let rejected = read(folder, "old.csv.rejected.csv");
    assert!(rejected.contains("3,A-2,“诉求类型”为“抱怨”"), "{rejected}");
    let text = told(folder, &import);
    assert!(text.contains("先前导入过") && text.contains("新增 1 件"), "{text}");
    std::fs::write(
        folder.join("old.csv"),
        format!("{heading}\n{good}\n{}\n", bad.replace("抱怨", "投诉")),
    )
    .unwrap();
    let text = told(folder, &import);
    assert!(text.contains("新增 1 件，先前已导入 1 件，未导入 0 行"), "{text}");
    let nobody = ["import", "orders", "old.csv", "--system", "旧平台", "--by", "nobody"];
    assert!(complaint(folder, &nobody).contains("没有账号“nobody”"));
}
