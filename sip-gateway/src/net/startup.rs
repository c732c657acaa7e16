//! Opens every socket, starts every task, says on which ports, stops in order.

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use serde::Serialize;
use tokio::net::{TcpListener, UdpSocket};
use tokio::sync::{mpsc, watch};

use crate::config::{Config, ConfigError};
use crate::control::link::{self, LinkConfig};
use crate::media::{Media, MediaConfig, MediaError};
use crate::net::gateway::{Events, Health, Parts, Wish, run};
use crate::net::http;
use crate::sip::engine::Engine;
use crate::sip::flow::Transport;
use crate::sip::rate::Limiter;
use crate::sip::sockets::{self, BindError};
use crate::sip::websocket::{self, Door};

/// Why the gateway does not start. Each text says what to do.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Bind(#[from] BindError),
    #[error("media: {0}")]
    Media(#[from] MediaError),
    #[error(
        "cannot write to {folder} (key `{key}`): {source}; create it for the user that runs the gateway, or name another folder"
    )]
    Folder { folder: String, key: &'static str, source: std::io::Error },
    #[error(
        "the certificate of the secure WebSocket cannot be used (`gateway.sip.tls_cert_file`, `gateway.sip.tls_key_file`): {0}"
    )]
    Tls(std::io::Error),
    #[error("metrics: {0}")]
    Metrics(#[from] metrics_exporter_prometheus::BuildError),
}

/// The ports that were really bound, as written to `gateway-ports.json`.
#[derive(Debug, Clone, Serialize)]
pub struct Ports {
    pub sip_udp: u16,
    pub sip_tcp: u16,
    pub sip_ws: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sip_wss: Option<u16>,
    pub webrtc: u16,
    pub http: u16,
}

/// A running gateway.
#[derive(Debug)]
pub struct Running {
    pub ports: Ports,
    wish: watch::Sender<Wish>,
    done: tokio::task::JoinHandle<()>,
}

impl Running {
    /// Takes no new calls from now on, and ends when the last one has ended, or after
    /// `gateway.drain_ms`.
    pub fn drain(&self) {
        self.wish.send_replace(Wish::Drain);
    }

    /// Ends every call with BYE, a matter of a second or two.
    pub fn end(&self) {
        self.wish.send_replace(Wish::End);
    }

    /// Waits until it has ended.
    pub async fn ended(&mut self) {
        // A loop that was aborted has ended too.
        let _ = (&mut self.done).await;
    }
}

struct Sockets {
    udp: Arc<UdpSocket>,
    tcp: TcpListener,
    ws: TcpListener,
    wss: Option<(std::net::TcpListener, PathBuf, PathBuf)>,
    http: TcpListener,
}

/// Starts everything.
///
/// # Errors
/// [`StartError`]; nothing is left running then but sockets that close with the process.
pub async fn start(config: Config) -> Result<Running, StartError> {
    raise_file_limit();
    let config = Arc::new(config);
    let link_key = config.key(&config.link_key_file, "gateway.link_key_file")?;
    let token_key = config.key(&config.softphone_key_file, "gateway.softphone_key_file")?;
    let recordings = config.path(&config.media.recordings_dir);
    check_writable(&recordings, "gateway.media.recordings_dir")?;
    let sockets = bind(&config).await?;
    let metrics = install_metrics()?;
    let (media, media_events) = Media::start(media_config(&config, recordings)).await?;

    let udp_port = port_of(sockets.udp.local_addr());
    let advertise = SocketAddr::new(config.advertised(), udp_port);
    let (sip_sender, sip_events) = mpsc::channel(8_192);
    let engine = Engine::start(advertise, sip_sender);
    let limiter = Arc::new(Limiter::new(config.sip.messages_per_s, config.sip.messages_burst));
    let health = Arc::new(Health::default());
    let door = Arc::new(Door::new(
        Arc::clone(&engine),
        Arc::clone(&limiter),
        token_key,
        config.allowed_origins.clone(),
    ));
    let ports = Ports {
        sip_udp: udp_port,
        sip_tcp: port_of(sockets.tcp.local_addr()),
        sip_ws: port_of(sockets.ws.local_addr()),
        sip_wss: sockets.wss.as_ref().map(|(listener, ..)| port_of(listener.local_addr())),
        webrtc: media.webrtc_port(),
        http: port_of(sockets.http.local_addr()),
    };
    let udp = sockets::udp_flow(Arc::clone(&sockets.udp), advertise).await;
    // The run loop must know the shared socket before the first message comes in.
    engine.open(udp.clone()).await;
    serve(&engine, &limiter, &udp, sockets, &door, http::router(Arc::clone(&health), metrics))
        .await?;

    let (link_sender, link_events) = mpsc::channel(1_024);
    let link_config =
        LinkConfig { url: config.server_url.clone(), key: link_key, gateway: config.id.clone() };
    tokio::spawn(link::run(link_config, link_sender));
    let (wish, wishes) = watch::channel(Wish::Run);
    let folder = config.data_dir.clone();
    let parts = Parts { config, engine, media, udp, limiter, health };
    let events = Events { sip: sip_events, media: media_events, link: link_events, wish: wishes };
    let done = tokio::spawn(run(parts, events));
    write_ports(&folder, &ports)?;
    Ok(Running { ports, wish, done })
}

async fn bind(config: &Config) -> Result<Sockets, StartError> {
    let at = |port| SocketAddr::new(config.bind, port);
    let udp = sockets::bind_udp(at(config.sip.udp_port), "gateway.sip.udp_port")?;
    let tcp = sockets::bind_tcp(at(config.sip.tcp_port), "gateway.sip.tcp_port").await?;
    let ws = sockets::bind_tcp(at(config.sip.ws_port), "gateway.sip.ws_port").await?;
    let http = sockets::bind_tcp(at(config.http.port), "gateway.http.port").await?;
    let (cert, key) =
        (config.path(&config.sip.tls_cert_file), config.path(&config.sip.tls_key_file));
    let wss = if cert.is_file() && key.is_file() {
        let listener = sockets::bind_tcp(at(config.sip.wss_port), "gateway.sip.wss_port").await?;
        let listener = listener.into_std().map_err(StartError::Tls)?;
        Some((listener, cert, key))
    } else {
        tracing::warn!(cert = %cert.display(), "no certificate: the secure WebSocket is not opened");
        None
    };
    Ok(Sockets { udp: Arc::new(udp), tcp, ws, wss, http })
}

async fn serve(
    engine: &Arc<Engine>,
    limiter: &Arc<Limiter>,
    udp: &crate::sip::flow::Flow,
    sockets: Sockets,
    door: &Arc<Door>,
    pages: axum::Router,
) -> Result<(), StartError> {
    let (engine_udp, limiter_udp) = (Arc::clone(engine), Arc::clone(limiter));
    tokio::spawn(sockets::serve_udp(engine_udp, sockets.udp, udp.clone(), limiter_udp));
    tokio::spawn(sockets::serve_tcp(Arc::clone(engine), sockets.tcp, Arc::clone(limiter)));
    let plain = websocket::router(Arc::clone(door), Transport::Ws)
        .into_make_service_with_connect_info::<SocketAddr>();
    tokio::spawn(async move { axum::serve(sockets.ws, plain).await });
    tokio::spawn(async move { axum::serve(sockets.http, pages).await });
    if let Some((listener, cert, key)) = sockets.wss {
        let tls = axum_server::tls_rustls::RustlsConfig::from_pem_file(cert, key)
            .await
            .map_err(StartError::Tls)?;
        let secure = websocket::router(Arc::clone(door), Transport::Wss)
            .into_make_service_with_connect_info::<SocketAddr>();
        let server = axum_server::from_tcp_rustls(listener, tls).map_err(StartError::Tls)?;
        tokio::spawn(async move { server.serve(secure).await });
    }
    Ok(())
}

fn media_config(config: &Config, recordings_dir: PathBuf) -> MediaConfig {
    let advertised = config.advertised();
    let (first, last) = config.media.rtp_ports;
    MediaConfig {
        rtp_bind: rtp_bind(config.bind, advertised),
        rtp_advertise: advertised,
        rtp_ports: first..=last,
        webrtc_bind: SocketAddr::new(config.bind, config.media.webrtc_port),
        webrtc_advertise: vec![advertised],
        prompts_dir: config.media.prompts_dir.clone(),
        recordings_dir,
        threads: media_threads(config.media.threads),
        media_lost_after: Duration::from_millis(config.media.media_lost_after_ms),
    }
}

/// As configured; else half of the processors, for signalling and the server need the others.
fn media_threads(configured: usize) -> usize {
    if configured > 0 { configured } else { processors().div_ceil(2) }
}

/// Processors that this process may use.
#[must_use]
pub fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

/// RTP leaves from the address it is advertised as, where that is the machine's own: a phone may
/// refuse sound that comes from elsewhere than the SDP said.
fn rtp_bind(bind: IpAddr, advertised: IpAddr) -> IpAddr {
    let own = std::net::UdpSocket::bind(SocketAddr::new(advertised, 0)).is_ok();
    if bind.is_unspecified() && own { advertised } else { bind }
}

/// One recorder per process; a second gateway in the same process (a test) shares it.
fn install_metrics() -> Result<PrometheusHandle, StartError> {
    static HANDLE: std::sync::OnceLock<PrometheusHandle> = std::sync::OnceLock::new();
    if let Some(handle) = HANDLE.get() {
        return Ok(handle.clone());
    }
    let handle = PrometheusBuilder::new().install_recorder()?;
    Ok(HANDLE.get_or_init(|| handle).clone())
}

fn check_writable(folder: &Path, key: &'static str) -> Result<(), StartError> {
    let error = |source| StartError::Folder { folder: folder.display().to_string(), key, source };
    std::fs::create_dir_all(folder).map_err(error)?;
    let probe = folder.join(".writable");
    std::fs::write(&probe, b"").and_then(|()| std::fs::remove_file(&probe)).map_err(error)
}

fn write_ports(folder: &Path, ports: &Ports) -> Result<(), StartError> {
    let error = |source| StartError::Folder {
        folder: folder.display().to_string(),
        key: "HOTLINE_DATA",
        source,
    };
    let text = serde_json::to_string(ports).map_err(|e| error(std::io::Error::other(e)))?;
    let (draft, file) = (folder.join(".gateway-ports.json"), folder.join("gateway-ports.json"));
    std::fs::write(&draft, text).and_then(|()| std::fs::rename(&draft, &file)).map_err(error)
}

fn port_of(addr: std::io::Result<SocketAddr>) -> u16 {
    addr.map_or(0, |addr| addr.port())
}

/// Every plain RTP leg takes two sockets: the process asks for all the files it may have.
fn raise_file_limit() {
    use nix::sys::resource::{Resource, getrlimit, setrlimit};
    match getrlimit(Resource::RLIMIT_NOFILE) {
        Ok((soft, hard)) if soft < hard => {
            if let Err(error) = setrlimit(Resource::RLIMIT_NOFILE, hard, hard) {
                tracing::warn!(%error, soft, "the file limit stays");
            }
        }
        Ok(_) => {}
        Err(error) => tracing::warn!(%error, "the file limit is not known"),
    }
}
