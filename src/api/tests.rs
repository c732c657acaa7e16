//! The edge through its own router: sessions, roles, problems, pages.

use std::time::Duration;

use axum::body::Body as HttpBody;
use axum::http::{Method, Request, StatusCode};
use serde_json::json;
use work_order::Role;

use crate::service::user;
use crate::testing::TestApp;

mod figures;
mod returns;
mod screening;
mod staffing;
mod words;
mod work_orders;

#[tokio::test]
async fn signing_in_says_who_one_is() {
    let app = TestApp::new().await;
    let cookie = app.signed_in("agent01", &[Role::Agent, Role::FollowUpClerk]).await;
    let reply = app.get("/api/v1/session", &cookie).await;
    insta::assert_json_snapshot!(reply.shown(), @r#"
    {
      "body": {
        "business_now": "2026-02-13T09:00:00+08:00",
        "centre": {
          "id": "qingyuan",
          "name": "青源县12345政务服务便民热线"
        },
        "display_name": "agent01 同志",
        "pages": [
          "/agent",
          "/desk"
        ],
        "roles": [
          "agent",
          "follow_up_clerk"
        ],
        "test_clock": false,
        "unit": null,
        "user_id": "019c5483-0a80-7000-8000-000000000003",
        "username": "agent01"
      },
      "status": 200
    }
    "#);
    assert_eq!(reply.headers["cache-control"], "no-store");
}

#[tokio::test]
async fn the_cookie_is_shut_to_scripts_and_other_sites() {
    let app = TestApp::new().await;
    app.person("agent01", &[Role::Agent], None).await;
    let wish = json!({ "username": "agent01", "password": "correct horse" });
    let reply = app.post("/api/v1/session", "", wish).await;
    let cookie = reply.headers["set-cookie"].to_str().unwrap();
    assert!(cookie.ends_with("; Path=/; HttpOnly; SameSite=Strict"), "{cookie}");
    assert_eq!(
        super::auth::set_cookie(super::Scheme::Https, Some("t")),
        "__Host-hotline_session=t; Path=/; HttpOnly; SameSite=Strict; Secure"
    );
}

#[tokio::test]
async fn without_a_session_everyone_is_refused() {
    let app = TestApp::new().await;
    let reply = app.get("/api/v1/session", "hotline_session=0000").await;
    assert_eq!(reply.headers["content-type"], "application/problem+json");
    insta::assert_json_snapshot!(reply.shown(), @r#"
    {
      "body": {
        "code": "not_signed_in",
        "detail": "您尚未登录，或登录已超时。请重新登录。",
        "instance": "urn:hotline:request:0000000000000002",
        "status": 401,
        "title": "未登录",
        "type": "urn:hotline:problem:not_signed_in"
      },
      "status": 401
    }
    "#);
}

#[tokio::test]
async fn signing_out_ends_the_session_and_tells_the_softphone() {
    let app = TestApp::new().await;
    let cookie = app.signed_in("agent01", &[Role::Agent]).await;
    let mut hints = app.ctx.bus.subscribe();
    let reply = app.send(Method::DELETE, "/api/v1/session", &cookie, None).await;
    assert_eq!(reply.status, StatusCode::NO_CONTENT);
    assert_eq!(reply.cookie(), "hotline_session=");
    assert_eq!(hints.try_recv().unwrap().topic, "session_ended");
    assert_eq!(app.get("/api/v1/session", &cookie).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_session_ends_when_idle_and_in_the_end_anyway() {
    let app = TestApp::new().await;
    let cookie = app.signed_in("agent01", &[Role::Agent]).await;
    let auth = app.ctx.config.auth.clone();
    let mut lived = Duration::ZERO;
    // Kept in use, it lives on until its whole life is over.
    while lived + auth.session_idle() / 2 < auth.session_life() {
        app.ctx.clock.advance(auth.session_idle() / 2);
        lived += auth.session_idle() / 2;
        assert_eq!(app.get("/api/v1/session", &cookie).await.status, StatusCode::OK);
    }
    app.ctx.clock.advance(auth.session_idle() / 2);
    assert_eq!(app.get("/api/v1/session", &cookie).await.status, StatusCode::UNAUTHORIZED);

    let cookie = app.signed_in("agent02", &[Role::Agent]).await;
    app.ctx.clock.advance(auth.session_idle());
    assert_eq!(app.get("/api/v1/session", &cookie).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn five_wrong_passwords_lock_the_door_for_known_and_unknown_alike() {
    let app = TestApp::new().await;
    app.person("agent01", &[Role::Agent], None).await;
    for username in ["agent01", "nobody"] {
        let wish = json!({ "username": username, "password": "wrong" });
        for _ in 0..4 {
            let reply = app.post("/api/v1/session", "", wish.clone()).await;
            assert_eq!(reply.body["code"], "wrong_password");
        }
        let reply = app.post("/api/v1/session", "", wish).await;
        assert_eq!(reply.headers["retry-after"], "900");
        assert_eq!((reply.status.as_u16(), reply.body["code"].as_str()), (429, Some("locked_out")));
    }
    let right = json!({ "username": "agent01", "password": "correct horse" });
    let locked = app.post("/api/v1/session", "", right.clone()).await;
    insta::assert_json_snapshot!(locked.shown(), @r#"
    {
      "body": {
        "code": "locked_out",
        "detail": "密码错误次数过多，请 15 分钟后再试，或联系安全管理员。",
        "instance": "urn:hotline:request:0000000000000019",
        "status": 429,
        "title": "登录已锁定",
        "type": "urn:hotline:problem:locked_out"
      },
      "status": 429
    }
    "#);
    app.ctx.clock.advance(Duration::from_secs(900));
    assert_eq!(app.post("/api/v1/session", "", right).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_wrong_body_says_which_field() {
    let app = TestApp::new().await;
    let reply = app.post("/api/v1/session", "", json!({ "username": "a", "pass": "b" })).await;
    insta::assert_json_snapshot!(reply.shown(), @r#"
    {
      "body": {
        "code": "wrong_fields",
        "detail": "请求内容与接口不符：pass: unknown field `pass`, expected `username` or `password` at line 1 column 7",
        "errors": [
          {
            "detail": "pass: unknown field `pass`, expected `username` or `password` at line 1 column 7",
            "field": "pass"
          }
        ],
        "instance": "urn:hotline:request:0000000000000002",
        "status": 422,
        "title": "内容填写有误",
        "type": "urn:hotline:problem:wrong_fields"
      },
      "status": 422
    }
    "#);
    let reply = app.post("/api/v1/session", "", json!({ "username": 1, "password": "b" })).await;
    insta::assert_json_snapshot!(reply.body["errors"], @r#"
    [
      {
        "detail": "username: invalid type: integer `1`, expected a string at line 1 column 28",
        "field": "username"
      }
    ]
    "#);
}

#[tokio::test]
async fn no_json_too_much_json_wrong_method_and_no_such_path_are_problems() {
    let app = TestApp::new().await;
    let request = |method: &str, path: &str, body: String| {
        Request::builder()
            .method(method)
            .uri(path)
            .header("content-type", "application/json")
            .body(HttpBody::from(body))
            .unwrap()
    };
    let mut seen = Vec::new();
    for (method, path, body) in [
        ("POST", "/api/v1/session", "{".to_owned()),
        ("POST", "/api/v1/session", format!("{{\"username\":\"{}\"}}", "x".repeat(2 << 20))),
        ("POST", "/api/v1/session", r#"{"username":"a\u0000","password":"b"}"#.to_owned()),
        ("PUT", "/api/v1/session", String::new()),
        ("GET", "/api/v1/nothing", String::new()),
    ] {
        let reply = app.raw(request(method, path, body)).await;
        assert_eq!(reply.headers["content-type"], "application/problem+json");
        seen.push(format!("{} {}", reply.status.as_u16(), reply.body["code"].as_str().unwrap()));
    }
    insta::assert_json_snapshot!(seen, @r#"
    [
      "400 malformed",
      "413 body_too_large",
      "400 malformed",
      "405 method_not_allowed",
      "404 not_found"
    ]
    "#);
}

#[tokio::test]
async fn a_page_of_another_site_changes_nothing() {
    let app = TestApp::new().await;
    let cookie = app.signed_in("agent01", &[Role::Agent]).await;
    let sign_out = |name: &'static str, value: &'static str| {
        Request::builder()
            .method(Method::DELETE)
            .uri("/api/v1/session")
            .header("host", "hotline.test")
            .header("cookie", &cookie)
            .header(name, value)
            .body(HttpBody::empty())
            .unwrap()
    };
    for (name, value) in [
        ("origin", "http://evil.test"),
        ("origin", "https://hotline.test"),
        ("origin", "null"),
        ("sec-fetch-site", "cross-site"),
        ("accept", "text/html"),
    ] {
        let reply = app.raw(sign_out(name, value)).await;
        assert_eq!(reply.body["code"], "foreign_origin", "{name}: {value}");
    }
    assert_eq!(app.get("/api/v1/session", &cookie).await.status, StatusCode::OK);
    let reply = app.raw(sign_out("origin", "http://hotline.test")).await;
    assert_eq!(reply.status, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn a_machine_comes_with_a_bearer_token() {
    let app = TestApp::new().await;
    app.person("city", &[Role::Upstream], None).await;
    let token = user::issue_token(&app.ctx, "test", "city", "city platform").await.unwrap();
    let with = |token: &str| {
        Request::builder()
            .uri("/api/v1/session")
            .header("authorization", format!("Bearer {token}"))
            .body(HttpBody::empty())
            .unwrap()
    };
    let reply = app.raw(with(token.reveal())).await;
    assert_eq!((reply.status, reply.body["username"].as_str()), (StatusCode::OK, Some("city")));
    assert_eq!(app.raw(with("0000")).await.status, StatusCode::UNAUTHORIZED);
    let as_cookie = format!("hotline_session={}", token.reveal());
    assert_eq!(app.get("/api/v1/session", &as_cookie).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_new_password_ends_old_sessions() {
    let app = TestApp::new().await;
    let cookie = app.signed_in("agent01", &[Role::Agent]).await;
    user::set_password(&app.ctx, "test", "agent01", "another horse").await.unwrap();
    assert_eq!(app.get("/api/v1/session", &cookie).await.status, StatusCode::UNAUTHORIZED);
    let wish = json!({ "username": "agent01", "password": "another horse" });
    assert_eq!(app.post("/api/v1/session", "", wish).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_role_one_lacks_is_forbidden() {
    let app = TestApp::new().await;
    let cookie = app.signed_in("agent01", &[Role::Agent]).await;
    let token = cookie.split_once('=').unwrap().1;
    let person = crate::service::session::person_of(&app.ctx, token, false).await.unwrap();
    let person = super::SignedIn(person);
    assert!(person.require(&[Role::Agent, Role::TeamLeader]).is_ok());
    assert_eq!(person.require(&[Role::TeamLeader]).unwrap_err().status, 403);
}

#[tokio::test]
async fn ready_while_the_store_takes_writes_gateways_told_apart() {
    let app = TestApp::new().await;
    assert_eq!(app.get("/healthz", "").await.body, "ok\n");
    let reply = app.get("/readyz", "").await;
    insta::assert_json_snapshot!(reply.shown(), @r#"
    {
      "body": {
        "gateway_link": false,
        "gateways_linked": 0,
        "ready": true,
        "store": true
      },
      "status": 200
    }
    "#);
    let mark = app.ctx.links.mark();
    assert_eq!(app.get("/readyz", "").await.body["gateway_link"], true);
    drop(mark);
    app.ctx.db.close().await;
    app.ctx.clock.advance(Duration::from_secs(1));
    let mark = app.ctx.links.mark();
    let reply = app.get("/readyz", "").await;
    let told =
        (reply.status.as_u16(), reply.body["ready"].as_bool(), reply.body["store"].as_bool());
    assert_eq!(told, (200, Some(true), Some(false)), "it carries calls without the store");
    drop(mark);
    let reply = app.get("/readyz", "").await;
    assert_eq!((reply.status.as_u16(), reply.body["store"].as_bool()), (503, Some(false)));
    // A request that needs the store says so in words, and when to try again.
    let reply = app.get("/api/v1/session", "hotline_session=0000").await;
    assert_eq!(reply.headers["retry-after"], "2");
    insta::assert_json_snapshot!(reply.shown(), @r#"
    {
      "body": {
        "code": "store_away",
        "detail": "数据库无法连接，本次操作没有保存。请稍后重试；若持续出现，请立即通知系统管理员。",
        "instance": "urn:hotline:request:0000000000000007",
        "status": 503,
        "title": "服务暂时不可用",
        "type": "urn:hotline:problem:store_away"
      },
      "status": 503
    }
    "#);
}

#[tokio::test]
async fn metrics_are_prometheus_text() {
    let app = TestApp::new().await;
    app.get("/healthz", "").await;
    let text = app.get("/metrics", "").await.body.as_str().unwrap().to_owned();
    assert!(text.contains("hotline_arrivals_total"), "{text}");
    assert!(text.contains("hotline_gateway_linked"), "{text}");
}

#[tokio::test]
async fn pages_are_found_by_their_entries() {
    let mut app = TestApp::new().await;
    let reply = app.get("/agent", "").await;
    assert_eq!(reply.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(reply.body.as_str().unwrap().contains("http.pages_dir"), "says what to do");

    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(folder.path().join("agent")).unwrap();
    std::fs::create_dir_all(folder.path().join("assets")).unwrap();
    std::fs::write(folder.path().join("index.html"), "sign in").unwrap();
    std::fs::write(folder.path().join("agent/index.html"), "agent").unwrap();
    std::fs::write(folder.path().join("desk.html"), "desk").unwrap();
    std::fs::write(folder.path().join("assets/a.js"), "1").unwrap();
    app.use_pages(folder.path());
    for (path, text) in
        [("/", "sign in"), ("/agent", "agent"), ("/agent/calls/7", "agent"), ("/desk/", "desk")]
    {
        let reply = app.get(path, "").await;
        assert_eq!(reply.body, text, "{path}");
        assert_eq!(reply.headers["cache-control"], "no-cache");
    }
    let script = app
        .raw(Request::get("/assets/a.js").header("host", "h:1").body(HttpBody::empty()).unwrap())
        .await;
    assert_eq!(script.headers["content-type"], "text/javascript");
    assert!(script.headers["cache-control"].to_str().unwrap().contains("immutable"));
    let policy = script.headers["content-security-policy"].to_str().unwrap();
    assert!(
        policy.contains("script-src 'self';")
            && policy.contains("connect-src 'self' ws://h:* wss://h:*;"),
        "{policy}"
    );
    for path in ["/nothing.html", "/..%2f..%2fCargo.toml", "/assets/../../Cargo.toml"] {
        assert_eq!(app.get(path, "").await.status, StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn the_committed_description_is_current() {
    let now = super::document().unwrap();
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/openapi.json");
    if crate::testing::variable("UPDATE_OPENAPI").is_some() {
        std::fs::write(file, &now).unwrap();
    }
    let committed = std::fs::read_to_string(file).unwrap_or_default();
    assert!(now == committed, "openapi.json is stale: run `cargo xtask openapi` and commit it");
    let app = TestApp::new().await;
    let served = app.get("/api/openapi.json", "").await;
    assert_eq!(served.body, serde_json::from_str::<serde_json::Value>(&committed).unwrap());
}
