use serde_json::json;

use super::*;

fn keys(value: Value) -> Keys {
    let Value::Object(keys) = value else { panic!("an object") };
    keys
}

fn faults(value: Value) -> Vec<(String, String)> {
    match check(&Config::default(), &keys(value)) {
        Ok(()) => Vec::new(),
        Err(ServiceError::Fields(faults)) => {
            faults.into_iter().map(|fault| (fault.field, fault.detail)).collect()
        }
        Err(other) => panic!("{other}"),
    }
}

fn at_fault(value: Value) -> Vec<String> {
    faults(value).into_iter().map(|(field, _)| field).collect()
}

/// A file that names numbers, prompts and a key of its own.
fn file() -> Config {
    let mut file = Config::default();
    file.screening.emergency_numbers.insert("12319".to_owned());
    file.queue_callback.key = '5';
    file.queue_callback.offer_prompts = vec!["our_offer".to_owned()];
    file
}

#[test]
fn every_key_of_the_distributor_can_be_set_to_what_it_is() {
    let mut keys = keys_of(&Config::default());
    keys.remove(NOT_SETTABLE);
    assert!(keys.len() > 20);
    assert_eq!(faults(Value::Object(keys)), []);
}

#[test]
fn what_cannot_be_is_named_with_what_can() {
    let unknown = faults(json!({"wrapup_ms": 5, "epoch": 3}));
    assert_eq!(unknown.len(), 2);
    assert!(unknown.iter().all(|(_, detail)| detail.contains("没有这个设置项")));
    let wrong = faults(json!({"wrap_up_ms": "long"}));
    assert!(wrong.len() == 1 && wrong[0].1.contains("类型不对"), "{wrong:?}");
    let narrow = faults(json!({"ring_limit_ms": 1}));
    assert_eq!(
        narrow,
        [("ring_limit_ms".to_owned(), "超出允许范围，最接近的可用值是 500。".to_owned())]
    );
}

#[test]
fn a_wrong_key_within_a_group_is_refused_by_its_whole_name() {
    assert_eq!(at_fault(json!({"queue_callback": {"offerd": true}})), ["queue_callback.offerd"]);
    assert_eq!(
        at_fault(json!({"queues": {"water": {"strategy": {"by": "longest_ready", "idel": 1}}}})),
        ["queues.water.strategy.idel"]
    );
    let notice = json!({ "id": "water", "prompts": [], "from": "2026-02-13T09:00:00+08:00",
        "until": "2026-02-13T12:00:00+08:00", "region": "0371" });
    assert_eq!(at_fault(json!({"surge_notices": [notice]})), ["surge_notices.region"]);
}

#[test]
fn a_key_is_one_that_a_telephone_has() {
    for key in ["x", "A", "一", " "] {
        assert_eq!(
            at_fault(json!({"screening": {"emergency_key": key}})),
            ["screening.emergency_key"]
        );
        assert_eq!(at_fault(json!({"queue_callback": {"key": key}})), ["queue_callback.key"]);
    }
    assert_eq!(
        at_fault(json!({"screening": {"emergency_key": "#"}, "queue_callback": {"key": "0"}})),
        [""; 0]
    );
}

#[test]
fn a_change_within_a_group_leaves_the_rest_of_it_as_the_file_has_it() {
    let changed = keys(json!({"screening": {"hold_ms": 20_000}}));
    check(&file(), &changed).unwrap();
    let config = layered(&file(), &changed, &Keys::default());
    assert_eq!(config.screening.hold_ms, 20_000);
    assert_eq!(config.screening.emergency_numbers, file().screening.emergency_numbers);
    // A list is one value: what the file has in it can be taken out.
    let changed = keys(json!({"screening": {"emergency_numbers": []}}));
    let config = layered(&file(), &changed, &Keys::default());
    assert!(config.screening.emergency_numbers.is_empty());
}

#[test]
fn a_lever_leaves_what_it_does_not_name_as_the_centre_has_it() {
    let notice = |id: &str, prompt: &str| json!({ "id": id, "prompts": [prompt], "from": "2026-02-13T09:00:00+08:00", "until": "2026-02-13T12:00:00+08:00" });
    let changed = keys(json!({
        "surge_notices": [notice("water", "water_outage"), notice("gas", "gas_outage")],
        "reserve_open": { "neighbour": false },
        "queue_callback": { "after_ms": 20_000 },
    }));
    let lever = keys(json!({
        "queue_callback": { "offered": true },
        "surge_notices": [notice("gas", "mass_notice")],
        "reserve_open": { "team_leader": true },
        "notice": ["greeting"],
    }));
    check_lever(&file(), &lever).unwrap();
    let config = layered(&file(), &changed, &lever);
    let offer = &config.queue_callback;
    assert!(offer.offered && offer.after_ms == 20_000 && offer.key == '5');
    assert_eq!(offer.offer_prompts, ["our_offer"]);
    let told: Vec<_> = config.surge_notices.iter().map(|it| (&*it.id, &*it.prompts[0])).collect();
    assert_eq!(told, [("water", "water_outage"), ("gas", "mass_notice")]);
    let open: Vec<_> = config.reserve_open.iter().collect();
    assert_eq!(open, [(&acd::Tier::TeamLeader, &true), (&acd::Tier::Neighbour, &false)]);
    assert_eq!(config.notice, ["greeting"]);
}

#[test]
fn a_lever_never_worsens_what_holds_without_it() {
    let changed =
        keys(json!({"second_agent_after_ms": 4_000, "reserve_at_once": 5, "wrap_up_ms": 30_000}));
    let lever =
        keys(json!({"second_agent_after_ms": 8_000, "reserve_at_once": 4, "wrap_up_ms": 20_000}));
    let config = layered(&file(), &changed, &lever);
    let of = (config.second_agent_after_ms, config.reserve_at_once, config.wrap_up_ms);
    assert_eq!(of, (4_000, 5, 20_000));
}

#[test]
fn every_number_with_a_direction_is_one_of_the_distributors() {
    let keys = Value::Object(keys_of(&Config::default()));
    for path in SMALLER_HELPS.iter().chain(&GREATER_HELPS) {
        let pointer = format!("/{}", path.replace('.', "/"));
        assert!(keys.pointer(&pointer).is_some_and(Value::is_u64), "{path}");
    }
}

#[test]
fn the_hours_of_calling_back_are_those_of_k12_and_of_nobody_else() {
    assert_eq!(at_fault(json!({"return_hours": {"until_min": 1_300}})), ["return_hours"]);
    let older = keys(json!({"return_hours": {"from_min": 0}, "wrap_up_ms": 30_000}));
    let config = layered(&file(), &older, &Keys::default());
    assert_eq!((config.return_hours, config.wrap_up_ms), (file().return_hours, 30_000));
}

#[test]
fn two_keys_that_bound_each_other_may_change_together() {
    let earlier = json!({"reserve_after_ms": 5_000, "second_agent_after_ms": 4_000});
    assert_eq!(faults(earlier), []);
    assert_eq!(faults(json!({"reserve_after_ms": 5_000})).len(), 1);
}
