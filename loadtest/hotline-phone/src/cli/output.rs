//! What the program prints: progress in two languages on stderr, one JSON object a line on stdout.

use std::io::Write as _;
use std::process::ExitCode;

use crate::clock;
use crate::phone::call::CallEvent;

/// A line of progress.
pub(super) fn progress(chinese: &str, english: &str) {
    let at = clock::since_zero_ms(clock::now()) / 1000.0;
    // Nobody reads a closed stderr.
    let _ = writeln!(std::io::stderr(), "[{at:8.3} s] {chinese} {english}");
}

/// A JSON line for programs.
pub(super) fn json_line(value: &impl serde::Serialize) {
    if let Ok(line) = serde_json::to_string(value) {
        let _ = writeln!(std::io::stdout(), "{line}");
    }
}

/// Says why nothing could be done; exit code 2.
pub(super) fn refuse_text(english: &str, chinese: &str) -> ExitCode {
    let _ = writeln!(std::io::stderr(), "错误：{chinese}\nerror: {english}");
    ExitCode::from(2)
}

/// An event of a call as progress.
pub(super) fn event(event: &CallEvent) {
    match event {
        CallEvent::Progress { status } => progress(&format!("呼叫进展 {status}"), "progress"),
        CallEvent::Ringing => progress("振铃", "ringing"),
        CallEvent::EarlyMedia => progress("接通前的声音", "early media"),
        CallEvent::Answered => progress("已接通", "answered"),
        CallEvent::FirstRtp => progress("听到对方", "first packet heard"),
        CallEvent::Digit(digit) => progress(&format!("对方按键 {digit}"), "digit"),
        CallEvent::SayFinished => progress("已说完", "said to the end"),
        CallEvent::Changed { held: true } => progress("被保持", "held"),
        CallEvent::Changed { held: false } => progress("通话更新", "changed"),
        CallEvent::Ended(report) => progress(
            &format!("结束 {} {}", report.status, report.reason),
            &format!("ended by {:?}, {:?}", report.ended_by, report.outcome),
        ),
    }
}
