//! A journal replays alike, or names the first difference.

#![expect(clippy::unwrap_used, reason = "a test says what it needs")]

use acd::{Acd, Config, Difference, Effect, GatewayFact, Input, JournalEntry, replay};
use types::{AgentId, DeviceId, Timestamp};

fn journal() -> Vec<JournalEntry> {
    let (agent, device) = (AgentId::from_u128(1), DeviceId::from_u128(2));
    let gateway: types::GatewayId = "gw1".parse().unwrap();
    let command = acd::AgentCommand::SignIn {
        skills: std::collections::BTreeSet::new(),
        levels: acd::SkillLevels::new(),
        reserve: false,
        tier: None,
        auto_answer: false,
    };
    let fact = GatewayFact::DeviceRegistered { agent, device };
    let inputs = [
        Input::Configure { config: Box::new(Config::default()) },
        Input::Agent { agent, request: acd::RequestId(1), command },
        Input::Gateway { gateway, at: Timestamp::from_micros(5), fact },
        Input::Tick,
    ];
    let mut acd = Acd::default();
    let entry = |(index, input): (u64, Input)| {
        let at = Timestamp::from_micros(1_000_000 * i64::try_from(index).unwrap());
        let effects = acd.handle(at, input.clone());
        JournalEntry { number: index + 1, at, input, effects }
    };
    (0..).zip(inputs).map(entry).collect()
}

#[test]
fn a_journal_replays_to_the_same_core() {
    assert!(replay(journal()).is_ok());
}

#[test]
fn the_first_difference_is_named_with_its_entry_and_place() {
    let mut entries = journal();
    let effects: &mut Vec<Effect> = &mut entries[1].effects;
    effects.pop();
    let place = effects.len();
    match replay(entries) {
        Err(Difference::Effect { number: 2, index, recorded: None, computed: Some(_) }) => {
            assert_eq!(index, place);
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_gap_in_a_journal_is_named() {
    let mut entries = journal();
    entries.remove(2);
    assert_eq!(replay(entries), Err(Difference::Gap { before: 2, found: 4 }));
}
