//! The layers and the completeness of the fault report.

use super::*;

fn load(text: &str, environment: &[(&str, &str)]) -> Result<Config, ConfigError> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("hotline.toml");
    std::fs::write(&file, text).unwrap();
    let environment = environment.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned()));
    Config::from_layers(Some(&file), environment)
}

#[test]
fn the_built_in_layer_alone_is_a_valid_configuration() {
    let config = Config::from_layers(None, []).unwrap();
    assert_eq!(config.http.port, 12345);
    assert_eq!(config.centre.id.as_str(), "qingyuan");
}

#[test]
fn the_environment_beats_the_file_and_the_file_beats_the_default() {
    let config = load(
        "[http]\nport = 1\ntls_port = 2\n",
        &[
            ("HOTLINE__HTTP__PORT", "3"),
            ("HOTLINE_DATA", "/var/lib/hotline"),
            ("HOTLINE__CENTRE__NAME", "12345"),
            ("HOTLINE__TLS__NAMES", "a.example, 10.0.0.1"),
        ],
    )
    .unwrap();
    assert_eq!((config.http.port, config.http.tls_port), (3, 2));
    assert_eq!(config.data_path("hotline.db"), Path::new("/var/lib/hotline/hotline.db"));
    assert_eq!(config.centre.name, "12345");
    assert_eq!(config.tls.names, ["a.example", "10.0.0.1"]);
}

#[test]
fn every_fault_is_reported_with_its_key() {
    let error = load(
        "[http]\nprot = 1\nport = \"x\"\n[auth]\nfailures_max = 0\n[database]\nurl = \"mysql://x\"\n",
        &[("HOTLINE__LOG__FORMAT", "xml"), ("HOTLINE__JOBS__POLL", "1")],
    )
    .unwrap_err();
    insta::assert_snapshot!(error, @r#"
    the configuration has 3 fault(s):
      http.port: must be a number, but a text was given
      http.prot: there is no such key; known here: bind, body_bytes_max, drain_s, pages_dir, port, public_origins, tls, tls_port, trusted_proxies
      jobs.poll: there is no such key; known here: attempts_max, claim_s, poll_ms (from HOTLINE__JOBS__POLL)
    "#);
}

#[test]
fn a_key_that_has_moved_is_told_its_new_place() {
    for (text, variables) in [
        ("[missed_call_returns]\nemergency_numbers = [\"12319\"]\n", None),
        ("", Some(("HOTLINE__MISSED_CALL_RETURNS__EMERGENCY_NUMBERS", "12319"))),
    ] {
        let error = load(text, variables.as_slice()).unwrap_err();
        assert_eq!(error.faults[0].key, "missed_call_returns.emergency_numbers");
        let what = &error.faults[0].what;
        assert!(what.contains("write its value as acd.screening.emergency_numbers"), "{what}");
    }
    let config = load("[acd.screening]\nemergency_numbers = [\"12319\"]\n", &[]).unwrap();
    assert!(config.acd.screening.emergency_numbers.contains("12319"));
}

#[test]
fn values_are_checked_together() {
    let error = load(
        "[http]\nport = 9\ntls_port = 9\npublic_origins = [\"example\"]\n[auth]\nfailures_max = 0\n[database]\nurl = \"mysql://x\"\n[log]\nfilter = \"a=b=c\"\n",
        &[("HOTLINE__TEST__BUSINESS_TIME_OFFSET_S", "60")],
    )
    .unwrap_err();
    insta::assert_snapshot!(error, @r#"
    the configuration has 6 fault(s):
      http.tls_port: must differ from http.port
      http.public_origins: "example" is no origin; write it as https://host:port
      database.url: must be empty, sqlite:<file> or postgres://user:password@host/name
      auth.failures_max: is 0, must be from 1 to 100
      log.filter: error parsing level filter: expected one of "off", "error", "warn", "info", "debug", "trace", or a number 0-5
      test.business_time_offset_s: must be 0: this program was not built with the feature test-clock
    "#);
}

#[test]
fn citizens_are_called_back_in_one_span_of_hours() {
    let error = load("[missed_call_returns]\nuntil_hour = 21\n", &[]).unwrap_err();
    assert_eq!(error.faults[0].key, "acd.return_hours");
    assert!(error.faults[0].what.contains("480 to 1260"), "{}", error.faults[0].what);
    let both = "[missed_call_returns]\nuntil_hour = 21\n[acd.return_hours]\nuntil_min = 1260\n";
    assert_eq!(load(both, &[]).unwrap().acd.return_hours.until_min, 1_260);
}

#[test]
fn a_line_that_reaches_nobody_is_refused_at_start_in_words() {
    let lines = |number: &str| {
        let text = format!("[acd]\nlines = [{{ number = \"{number}\", gateway = \"gw1\" }}]\n");
        load(&text, &[]).map(|config| config.acd.lines.len())
    };
    assert_eq!(lines("05551234567").unwrap(), 1);
    let told = |number: &str| lines(number).unwrap_err().to_string();
    assert!(told("邻县").contains("电话号码只能由数字组成"), "{}", told("邻县"));
    assert!(
        told("12345").contains("acd.lines: 第 1 条（12345）是本中心自己的号码"),
        "{}",
        told("12345")
    );
}

#[test]
fn sections_of_the_gateway_are_not_looked_at() {
    assert!(load("[gateway]\nanything = 1\n", &[("HOTLINE__GATEWAY__X", "1")]).is_ok());
}

#[test]
fn a_secret_does_not_show_itself() {
    let config = load("[database]\nurl = \"postgres://u:hunter2@h/d\"\n", &[]).unwrap();
    assert!(!format!("{config:?}").contains("hunter2"));
}
