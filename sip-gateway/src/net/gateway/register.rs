//! REGISTER, and connections that come and go.

use call::{FailureCause, Input};
use gateway_protocol::{DeviceKind, DeviceLostCause, Event};
use sha2::{Digest, Sha256};
use types::{AgentId, DeviceId, LegId, SessionId};

use super::Gateway;
use super::leg::{CallerState, Side, SipLeg};
use crate::net::{clock, random};
use crate::sip::address::{param, uri_of, user_of};
use crate::sip::digest::Outcome;
use crate::sip::engine::ServerTx;
use crate::sip::flow::{Flow, FlowId};
use crate::sip::message::Message;
use crate::sip::registrar::{self, Device};

/// Close codes that the page explains (RFC 6455 section 7.4.2: 4000-4999 are ours).
const CLOSE_OTHER_PAGE: u16 = 4_409;
const CLOSE_TAKEN_OVER: u16 = 4_410;
const CLOSE_REVOKED: u16 = 4_401;

impl Gateway {
    /// A page has opened its WebSocket. Another live page of the same agent wins unless this one
    /// asked to take over, is the same page come back, or the same tab loaded again.
    pub(super) fn flow_opened(&mut self, flow: Flow) {
        let Some(claims) = flow.claims.clone() else {
            self.flows.insert(flow.id, flow);
            return;
        };
        let former: Vec<Flow> = self
            .flows
            .values()
            .filter(|f| f.claims.as_ref().is_some_and(|c| c.agent == claims.agent))
            .cloned()
            .collect();
        let own = |device| device == claims.device || Some(device) == claims.replaces;
        let other_page = former.iter().any(|f| f.claims.as_ref().is_some_and(|c| !own(c.device)));
        if other_page && !claims.take_over {
            close(&flow, CLOSE_OTHER_PAGE, "another page of this agent is connected");
            return;
        }
        for old in former {
            close(&old, CLOSE_TAKEN_OVER, "another page of this agent has taken over");
            self.flows.remove(&old.id);
            if old.claims.as_ref().is_some_and(|c| c.device == claims.device) {
                // The same page over a new connection: it has not been away.
                self.registrar.move_to(&flow, old.id);
                continue;
            }
            for event in self.registrar.flow_closed(old.id) {
                self.report(with_cause(event, DeviceLostCause::TakenOver));
            }
        }
        // Calls that the page still has go on over its new connection (R17).
        for leg in self.legs.values_mut() {
            let hers = leg.dialog.flow.claims.as_ref().is_some_and(|c| c.device == claims.device);
            if hers {
                leg.dialog.flow = flow.clone();
            }
        }
        self.flows.insert(flow.id, flow);
    }

    pub(super) fn flow_closed(&mut self, id: FlowId) {
        self.flows.remove(&id);
        self.connected.retain(|_, flow| flow.id != id);
        for event in self.registrar.flow_closed(id) {
            self.report(event);
        }
        self.drop_checks_of(id);
        self.fail_invites_on(id);
    }

    /// A phone whose connection is gone cannot be rung: its offers fail at once, not at the limit.
    fn fail_invites_on(&mut self, flow: FlowId) {
        let unanswered = |leg: &SipLeg| {
            leg.dialog.flow.id == flow
                && matches!(&leg.side, Side::Caller { state, .. } if *state != CallerState::Answered)
        };
        let hit: Vec<LegId> =
            self.legs.iter().filter(|(_, leg)| unanswered(leg)).map(|(&id, _)| id).collect();
        for leg in hit {
            self.forget(leg);
            let cause = FailureCause::Unreachable;
            self.feed(Input::Refused { leg, cause, sip_status: None });
        }
    }

    pub(super) fn revoke(&mut self, agent: AgentId, session: Option<SessionId>) {
        for event in self.registrar.revoke(agent, session) {
            self.report(event);
        }
        for flow in self.flows.values() {
            let hit = flow.claims.as_ref().is_some_and(|claims| {
                claims.agent == agent && session.is_none_or(|s| s == claims.session)
            });
            if hit {
                close(flow, CLOSE_REVOKED, "signed out");
            }
        }
    }

    pub(super) fn register(&mut self, tx: &ServerTx, request: &Message, flow: &Flow) {
        let user = user_of(uri_of(request.header("To"))).unwrap_or("").to_owned();
        if let Some(claims) = flow.claims.clone() {
            let known = self.flows.contains_key(&flow.id);
            if !known || claims.username != user {
                return self.respond(tx, request, 403);
            }
            let kind = DeviceKind::Browser;
            let session = Some(claims.session);
            return self.bind(
                tx,
                request,
                flow,
                (claims.agent, claims.device, kind, session, user),
            );
        }
        let authorization = request.header("Authorization").to_owned();
        let random = random::random_u64();
        match self.digest.check("REGISTER", &authorization, clock::now(), random) {
            Outcome::Challenge(lines) => {
                let mut response = Message::response(request, 401);
                for line in lines {
                    response.headers.push(("WWW-Authenticate".to_owned(), line));
                }
                self.engine.respond(tx, response);
            }
            Outcome::Accepted { agent, username } if username == user => {
                let device = desk_phone_id(&username);
                let bound = (agent, device, DeviceKind::DeskPhone, None, username);
                self.bind(tx, request, flow, bound);
            }
            Outcome::Accepted { .. } => self.respond(tx, request, 403),
        }
    }

    fn bind(
        &mut self,
        tx: &ServerTx,
        request: &Message,
        flow: &Flow,
        (agent, device, kind, session, username): (
            AgentId,
            DeviceId,
            DeviceKind,
            Option<SessionId>,
            String,
        ),
    ) {
        let contact = request.header("Contact").to_owned();
        let asked = param(&contact, "expires")
            .or_else(|| Some(request.header("Expires")).filter(|v| !v.is_empty()))
            .and_then(|v| v.parse().ok());
        let (events, granted_s) = if contact == "*" || asked == Some(0) {
            (self.registrar.unregister(agent, kind, flow.id), 0)
        } else if contact.is_empty() {
            (Vec::new(), 0)
        } else {
            let granted = registrar::granted(asked);
            let now = clock::now();
            let device = Device {
                device,
                kind,
                session,
                flow: flow.clone(),
                contact: uri_of(&contact).to_owned(),
                username,
                registered_at: now,
                expires_at: now + granted,
                proved_at: None,
            };
            (self.registrar.register(agent, device), granted.as_secs())
        };
        let mut response = Message::response(request, 200);
        if granted_s > 0 {
            let address = uri_of(&contact);
            response.set("Contact", format!("<{address}>;expires={granted_s}"));
        }
        self.engine.respond(tx, response);
        for event in events {
            self.report(event);
        }
    }
}

fn close(flow: &Flow, code: u16, reason: &'static str) {
    if let Some(closer) = &flow.closer {
        closer.close(code, reason);
    }
}

fn with_cause(event: Event, cause: DeviceLostCause) -> Event {
    match event {
        Event::DeviceLost { agent, device, .. } => Event::DeviceLost { agent, device, cause },
        other => other,
    }
}

/// A desk phone's id is the same every time it registers, with every gateway.
fn desk_phone_id(username: &str) -> DeviceId {
    let hash = Sha256::digest(format!("desk-phone:{username}"));
    let mut bytes = [0; 16];
    for (to, from) in bytes.iter_mut().zip(hash.iter()) {
        *to = *from;
    }
    DeviceId::from_u128(u128::from_be_bytes(bytes))
}
