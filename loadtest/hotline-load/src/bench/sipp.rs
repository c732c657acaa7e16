//! SIPp against itself: what setting up and tearing down a call costs at least.

use std::path::Path;
use std::process::Command;

use super::process::{Program, free_port};
use crate::ceiling::ratio;
use crate::clock::SECOND_NS;
use crate::measure;

/// Processor milliseconds of both sides per call.
///
/// # Errors
/// It does not start, or calls failed.
pub(super) fn call_cpu_ms(rate: u32, calls: u32, folder: &Path) -> anyhow::Result<f64> {
    let (called, caller) = (free_port()?, free_port()?);
    let (_, before_ms) = measure::own_cpu_ms()?;
    let mut answering = Command::new("sipp");
    answering.args(["-sn", "uas", "-i", "127.0.0.1", "-nostdin", "-mp", "6100"]);
    answering.args(["-p", &called.port().to_string()]);
    let mut answering = Program::start("sipp uas", &mut answering, &folder.join("sipp-uas.log"))?;
    let mut calling = Command::new("sipp");
    calling.args(["-sn", "uac", "-i", "127.0.0.1", "-nostdin", "-mp", "6200", "-d", "0"]);
    calling.args(["-r", &rate.to_string(), "-m", &calls.to_string(), "-timeout", "120"]);
    calling.args(["-p", &caller.port().to_string()]).arg(called.to_string());
    let mut calling = Program::start("sipp uac", &mut calling, &folder.join("sipp-uac.log"))?;
    let good = calling.wait(150 * SECOND_NS)?;
    anyhow::ensure!(good, "SIPp's calls to itself failed");
    answering.end();
    let (_, after_ms) = measure::own_cpu_ms()?;
    Ok(ratio(after_ms - before_ms, f64::from(calls)))
}
