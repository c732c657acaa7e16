//! Every name that a type has on the wire: tests that ask for words of each fail when one is added without.

use serde::de::DeserializeOwned;

/// No variant is called so.
const NONE: &str = "?";

/// Names of an enum whose variants carry nothing.
pub fn names<T: DeserializeOwned>() -> Vec<String> {
    of_refusal(serde_json::from_value::<T>(NONE.into()).err())
}

/// Names of an enum that is told by the field `tag`.
pub fn names_of<T: DeserializeOwned>(tag: &str) -> Vec<String> {
    of_refusal(serde_json::from_value::<T>(serde_json::json!({ tag: NONE })).err())
}

/// serde names every variant that it would have taken.
fn of_refusal(refusal: Option<serde_json::Error>) -> Vec<String> {
    let text = refusal.expect("no such variant").to_string();
    let (_, known) = text.split_once("expected").expect("names what it knows");
    let names: Vec<String> = known.split('`').skip(1).step_by(2).map(str::to_owned).collect();
    assert!(!names.is_empty(), "{text}");
    names
}

#[test]
fn all_names_are_found() {
    assert_eq!(names::<acd::GuardStep>(), ["first", "next", "second_agent", "reserve"]);
    let outcomes = names_of::<acd::QueueCallbackOutcome>("outcome");
    assert_eq!(outcomes, ["kept", "redialled", "not_reached", "expired"]);
}
