//! `GET /api/v1/gateway-link`: proves both sides and turns the request into a connection.

use axum::Router;
use axum::extract::State;
use axum::extract::ws::WebSocketUpgrade;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use gateway_protocol::link::MESSAGE_LEN_MAX;
use gateway_protocol::proof::{GATEWAY_PROOF_HEADER, GatewayProof, SERVER_PROOF_HEADER};

use super::{GatewayLinks, connection};

/// The link's route, with its state inside.
pub fn router<S: Clone + Send + Sync + 'static>(links: GatewayLinks) -> Router<S> {
    Router::new().route("/api/v1/gateway-link", get(open)).with_state(links)
}

async fn open(
    State(links): State<GatewayLinks>,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Response {
    let Some(proof) = proved(&links, &headers) else {
        return StatusCode::UNAUTHORIZED.into_response();
    };
    let answer = proof.answer(&links.identity().key);
    let gateway = proof.gateway;
    let mut response = upgrade
        .max_message_size(MESSAGE_LEN_MAX)
        .max_frame_size(MESSAGE_LEN_MAX)
        .on_upgrade(move |socket| connection::serve(socket, links, gateway));
    if let Ok(value) = HeaderValue::from_str(&answer) {
        response.headers_mut().insert(SERVER_PROOF_HEADER, value);
    }
    response
}

/// The proof, if it is genuine, fresh and new. Why not stands in the log alone.
fn proved(links: &GatewayLinks, headers: &HeaderMap) -> Option<GatewayProof> {
    let refuse = |reason: String| {
        tracing::warn!(reason, "gateway link refused");
        metrics::counter!("hotline_gateway_links_refused_total").increment(1);
    };
    let header = headers.get(GATEWAY_PROOF_HEADER).and_then(|value| value.to_str().ok());
    let proof = match header.unwrap_or_default().parse::<GatewayProof>() {
        Ok(proof) => proof,
        Err(error) => {
            refuse(error.to_string());
            return None;
        }
    };
    if let Err(error) = proof.check(&links.identity().key, links.now()) {
        refuse(error.to_string());
        return None;
    }
    if !links.take_nonce(&proof.nonce) {
        refuse("the proof was used before".to_owned());
        return None;
    }
    Some(proof)
}
