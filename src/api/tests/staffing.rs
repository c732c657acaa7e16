//! Rosters and forecasts over HTTP: who may do what, and what a refusal says.

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};
use work_order::Role;

use crate::cli::SAMPLE;
use crate::service::{county, staffing};
use crate::testing::TestApp;

async fn app() -> TestApp {
    let app = TestApp::new().await;
    county::load(&app.ctx, "test", &SAMPLE).await.unwrap();
    staffing::plan_ahead(&app.ctx).await.unwrap();
    app
}

async fn put(app: &TestApp, path: &str, cookie: &str, body: Value) -> (u16, Value) {
    let reply = app.send(Method::PUT, path, cookie, Some(body)).await;
    (reply.status.as_u16(), reply.body)
}

#[tokio::test]
async fn leaders_plan_watchers_look_and_agents_do_neither() {
    let app = app().await;
    let agent = app.signed_in("agent01", &[Role::Agent]).await;
    let leader = app.signed_in("leader01", &[Role::TeamLeader]).await;
    let inspector = app.signed_in("inspector01", &[Role::InspectionOffice]).await;
    let supervisor = app.signed_in("supervisor01", &[Role::Supervisor]).await;
    for path in [
        "/api/v1/staffing/days/2026-02-13",
        "/api/v1/staffing/roster?day=2026-02-13",
        "/api/v1/staffing/shifts",
        "/api/v1/staffing/adherence/2026-02-13",
        "/api/v1/staffing/forecast-errors?first=2026-02-01&last=2026-02-28",
        "/api/v1/staffing/events?first=2026-02-01&last=2026-02-28",
        "/api/v1/staffing/standard",
    ] {
        assert_eq!(app.get(path, &agent).await.status, StatusCode::FORBIDDEN, "{path}");
        let reply = app.get(path, &inspector).await;
        assert_eq!(reply.status, StatusCode::OK, "{path}: {:?}", reply.body);
    }
    let shift = json!({ "name": "早班", "spells": ["07:00-13:00"], "version": 0 });
    let path = "/api/v1/staffing/shifts/early";
    assert_eq!(put(&app, path, &inspector, shift.clone()).await.0, 403);
    assert_eq!(put(&app, path, &leader, shift.clone()).await.0, 200);
    assert_eq!(put(&app, path, &leader, shift).await.0, 412, "that version is no longer the one");

    let standard = app.get("/api/v1/staffing/standard", &supervisor).await.body;
    assert_eq!(
        (&standard["version"], &standard["standard"]["answered_percent"]),
        (&json!(0), &json!(95))
    );
    let mut wish = standard.clone();
    wish["standard"]["sickness_percent"] = json!(20);
    let path = "/api/v1/staffing/standard";
    assert_eq!(put(&app, path, &leader, wish.clone()).await.0, 403);
    assert_eq!(put(&app, path, &supervisor, wish.clone()).await.0, 200);
    assert_eq!(put(&app, path, &supervisor, wish.clone()).await.0, 412);
    let now = app.get(path, &leader).await.body;
    assert_eq!((&now["version"], &now["standard"]["sickness_percent"]), (&json!(1), &json!(20)));
    wish["version"] = json!(1);
    wish["standard"]["answered_percent"] = json!(100);
    wish["standard"]["meals"] = json!(["noon"]);
    let (status, problem) = put(&app, path, &supervisor, wish).await;
    assert_eq!(status, 422);
    insta::assert_json_snapshot!(problem["errors"], @r#"
    [
      {
        "detail": "是 100，请填 1 至 99 的整数",
        "field": "answered_percent"
      },
      {
        "detail": "“noon”不是时段，请写作 11:00-13:30",
        "field": "meals"
      }
    ]
    "#);
}

#[tokio::test]
async fn a_roster_is_set_seen_and_planned_by() {
    let app = app().await;
    let leader = app.signed_in("leader01", &[Role::TeamLeader]).await;
    app.person("agent01", &[Role::Agent], None).await;
    let path = "/api/v1/staffing/roster";
    let seen = app.get(&format!("{path}?day=2026-02-13"), &leader).await.body;
    let people = seen["people"].as_array().unwrap();
    let names: Vec<&str> = people.iter().map(|one| one["username"].as_str().unwrap()).collect();
    assert_eq!(names, ["agent01", "leader01"], "people alone: a line is nobody on a roster");
    let agent = people[0]["agent"].clone();
    let entry = json!({ "agent": agent, "day": "2026-02-13", "was": null, "shift": "day" });
    let body = json!({ "entries": [entry] });
    assert_eq!(put(&app, path, &leader, body.clone()).await.0, 204);
    assert_eq!(put(&app, path, &leader, body).await.0, 412, "it is no longer empty");
    let seen = app.get(&format!("{path}?day=2026-02-13"), &leader).await.body;
    assert_eq!(seen["people"][0]["shifts"][4], "day");
    let plan = app.get("/api/v1/staffing/days/2026-02-13", &leader).await.body;
    assert_eq!(
        (&plan["half_hours"][18]["at"], &plan["half_hours"][18]["present"]),
        (&json!("09:00"), &json!(1))
    );
    assert_eq!(plan["without"], "还没有同类日子的来电记录，暂时无法预测。运行一周后每天自动预测。");
    let meals = app.post("/api/v1/staffing/days/2026-02-13/meals", &leader, json!(null)).await;
    assert_eq!((meals.status, &meals.body["without_meal"]), (StatusCode::OK, &json!(0)));
    let turns = "/api/v1/staffing/holiday-turns?first=2026-02-13&last=2026-02-15&agents=1";
    let turns = app.get(turns, &leader).await.body;
    // Nobody has worked on a holiday yet: whose account is the oldest begins.
    let first = &people[1]["agent"];
    assert_eq!(turns, json!({ "items": [{ "day": "2026-02-15", "agents": [first] }] }));
}

#[tokio::test]
async fn a_wrong_question_is_refused_in_words() {
    let app = app().await;
    let leader = app.signed_in("leader01", &[Role::TeamLeader]).await;
    let ask = |body: Value| app.post("/api/v1/staffing/what-if", &leader, body);
    let reply = ask(json!({ "day": "2026-02-13" })).await;
    insta::assert_json_snapshot!(json!([reply.status.as_u16(), reply.body["code"], reply.body["detail"]]), @r#"
    [
      409,
      "no_forecast",
      "还没有同类日子的来电记录，暂时无法预测。运行一周后每天自动预测。"
    ]
    "#);
    let reply = ask(json!({
        "day": "2026-02-13",
        "from": "25:00",
        "calls_percent": 5,
        "changes": [{ "change": "open_reserve", "agents": 1, "during": "morning" }],
    }))
    .await;
    insta::assert_json_snapshot!(json!([reply.status.as_u16(), reply.body["errors"]]), @r#"
    [
      422,
      [
        {
          "detail": "请填 10 至 500 的整数，120 表示来电比预测多两成",
          "field": "calls_percent"
        },
        {
          "detail": "“25:00”不是整点或半点，请写作 10:30",
          "field": "from"
        },
        {
          "detail": "后备人员共 0 人，不足 1 人；外线转接不计为人员",
          "field": "changes[0].agents"
        }
      ]
    ]
    "#);
    for body in [
        json!({ "day": "13 Feb" }),
        json!({ "day": "2026-02-13", "changes": [{ "change": "hire", "agents": 1 }] }),
        json!({ "day": "2026-02-13", "change": [] }),
    ] {
        assert_eq!(ask(body.clone()).await.status, StatusCode::UNPROCESSABLE_ENTITY, "{body}");
    }
    let late = app.get("/api/v1/staffing/events?first=2026-02-02&last=2026-02-01", &leader).await;
    assert_eq!(late.body["errors"][0]["detail"], "结束日期早于开始日期，请重新选择");
    let path = "/api/v1/staffing/events/2026-02-14/storm";
    let (status, problem) =
        put(&app, path, &leader, json!({ "factor_percent": 900, "source": " " })).await;
    assert_eq!((status, problem["errors"].as_array().unwrap().len()), (422, 2));
    assert_eq!(put(&app, path, &leader, json!({ "source": "气象台预警 3 号" })).await.0, 204);
    let noted = "/api/v1/staffing/events?first=2026-02-14&last=2026-02-14";
    let noted = app.get(noted, &leader).await.body;
    assert_eq!(noted["items"][0]["during"], "00:00-24:00");
    let reply = app.send(Method::DELETE, path, &leader, None).await;
    assert_eq!(reply.status, StatusCode::NO_CONTENT);
    let unknown = "/api/v1/staffing/events/2026-02-14/flood";
    let reply = app.send(Method::DELETE, unknown, &leader, None).await;
    assert_eq!(reply.status, StatusCode::NOT_FOUND);
}
