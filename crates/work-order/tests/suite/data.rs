//! The county's files and their faults.

use std::collections::BTreeSet;

use work_order::taxonomy::{AssistRule, LeadRule};
use work_order::{Calendar, County, CountyFiles, Duty, Profile, Role, Taxonomy, UnitKind, Units};

use crate::support::{FILES, county, rules};

#[test]
fn the_tree_has_28_first_136_second_and_429_third_level_entries() {
    let level = |digits: usize| {
        rules().taxonomy.iter().map(|leaf| &leaf.code.as_str()[..digits]).collect::<BTreeSet<_>>()
    };
    assert_eq!((level(2).len(), level(4).len(), level(6).len()), (28, 136, 429));
}

#[test]
fn units_are_33_departments_10_companies_and_12_towns_with_two_accounts_each() {
    let count = |kind| rules().units.iter().filter(|unit| unit.kind == kind).count();
    assert_eq!(count(UnitKind::Department), 33);
    assert_eq!(count(UnitKind::Company), 10);
    assert_eq!(count(UnitKind::Town), 12);
    let accounts: Vec<_> = rules().units.accounts().collect();
    assert_eq!(accounts.len(), 110);
    let town = accounts.iter().find(|one| one.username == "t03.contact").unwrap();
    assert_eq!(town.roles, [Role::TownDesk]);
}

#[test]
fn the_sample_has_eight_agents_one_of_them_in_reserve() {
    let users = &county().users;
    let agents: Vec<_> = users.iter().filter(|one| one.roles.contains(&Role::Agent)).collect();
    assert_eq!(agents.len(), 8);
    let reserve: Vec<_> = agents.iter().filter(|one| one.duty == Duty::Reserve).collect();
    assert_eq!(reserve.len(), 1);
    assert_eq!(reserve[0].username, "agent08");
}

#[test]
fn the_catalogue_proposes_the_town_of_the_place_and_its_assistants() {
    let taxonomy = &rules().taxonomy;
    let leaf = taxonomy.leaf(&"100601".parse().unwrap()).unwrap();
    assert_eq!(leaf.lead, LeadRule::TownOfPlace);
    assert!(matches!(leaf.assist[..], [AssistRule::Unit { .. }]));
    let town = "T05".parse().unwrap();
    let proposal = taxonomy.suggest(leaf, Some(&town));
    assert_eq!(proposal.lead_units, [town]);
    assert_eq!(proposal.assist_units, ["U17".parse().unwrap()]);
    assert!(taxonomy.suggest(leaf, None).lead_units.is_empty());
}

#[test]
fn a_wrong_unit_in_the_tree_is_refused_with_its_line_and_remedy() {
    let text = FILES.taxonomy.replacen(",U02,", ",U99,", 1);
    let faults = Taxonomy::parse("taxonomy.csv", &text, &rules().units).unwrap_err();
    assert_eq!(
        faults.to_string(),
        "taxonomy.csv line 2: 主办单位 \"U99\" 不存在，请改为 units.csv 中的编码"
    );
}

#[test]
fn a_file_saved_with_crlf_and_a_byte_order_mark_has_the_same_lines() {
    let text = FILES.taxonomy.replacen(",U02,", ",U99,", 1).replace('\n', "\r\n");
    let text = format!("\u{feff}{text}");
    let faults = Taxonomy::parse("taxonomy.csv", &text, &rules().units).unwrap_err();
    assert_eq!(faults.0[0].line, Some(2));
}

#[test]
fn all_faults_of_all_files_are_listed_at_once() {
    let taxonomy = FILES.taxonomy.replacen("010101,", "0101,", 1).replacen(
        ",0,0,dispatch,",
        ",是,0,dispatched,",
        1,
    );
    let profile =
        FILES.profile.replace("sign,1 rolling day", "sign,1 moon").replace("help,", "hlp,");
    let holidays = FILES.holidays.replacen("2018-01-01,元旦,0", "2018-01-01,元旦,1", 1);
    let files =
        CountyFiles { taxonomy: &taxonomy, profile: &profile, holidays: &holidays, ..FILES };
    let faults = County::load(&files).unwrap_err();
    let lines: Vec<_> = faults.0.iter().map(|fault| (fault.file.as_str(), fault.line)).collect();
    assert_eq!(
        lines,
        [
            ("holidays.csv", Some(2)),
            ("profile.csv", Some(3)),
            ("profile.csv", None),
            ("profile.csv", Some(6)),
            ("taxonomy.csv", Some(2)),
            ("taxonomy.csv", Some(2)),
            ("taxonomy.csv", Some(2)),
        ]
    );
}

#[test]
fn a_file_with_another_header_or_a_short_line_is_refused() {
    let faults = Units::parse("units.csv", "code,name\nU01,x\n").unwrap_err();
    assert!(faults.to_string().contains("表头"), "{faults}");
    let short = FILES.units.replacen(",department,\n", "\n", 1);
    let faults = Units::parse("units.csv", &short).unwrap_err();
    assert_eq!(faults.0[0].line, Some(2));
    assert!(Calendar::parse("holidays.csv", "").is_err());
    assert!(Profile::parse("profile.csv", "item,normal,urgent,critical,note\n").is_err());
}

#[test]
fn search_finds_a_category_by_code_label_keyword_and_sentence() {
    let first = |query: &str| {
        let hits = rules().taxonomy.search(query, 5);
        assert!(hits.len() <= 5);
        hits.first().map(|hit| hit.code.to_string())
    };
    assert_eq!(first("060401").as_deref(), Some("060401"));
    assert_eq!(first("0604").as_deref(), Some("060401"));
    assert_eq!(first("井盖").as_deref(), Some("060402"));
    assert_eq!(first("农民工工资").as_deref(), Some("130101"));
    assert_eq!(first("物业 电梯").as_deref(), Some("050105"));
    assert_eq!(first("我家楼下烧烤油烟很大").as_deref(), Some("060601"));
    assert_eq!(first(""), None);
    assert_eq!(first("xyzzy"), None);
}
