//! HTTP and HTTPS at once, and words for whoever finds a port taken.

use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::{Extension, Router};
use axum_server::Handle;
use axum_server::accept::NoDelayAcceptor;
use axum_server::tls_rustls::RustlsConfig;
use rustls::ServerConfig;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use serde::Serialize;
use tokio_util::sync::CancellationToken;

use super::{DataFolder, TLS};
use crate::api::Scheme;
use crate::config::Config;

/// The ports really bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct BoundPorts {
    pub http: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub https: Option<u16>,
}

/// Why a listener did not open.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    #[error(
        "port {port} ({key}) is taken: end the program that holds it (`ss -ltnp 'sport = :{port}'` names it), \
         or set {key} to another port, or to 0 for any free one"
    )]
    Taken { port: u16, key: &'static str },
    #[error(
        "cannot listen on {address} ({key}): {error}; set http.bind to an address of this machine"
    )]
    Address { address: SocketAddr, key: &'static str, error: std::io::Error },
    #[error(
        "cannot read {path} ({key}): {cause}; run `hotline init`, name your own files by tls.certificate \
         and tls.key, or set http.tls = false"
    )]
    Certificate { path: PathBuf, key: &'static str, cause: String },
}

/// Sockets that are bound but not yet served.
pub(super) struct Listeners {
    http: TcpListener,
    https: Option<(TcpListener, RustlsConfig)>,
    pub(super) ports: BoundPorts,
}

/// Binds what the configuration says.
pub(super) fn open(config: &Config, folder: &DataFolder) -> Result<Listeners, ListenError> {
    let http = bind(config, config.http.port, "http.port")?;
    let https = match config.http.tls {
        true => {
            let tls = RustlsConfig::from_config(Arc::new(tls_config(config, folder)?));
            Some((bind(config, config.http.tls_port, "http.tls_port")?, tls))
        }
        false => None,
    };
    let port = |listener: &TcpListener| listener.local_addr().map_or(0, |address| address.port());
    let ports =
        BoundPorts { http: port(&http), https: https.as_ref().map(|(listener, _)| port(listener)) };
    Ok(Listeners { http, https, ports })
}

fn bind(config: &Config, port: u16, key: &'static str) -> Result<TcpListener, ListenError> {
    let address = SocketAddr::new(config.http.bind, port);
    let listener = TcpListener::bind(address).map_err(|error| match error.kind() {
        std::io::ErrorKind::AddrInUse => ListenError::Taken { port, key },
        _ => ListenError::Address { address, key, error },
    })?;
    match listener.set_nonblocking(true) {
        Ok(()) => Ok(listener),
        Err(error) => Err(ListenError::Address { address, key, error }),
    }
}

fn tls_config(config: &Config, folder: &DataFolder) -> Result<ServerConfig, ListenError> {
    let or_own = |given: &PathBuf, own: &str| match given.as_os_str().is_empty() {
        true => folder.path().join(TLS).join(own),
        false => given.clone(),
    };
    let certificate = or_own(&config.tls.certificate, "server.pem");
    let key = or_own(&config.tls.key, "server.key");
    let refused = |path: &PathBuf, key: &'static str| {
        let path = path.clone();
        move |cause: String| ListenError::Certificate { path, key, cause }
    };
    let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_file_iter(&certificate)
        .and_then(Iterator::collect)
        .map_err(|error| refused(&certificate, "tls.certificate")(error.to_string()))?;
    let private = PrivateKeyDer::from_pem_file(&key)
        .map_err(|error| refused(&key, "tls.key")(error.to_string()))?;
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut tls = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, private))
        .map_err(|error| refused(&certificate, "tls.certificate")(error.to_string()))?;
    tls.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(tls)
}

impl Listeners {
    /// Serves until `stop`; open requests may finish within `drain`. Nothing waits for more to send (TCP_NODELAY): a
    /// command to a gateway that follows an acknowledgement would wait 40 ms for the gateway's own.
    pub(super) async fn serve(self, router: Router, stop: CancellationToken, drain: Duration) {
        let (plain, secure) = (Handle::new(), Handle::new());
        let handles = (plain.clone(), secure.clone());
        let ender = tokio::spawn(async move {
            stop.cancelled().await;
            handles.0.graceful_shutdown(Some(drain));
            handles.1.graceful_shutdown(Some(drain));
        });
        let over = |scheme: Scheme| {
            router
                .clone()
                .layer(Extension(scheme))
                .into_make_service_with_connect_info::<SocketAddr>()
        };
        let http = async {
            match axum_server::from_tcp(self.http) {
                Ok(server) => {
                    server
                        .acceptor(NoDelayAcceptor::new())
                        .handle(plain)
                        .serve(over(Scheme::Http))
                        .await
                }
                Err(error) => Err(error),
            }
        };
        let https = async {
            match self.https {
                Some((listener, tls)) => match axum_server::from_tcp_rustls(listener, tls) {
                    Ok(server) => {
                        server
                            .map(|tls| tls.acceptor(NoDelayAcceptor::new()))
                            .handle(secure)
                            .serve(over(Scheme::Https))
                            .await
                    }
                    Err(error) => Err(error),
                },
                None => Ok(()),
            }
        };
        for ended in <[_; 2]>::from(tokio::join!(http, https)) {
            if let Err(error) = ended {
                tracing::error!(%error, "a listener broke");
            }
        }
        ender.abort();
    }
}
