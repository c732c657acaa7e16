//! What an agent's page asks of the server: signing in, a token for the softphone, the shift, Ready, and
//! calling missed callers back. Blocking, one connection per request: loads that are timed to the
//! millisecond ask before anything is measured.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddrV4, TcpStream};
use std::time::Duration;

use anyhow::{Context as _, bail};
use hotline_phone::sip::digest::Credentials;
use serde_json::{Value, json};

const ANSWER_LIMIT: Duration = Duration::from_secs(30);

/// A page of a signed-in agent.
#[derive(Debug)]
pub struct Page {
    server: SocketAddrV4,
    user: String,
    cookie: String,
}

/// What opens the softphone's connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    pub url: String,
    pub domain: String,
}

/// An answer of the server.
#[derive(Debug, PartialEq)]
struct Answer {
    status: u16,
    cookie: Option<String>,
    body: Value,
}

impl Page {
    /// Signs in with name and password.
    ///
    /// # Errors
    /// No server, wrong password.
    pub fn sign_in(server: SocketAddrV4, who: &Credentials) -> anyhow::Result<Self> {
        let mut page = Self { server, user: who.user.clone(), cookie: String::new() };
        let wish = json!({ "username": who.user, "password": who.password });
        let answer = page.ask("/session", &wish)?;
        page.cookie = answer.cookie.context("signing in gave no cookie")?;
        Ok(page)
    }

    /// The origin that a browser would name.
    #[must_use]
    pub fn origin(&self) -> String {
        format!("http://{}", self.server)
    }

    /// Begins the shift, not Ready yet.
    ///
    /// # Errors
    /// The server's refusal.
    pub fn begin_shift(&self) -> anyhow::Result<()> {
        self.ask("/agent/me/sign_in", &json!({})).map(|_| ())
    }

    /// Asks for a token.
    ///
    /// # Errors
    /// The server's refusal.
    pub fn token(&self) -> anyhow::Result<Token> {
        let body = self.ask("/softphone-token", &json!({}))?.body;
        let word = |name: &str| {
            let word = body.get(name).and_then(Value::as_str);
            word.map(str::to_owned).with_context(|| format!("a token without `{name}`"))
        };
        Ok(Token { url: word("ws_url")?, domain: word("domain")? })
    }

    /// Asks to be Ready. False while the server has no verdict on the headset.
    ///
    /// # Errors
    /// Any other refusal.
    pub fn ready(&self) -> anyhow::Result<bool> {
        let answer = self.request("/agent/me/ready", &Value::Null)?;
        let code = answer.body.get("code").and_then(Value::as_str).unwrap_or_default();
        match answer.status {
            200 => Ok(true),
            409 if code == "not_proved" => Ok(false),
            status => bail!("{}: not Ready: {status} {}", self.user, answer.body),
        }
    }

    /// Reads something; the body of a good answer.
    ///
    /// # Errors
    /// The server's refusal.
    pub fn get(&self, path: &str) -> anyhow::Result<Value> {
        let answer = self.send("GET", path, &Value::Null)?;
        if answer.status != 200 {
            bail!("{}: {path} gave {} {}", self.user, answer.status, answer.body);
        }
        Ok(answer.body)
    }

    /// Asks for something that may be refused: the status, and the body or the problem.
    ///
    /// # Errors
    /// No server.
    pub fn command(&self, method: &str, path: &str, wish: &Value) -> anyhow::Result<(u16, Value)> {
        let answer = self.send(method, path, wish)?;
        Ok((answer.status, answer.body))
    }

    fn ask(&self, path: &str, wish: &Value) -> anyhow::Result<Answer> {
        let answer = self.request(path, wish)?;
        if !(200..300).contains(&answer.status) {
            bail!("{}: {path} gave {} {}", self.user, answer.status, answer.body);
        }
        Ok(answer)
    }

    fn request(&self, path: &str, wish: &Value) -> anyhow::Result<Answer> {
        self.send("POST", path, wish)
    }

    fn send(&self, method: &str, path: &str, wish: &Value) -> anyhow::Result<Answer> {
        let Self { server, cookie, .. } = self;
        let body = if wish.is_null() { String::new() } else { wish.to_string() };
        let mut stream = TcpStream::connect(server)?;
        stream.set_read_timeout(Some(ANSWER_LIMIT))?;
        write!(
            stream,
            "{method} /api/v1{path} HTTP/1.1\r\nHost: {server}\r\nOrigin: http://{server}\r\n\
             Connection: close\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
             Cookie: {cookie}\r\n\r\n{body}",
            body.len()
        )?;
        let mut text = Vec::new();
        stream.read_to_end(&mut text)?;
        read_answer(&String::from_utf8_lossy(&text)).context("the server's answer is no HTTP")
    }
}

/// An answer that ends with its connection and was not sent in chunks; a body that is no JSON is null.
fn read_answer(text: &str) -> Option<Answer> {
    let (head, body) = text.split_once("\r\n\r\n")?;
    let status = head.split(' ').nth(1)?.parse().ok()?;
    let cookie = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("set-cookie")
            .then(|| value.split(';').next().unwrap_or_default().trim().to_owned())
    });
    Some(Answer { status, cookie, body: serde_json::from_str(body).unwrap_or_default() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_gives_status_cookie_and_body() {
        let text = "HTTP/1.1 200 OK\r\nSet-Cookie: hotline_session=ab; Path=/\r\n\r\n{\"a\":1}";
        let answer = read_answer(text).unwrap();
        let cookie = Some("hotline_session=ab".to_owned());
        assert_eq!(answer, Answer { status: 200, cookie, body: json!({ "a": 1 }) });
        assert_eq!(read_answer("HTTP/1.1 204 No Content\r\nx: y\r\n\r\n").unwrap().status, 204);
        assert_eq!(read_answer("nonsense"), None);
    }
}
